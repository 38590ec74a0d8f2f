"""The outermost layer of the API: request id, time, call log, metrics, one log line, and the last resort.

The request id is always made here: it is the key of the call log and names a prediction, so no caller may
choose it. A caller's own ``X-Request-ID`` appears beside it in the JSON log.

The answer of a call with ``must_commit`` leaves only once the call's row is committed; if that fails, a 503
replaces it. The rows of other calls are written later. Probes and static files are not in the call log. The
JSON log has a line for each call that is neither a probe nor committed; at level DEBUG, for every call.
"""

from __future__ import annotations

import logging
import random
import re
import secrets
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import anyio.to_thread
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import errors
from api.domain.people import ANONYMOUS, Principal
from api.domain.shared.exceptions import Unavailable
from api.observability.calls import CallRecord
from api.observability.logging import FACTS
from api.storage.shared.call_log import CallRow

if TYPE_CHECKING:
    from api.bootstrap import Services

NO_ENDPOINT = "(inconnu)"  # the same for all addresses that do not exist, so that metrics have few series
LARGE = 64 * 1024  # bytes from which compression gets a thread of its own
_QUIET = frozenset({"/health", "/ready", "/metrics", "/version", "/docs", "/openapi.json", "/static"})
_QUIET_PREFIX = "/v2/health/"
# Ids are no secrets: the generator is seeded once, because a system call for each id is slow.
_draw = random.Random(secrets.randbits(256)).getrandbits  # noqa: S311
_LOW_62 = (1 << 62) - 1
_INBOUND_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
log = logging.getLogger("api.calls")


def new_request_id() -> str:
    """Return a UUID version 7 (RFC 9562): 32 hexadecimal digits that begin with the time.

    Ids close in time are close in the log's index. With random ids each row changed a page of its own, and a
    commit wrote three times as much.
    """
    stamp = time.time_ns() // 1_000_000
    chance = _draw(74)
    return f"{stamp << 80 | 7 << 76 | chance >> 62 << 64 | 2 << 62 | chance & _LOW_62:032x}"


class Edge:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app = app
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; only HTTP requests are measured and logged."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        call = _Call(self._services, scope, receive, send)
        try:
            await self._app(scope, receive, call.send)
        except Exception:
            log.exception("unexpected exception", extra=call.identity())
            if not call.answered:
                await call.answer(errors.unexpected(scope))
        await call.finish()


