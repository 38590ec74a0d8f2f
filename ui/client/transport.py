"""The only HTTP of the dashboard: it carries the calls, in whose name, and turns refusals into errors.

No Streamlit here. The transport holds the session of the person signed in and renews its short access token.
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
    """The person signed in, with the tokens that the API asks for."""

    user: User
    access_token: str
    refresh_token: str
    renew_at: float
    ends_at: datetime

    @classmethod
    def of(cls, token: Token) -> Session:
        """Build the session that a fresh token opens; times are of this process's monotonic clock."""
        renew_at = time.monotonic() + token.expires_in - RENEW_BEFORE_S
        return cls(token.user, token.access_token, token.refresh_token, renew_at, token.session_expires_at)


class Transport:
    """The connection of one person of the dashboard to the API."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url.rstrip("/")
        self.session: Session | None = None
        self._http = requests.Session()
        # Only GET is retried: a second prediction or run would be logged or done twice.
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
        """Close the connections; the transport may still be used afterwards."""
        self._http.close()

    def adopt(self, token: Token) -> User:
        """Make every later call in the name of the person who holds ``token``."""
        self.session = Session.of(token)
        return self.session.user

    def renew(self, refresh_token: str) -> User:
        """Take up a session that was opened earlier.

        Raises:
            ApiError: 401 when it has ended.
        """
        body = {"refresh_token": refresh_token}
        return self.adopt(self.read(self.send("POST", f"{PREFIX}/auth/refresh", json=body), Token))

    def get(self, path: str, answer: type[Answer], query: Query | None = None) -> Answer:
        """Return the API's answer to a GET."""
        return self.ask("GET", path, answer, params=query)

    def ask(self, method: str, path: str, answer: type[Answer], **options: Any) -> Answer:
        """Return the API's answer to any method; ``options`` as for :meth:`send`."""
        return self.read(self.call(method, path, **options), answer)

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """Make one authorised call; renew once a token that has run out, unseen by the person.

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
        """Make one call in nobody's name.

        Args:
            method: HTTP method.
            path: from the root of the API's address.
            headers: added to the usual ones.
            read_s: longest wait for the answer [s]; :data:`READ_S` by default.
            options: of ``requests``, such as ``json`` or ``params``.

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
        """Read an answer as the contract types it.

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
    """Quote ``text`` as one segment of a path, whatever it holds."""
    return quote(text, safe="")
