"""The headers that tell browsers what to refuse: the Content-Security-Policy and its companions.

A page runs the server's script files, and the few scripts inside its documents, each allowed by the SHA-256
of its text (CSP level 3, https://www.w3.org/TR/CSP3/#match-element-to-source-list). Nothing else runs:
neither ``eval`` nor a script that somebody managed to write into a page.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from api.schemas import typesetting

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def _script(name: str) -> str:
    text = (Path(__file__).resolve().parent.parent / "assets" / name).read_text(encoding="utf-8")
    return f"<script>{text.strip()}</script>"


LANGUAGE_SCRIPT = _script("french.js").replace("TYPESETTING", json.dumps(typesetting.RULES))
"""Drawn by every page: it names the language and translates Streamlit's labels."""
LINKS_SCRIPT = _script("links.js")
"""Drawn by every page: it follows the links to other pages without loading the dashboard anew."""
ANSWERS_SCRIPT = _script("answers.js")
"""Drawn by every page: it brings what a button answers into sight."""
COOKIE_SCRIPT = _script("cookie.js")
"""Drawn beside the cookie that it sets, after a login or a logout."""

# Styles: Streamlit and Plotly write theirs into the page, and their text varies.
# Fonts: Streamlit's style sheet holds the font of formulas (data:).
# Images: figures and downloads are made in the page (data:, blob:).
_DIRECTIVES = (
    "default-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "font-src 'self' data:",
    "img-src 'self' data: blob:",
    "frame-src 'none'",
    "frame-ancestors 'self'",
    "base-uri 'self'",
    "form-action 'self'",
    "object-src 'none'",
)
# Streamlit reads its messages' long integers with WebAssembly, which cannot turn text into a script.
SCRIPTS = "script-src 'self' 'wasm-unsafe-eval'"
_COMPANIONS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    # A photo is chosen as a file: the page never uses the camera itself.
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
CLOSED = ("/_stcore/metrics", "/_stcore/agent")
"""Streamlit's addresses that are open to any machine without a login; nobody here uses them."""
_NOT_FOUND = b"Adresse inconnue."


class _InlineScripts(HTMLParser):
    """A parser that collects the text of each script element without a file."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.scripts: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "script" and "src" not in dict(attrs)
        if self._inside:
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.scripts[-1] += data


def inline_scripts(document: str) -> list[str]:
    """Return the text of each script of an HTML document that is not a file of its own."""
    parser = _InlineScripts()
    parser.feed(document)
    parser.close()
    return parser.scripts


def source_hash(script: str) -> str:
    """Write the source expression that allows exactly this script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode('ascii')}'"


def content_security_policy(documents: Iterable[str]) -> str:
    """Write the policy that lets ``documents`` (HTML) run their own scripts and no other."""
    hashes = sorted({source_hash(script) for document in documents for script in inline_scripts(document)})
    return "; ".join([*_DIRECTIVES, " ".join([SCRIPTS, *hashes])])


class SecurityHeaders:
    """ASGI middleware: the headers on every HTTP answer, and :data:`CLOSED` answered 404."""

    def __init__(self, app: Application, policy: str) -> None:
        self._app = app
        headers = {"Content-Security-Policy": policy, **_COMPANIONS}
        self._headers = [
            (name.lower().encode("ascii"), value.encode("ascii")) for name, value in headers.items()
        ]
        self._names = {name for name, _ in self._headers}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; those that are not HTTP pass untouched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [pair for pair in message.get("headers", ()) if pair[0].lower() not in self._names]
                message["headers"] = [*kept, *self._headers]
            await send(message)

        if any(f"{closed}/" in f"{scope['path']}/" for closed in CLOSED):
            await _not_found(send_protected)
        else:
            await self._app(scope, receive, send_protected)


async def _not_found(send: Send) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(_NOT_FOUND))]
    await send({"type": "http.response.start", "status": 404, "headers": headers})
    await send({"type": "http.response.body", "body": _NOT_FOUND})
