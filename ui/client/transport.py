"""The only HTTP of the dashboard: how a call is carried, in whose name, and what becomes of a refusal.

Streamlit is unknown here. The transport holds who is signed in and renews the short access token by itself.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

import requests
from pydantic import BaseModel, ValidationError
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from api.schemas.auth import Token, User
from ui.client.api_error import ApiError

Answer = TypeVar("Answer", bound=BaseModel)
Query = Mapping[str, Any]

PREFIX = "/api/v1"
CONNECT_S, READ_S = 2.0, 15.0
RENEW_BEFORE_S = 30.0
REQUEST_ID = "X-Request-ID"


@dataclass(frozen=True)
class Session:
    """Who is signed in, with what the API wants to see."""

    user: User
    access_token: str
    refresh_token: str
    renew_at: float
    ends_at: datetime

    @classmethod
    def of(cls, token: Token) -> Session:
        """The session that a fresh token opens; the clock is this process's monotonic one."""
        renew_at = time.monotonic() + token.expires_in - RENEW_BEFORE_S
        return cls(token.user, token.access_token, token.refresh_token, renew_at, token.session_expires_at)


class Transport:
    """Carries the calls of one person of the dashboard to the API, and reads the answers."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url.rstrip("/")
        self.session: Session | None = None
        self._http = requests.Session()
        # Only reading is repeated: a prediction or a run asked twice would be logged or done twice.
        again = Retry(
            total=2,
            backoff_factor=0.1,
            status_forcelist=(502, 504),
            allowed_methods={"GET"},
            raise_on_status=False,
        )
        self._http.mount("http://", HTTPAdapter(max_retries=again))
        self._http.mount("https://", HTTPAdapter(max_retries=again))

    def close(self) -> None:
        """Gives its connections back; it may still be used afterwards."""
        self._http.close()

    def adopt(self, token: Token) -> User:
        """Calls in the name of whom ``token`` was given to, from now on."""
        self.session = Session.of(token)
        return self.session.user

    def renew(self, refresh_token: str) -> User:
        """Takes up a session that was opened earlier.

        Raises:
            ApiError: 401 when it has ended.
        """
        body = {"refresh_token": refresh_token}
        return self.adopt(self.read(self.send("POST", f"{PREFIX}/auth/refresh", json=body), Token))

    def get(self, path: str, answer: type[Answer], query: Query | None = None) -> Answer:
        """What the API answers to a question."""
        return self.ask("GET", path, answer, params=query)

    def ask(self, method: str, path: str, answer: type[Answer], **options: Any) -> Answer:
        """The same for any method; ``options`` as :meth:`send`."""
        return self.read(self.call(method, path, **options), answer)

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """One authorised call; a token that has run out is renewed once, without the person noticing.

        Raises:
            ApiError: the API refused, failed or could not be reached; 401 when nobody is signed in.
        """
        if self.session is None:
            raise ApiError.no_session()
        if self.session.renew_at <= time.monotonic():
            self.renew(self.session.refresh_token)
        try:
            return self._authorised(method, path, **options)
        except ApiError as error:
            if not error.session_over:
                raise
        self.renew(self.session.refresh_token)
        return self._authorised(method, path, **options)

    def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        read_s: float | None = None,
        **options: Any,
    ) -> requests.Response:
        """One call in nobody's name.

        Args:
            method: of HTTP.
            path: from the root of the API's address.
            headers: beside the usual ones.
            read_s: how long the answer is waited for [s]; :data:`READ_S` where it is not told.
            options: of ``requests``: what is sent, and how.

        Raises:
            ApiError: the API refused, failed or could not be reached.
        """
        try:
            answer = self._http.request(
                method,
                f"{self.base_url}{path}",
                headers={"Accept": "application/json", **(headers or {})},
                timeout=(CONNECT_S, read_s or READ_S),
                **options,
            )
        except requests.RequestException as error:
            raise ApiError.unreachable_service() from error
        if not answer.ok:
            raise ApiError.of(answer.status_code, answer.content, answer.headers.get(REQUEST_ID, ""))
        return answer

    @staticmethod
    def read(answer: requests.Response, wanted: type[Answer]) -> Answer:
        """The answer as the contract types it.

        Raises:
            ApiError: it is not what the contract says.
        """
        try:
            return wanted.model_validate_json(answer.content)
        except ValidationError as error:
            raise ApiError.unreadable(answer.headers.get(REQUEST_ID, "")) from error

    def _authorised(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **options: Any
    ) -> requests.Response:
        assert self.session is not None  # noqa: S101 - :meth:`call` has seen to it
        bearer = {"Authorization": f"Bearer {self.session.access_token}"}
        return self.send(method, f"{PREFIX}{path}", headers={**(headers or {}), **bearer}, **options)


def segment(text: str) -> str:
    """``text`` as one segment of a path, whatever it holds."""
    return quote(text, safe="")