class _Call:
    """One request on its way through."""

    def __init__(self, services: Services, scope: Scope, receive: Receive, send: Send) -> None:
        self._services, self._scope, self._receive, self._send = services, scope, receive, send
        self._at = datetime.now(UTC)
        self._began = time.perf_counter()
        self._request_id = new_request_id()
        self._record = CallRecord()
        self._state = scope.setdefault("state", {})
        self._state["request_id"] = self._request_id
        self._state["call"] = self._record
        self._status = 0
        self._held_start: Message | None = None
        self._replaced = False
        self._committed = False
        self.answered = False

    async def send(self, message: Message) -> None:
        """Pass on one message of the answer, or hold it until the call's row is committed."""
        if self._replaced:
            return
        if message["type"] == "http.response.start":
            if message["status"] >= 400 and _is_plain_text(message):  # the body limit answers in plain text
                await self._replace(errors.refused(self._scope, message["status"]))
            elif self._record.must_commit and message["status"] < 400:
                self._status, self._held_start = message["status"], message
            else:
                await self._start(message)
            return
        if self._held_start is not None and message["type"] == "http.response.body":
            start, self._held_start = self._held_start, None
            try:
                await self._commit(message)
            except Unavailable as error:
                await self._replace(errors.expected(self._scope, error))
                return
            await self._start(start)
        await self._send(message)

    async def answer(self, response: Response) -> None:
        """Send a whole answer instead of the application's."""
        await response(self._scope, self._receive, self._pass)

    async def finish(self) -> None:
        """Count, log and enqueue the call after its answer has left."""
        seconds = time.perf_counter() - self._began
        endpoint = self._endpoint()
        metrics = self._services.metrics
        metrics.request(self._scope["method"], endpoint, self._status, seconds)
        metrics.prediction(self._record, self._status)
        quiet = endpoint in _QUIET or endpoint.startswith(_QUIET_PREFIX)
        if not (quiet or self._committed or endpoint == NO_ENDPOINT):
            row = self._row(seconds)
            await _pack_if_large(row)
            self._services.committer.enqueue(row)
        # A committed row holds all that a line would, and writing a line takes as long as a prediction.
        silent = quiet or (self._committed and self._status < 400)
        level = logging.DEBUG if silent else logging.WARNING if self._status >= 500 else logging.INFO
        if log.isEnabledFor(level):
            log.log(level, "request", extra={FACTS: self._facts(endpoint, seconds)})

    def identity(self) -> dict[str, object]:
        """Return the facts that identify this call in the JSON log."""
        return {"request_id": self._request_id, "method": self._scope["method"], "endpoint": self._endpoint()}

    async def _replace(self, response: Response) -> None:
        await self.answer(response)
        self._replaced = True

    async def _pass(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._start(message)
        else:
            await self._send(message)

    async def _start(self, message: Message) -> None:
        self._status, self.answered = message["status"], True
        message["headers"] = [*message.get("headers", ()), (b"x-request-id", self._request_id.encode())]
        await self._send(message)

    async def _commit(self, body: Message) -> None:
        if self._record.outputs is None and not body.get("more_body", False):
            self._record.outputs = body.get("body", b"")
        row = self._row(time.perf_counter() - self._began)
        await _pack_if_large(row)
        await self._services.committer.commit(row)
        self._committed = True

    def _row(self, seconds: float) -> CallRow:
        record = self._record
        turbine_id = record.turbine_id or self._scope.get("path_params", {}).get("turbine_id")
        return CallRow(
            request_id=self._request_id,
            at=self._at,
            method=self._scope["method"][:8],
            endpoint=self._endpoint()[:200],
            principal=self._principal(),
            status=self._status,
            duration_ms=round(seconds * 1000, 3),
            purpose=record.purpose,
            rows=record.rows,
            turbine_id=_storable(turbine_id, 64),
            error=_storable(self._state.get("error"), 200),
            inputs=record.inputs,
            outputs=record.outputs,
        )

    def _facts(self, endpoint: str, seconds: float) -> dict[str, object]:
        facts: dict[str, object] = {
            "request_id": self._request_id,
            "principal": self._principal(),
            "method": self._scope["method"],
            "endpoint": endpoint,
            "status": self._status,
            "duration_ms": round(seconds * 1000, 3),
        }
        record = self._record
        if record.purpose is not None:
            facts.update(purpose=record.purpose, rows=record.rows, turbine_id=record.turbine_id)
        if (error := self._state.get("error")) is not None:
            facts["error"] = error
        if (inbound := self._inbound_id()) is not None:
            facts["caller_request_id"] = inbound
        return facts

    def _principal(self) -> str:
        principal: Principal | None = self._state.get("principal")
        return ANONYMOUS if principal is None else principal.name

    def _endpoint(self) -> str:
        """Return the path template of the route that took the call."""
        route = self._scope.get("route")
        if route is not None:
            return str(route.path)
        path: str = self._scope["path"]
        if path.startswith("/static/"):
            return "/static"
        return path if path in _QUIET else NO_ENDPOINT

    def _inbound_id(self) -> str | None:
        for name, value in self._scope["headers"]:
            if name == b"x-request-id" and _INBOUND_ID.fullmatch(value):
                return str(value, "ascii")
        return None


async def _pack_if_large(row: CallRow) -> None:
    if len(row.inputs or b"") + len(row.outputs or b"") > LARGE:
        await anyio.to_thread.run_sync(row.pack)


def _storable(text: str | None, length: int) -> str | None:
    """Return the text as every database takes it: short, valid UTF-8, without NUL."""
    if text is None:
        return None
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:length]


def _is_plain_text(message: Message) -> bool:
    return any(
        name.lower() == b"content-type" and value.startswith(b"text/plain")
        for name, value in message.get("headers", ())
    )
