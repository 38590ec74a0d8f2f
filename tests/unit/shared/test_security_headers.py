"""The policy of the dashboard: what it finds in a document, and what the server's wrapper does to answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.loops import in_a_loop
from ui.shared import security_headers as security

ROOT = Path(__file__).resolve().parent.parent.parent.parent
TWO = ["un()", "\n deux(1 < 2 && '<p>') "]


@pytest.mark.parametrize(
    ("document", "scripts"),
    [
        ("<p>rien</p>", []),
        ("<script src='a.js'></script><script type=module src=b.js></script>", []),
        ("<script>un()</script><p>x</p><SCRIPT nonce=a>\n deux(1 < 2 && '<p>') </SCRIPT>", TWO),
        ("<!-- <script>non()</script> --><script>a = '&amp;'</script>texte", ["a = '&amp;'"]),
        ("<script src='a.js'></script>texte<script></script>", [""]),
    ],
)  # fmt: skip
def test_inline_scripts__their_text_to_the_letter(document: str, scripts: list[str]) -> None:
    assert security.inline_scripts(document) == scripts


def test_source_hash__the_example_of_the_standard() -> None:
    # https://www.w3.org/TR/CSP2/#script-src-hash-usage
    assert (
        security.source_hash("alert('Hello, world.');")
        == "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='"
    )


def test_policy__one_source_per_script__none_that_opens_to_all() -> None:
    policy = security.content_security_policy(["<script>a</script>", "<script>b</script><script>a</script>"])
    directives = {name: sources for name, *sources in (part.split() for part in policy.split(";"))}

    hashes = {security.source_hash("a"), security.source_hash("b")}
    assert sorted(directives["script-src"]) == sorted({"'self'", "'wasm-unsafe-eval'", *hashes})
    assert {name for name, sources in directives.items() if "'unsafe-inline'" in sources} == {"style-src"}
    assert not {"*", "http:", "https:", "ws:", "wss:", "'unsafe-eval'"} & {
        source for sources in directives.values() for source in sources
    }


def _answered(scope: dict[str, Any]) -> list[Any]:
    """What the server's wrapper sends for a request to an application that answers as Streamlit does."""
    sent: list[Any] = []

    async def application(_scope: Any, _receive: Any, send: Any) -> None:
        headers = [(b"X-Frame-Options", b"ALLOWALL"), (b"content-type", b"text/html")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"page"})

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        sent.append(message)

    wrapped = security.SecurityHeaders(application, policy="default-src 'self'")
    in_a_loop(wrapped, scope, receive, send)
    return sent


def test_wrapper__its_headers_alone_and_the_others_kept() -> None:
    start, body = _answered({"type": "http", "path": "/"})

    assert [value for name, value in start["headers"] if name.lower() == b"x-frame-options"] == [
        b"SAMEORIGIN"
    ]
    assert (b"content-type", b"text/html") in start["headers"]
    assert (b"content-security-policy", b"default-src 'self'") in start["headers"]
    assert body["body"] == b"page"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/_stcore/metrics", 404),
        ("/_stcore/metrics/", 404),
        ("/prefixe/_stcore/metrics", 404),
        ("/_stcore/agent", 404),
        ("/_stcore/agent/mcp", 404),
        ("/_stcore/metricsx", 200),
        ("/_stcore/health", 200),
        ("/_stcore/agents", 200),
    ],
)
def test_wrapper__closes_what_machines_are_offered_and_nothing_beside(path: str, status: int) -> None:
    assert _answered({"type": "http", "path": path})[0]["status"] == status


def test_wrapper__other_connections__pass_untouched() -> None:
    start, _ = _answered({"type": "websocket", "path": "/_stcore/stream"})

    assert len(start["headers"]) == 2


def test_waits_in_the_page__none_that_the_policy_refuses() -> None:
    """Playwright's own wait evaluates text again after its first look: a test with it fails at times."""
    sources = [path for folder in ("api", "tests") for path in (ROOT / folder).rglob("*.py")]
    wait = "wait_for" + "_function("
    assert [path.name for path in sources if wait in path.read_text(encoding="utf-8")] == []
