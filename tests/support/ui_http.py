"""A small real HTTP server that follows a test's script."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODELS: dict[str, Any] = {"items": []}
PROBLEM = {
    "title": "Demande invalide",
    "status": 422,
    "detail": "wind_speed : doit être positif.",
    "request_id": "01H",
    "errors": [{"field": "wind_speed", "message": "doit être positif", "value": "-3"}],
}


@dataclass
class Script:
    """The server's answers, in turn, and the requests that it received."""

    answers: list[tuple[int, Any]] = field(default_factory=list)
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    url: str = ""
    tokens: int = 0

    def token(self, expires_in: int) -> dict[str, Any]:
        """Return a new token, with a number of its own."""
        self.tokens += 1
        return {
            "access_token": f"jeton-{self.tokens}",
            "expires_in": expires_in,
            "refresh_token": f"session-{self.tokens}-0123456789",
            "session_expires_at": "2030-01-01T00:00:00Z",
            "user": {
                "username": "manager",
                "display_name": "Mme Martin",
                "role": "manager",
                "role_name": "Responsable maintenance",
                "rights": ["read", "plan"],
            },
        }


@contextmanager
def serving() -> Iterator[Script]:
    """Run a server that follows its script, and yield the script."""
    script = Script()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            script.bodies.append(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            script.keys.append(self.headers.get("Idempotency-Key"))
            script.requests.append((self.command, self.path, self.headers.get("Authorization", "")))
            status, content = script.answers.pop(0)
            body = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-Request-ID", "entete-1")
            self.end_headers()
            with suppress(BrokenPipeError):  # the client of test_silence has hung up
                self.wfile.write(body)

        do_GET = do_POST = _answer  # noqa: N815 - the names that the base class calls

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True).start()
    script.url = f"http://127.0.0.1:{listening.server_port}"
    yield script
    listening.shutdown()
    listening.server_close()
