"""The only HTTP of the dashboard: it carries the calls, in whose name, and turns refusals into errors.

No Streamlit here. The transport holds the session of the person signed in and renews its short access token.
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Callable, Mapping
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
Done = TypeVar("Done")
Query = Mapping[str, Any]

PREFIX = "/api/v1"
CONNECT_S, READ_S = 2.0, 15.0
RENEW_BEFORE_S = 30.0
REQUEST_ID = "X-Request-ID"
IDEMPOTENCY_KEY = "Idempotency-Key"
AGAIN_S = 5.0
"""The same call within this time of its answer is a second click, and gets the first answer again [s]."""


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


@dataclass
class _Sent:
    key: str
    answered_at: float | None = None


class SentKeys:
    """Remembers the key of each call whose answer was lost, or came a moment ago."""

    def __init__(self) -> None:
        self._sent: dict[str, _Sent] = {}

    def key_of(self, call: bytes) -> str:
        """Return the key under which to send a call: that of its former try, if the answer may be had again.

        Args:
            call: method, path and body.
        """
        now = time.monotonic()
        for name, sent in list(self._sent.items()):
            if sent.answered_at is not None and now - sent.answered_at > AGAIN_S:
                del self._sent[name]
        return self._sent.setdefault(_name(call), _Sent(str(uuid.uuid4()))).key

    def answered(self, call: bytes) -> None:
        """Note that the answer of a call has come."""
        self._sent[_name(call)].answered_at = time.monotonic()

    def refused(self, call: bytes) -> None:
        """Note that a call was refused: nothing was done under its key."""
        self._sent.pop(_name(call), None)


def _name(call: bytes) -> str:
    return hashlib.sha256(call).hexdigest()  # no body is kept: it may hold a password


class Transport:
    """The connection of one person of the dashboard to the API."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url.rstrip("/")
        self.session: Session | None = None
        self._keys = SentKeys()
        self._http = requests.Session()
        # Only GET is retried: a second prediction or run would be logged or done twice. A silent API is not
        # asked again: the person would wait as long three times.
        again = Retry(
            total=2,
            read=0,
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

    def write(
        self,
        method: str,
        path: str,
        answer: type[Answer],
        body: Mapping[str, Any] | None = None,
        *,
        params: Query | None = None,
        **options: Any,
    ) -> Answer:
        """Make a call that changes something, once: a second click or a lost answer does not do it again.

        Args:
            method: HTTP method.
            path: below :data:`PREFIX`.
            answer: its type.
            body: JSON of the request; None for no body.
            params: of the address.
            options: as for :meth:`send`.

        Raises:
            ApiError: as for :meth:`call`.
        """
        asked = f"{method} {path} {json.dumps([body, params], sort_keys=True, default=str)}".encode()
        content = None if body is None else dict(body)
        return self.once(
            asked,
            lambda key: self.ask(method, path, answer, json=content, params=params, headers=key, **options),
        )

    def once(self, asked: bytes, send: Callable[[dict[str, str]], Done]) -> Done:
        """Send under an ``Idempotency-Key``, the same as before where its answer was lost or is a moment old.

        Args:
            asked: tells one call from another.
            send: sends it with the header that it is given.
        """
        try:
            answer = send({IDEMPOTENCY_KEY: self._keys.key_of(asked)})
        except ApiError as error:
            if not error.unreachable:
                self._keys.refused(asked)
            raise
        self._keys.answered(asked)
        return answer

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
