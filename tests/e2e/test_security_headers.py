"""What a browser refuses on our word, and that every page works under it."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, expect

from api.schemas.vocabulary import Role
from bench.page import until
from tests.e2e.conftest import LAPTOP, Visitor, open_visitor
from tests.e2e.test_accessibility import PAGES
from tests.support.axe import settle
from tests.support.measurements.measure_files import GOOD
from tests.support.servers import Server, free_port, running_in

pytestmark = pytest.mark.browser
ELSEWHERE = "http://ailleurs.invalid/"
SPY = """document.addEventListener('securitypolicyviolation',
    (event) => console.error(`Refused ${event.effectiveDirective} ${event.blockedURI}`), true);"""
MARK = "window.intruder = true"
ADDED = "(([name, more]) => document.head.append(Object.assign(document.createElement(name), more)))"
# What somebody would try who managed to write into a page: the act, and the directive that stops it.
ATTACKS = {
    "script": (f"{ADDED}(['script', {{textContent: '{MARK}'}}])", "script-src"),
    "handler": (f"{ADDED}(['div', {{innerHTML: '<img src=x: onerror=\"{MARK}\">'}}])", "script-src"),
    "file": (f"{ADDED}(['script', {{src: '{ELSEWHERE}a.js'}}])", "script-src"),
    "eval": (f"void setTimeout('{MARK}')", "script-src"),
    "fetch": (f"void fetch('{ELSEWHERE}').catch(() => 0)", "connect-src"),
    "socket": (f"void new WebSocket('{ELSEWHERE.replace('http', 'ws')}')", "connect-src"),
    "image": (f"{ADDED}(['img', {{src: '{ELSEWHERE}a.png'}}])", "img-src"),
    "form": (
        f"document.body.append(Object.assign(document.createElement('form'), {{action: '{ELSEWHERE}'}}));"
        "[...document.forms].at(-1).submit()",
        "form-action",
    ),
}


@pytest.fixture(scope="module")
def dashboard(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the dashboard of a prepared installation."""
    with running_in(tmp_path_factory.mktemp("entetes")) as running:
        yield running.ui


@dataclass
class Watched:
    """Somebody whose browser tells what it refused, in every frame."""

    visitor: Visitor
    refused: list[str]
    documents: list[Response]

    @property
    def page(self) -> Page:
        """What is on the screen."""
        return self.visitor.page

    def enter(self, role: Role) -> None:
        """Signs in, until the browser keeps the session."""
        self.page.goto(self.visitor.home)
        self.visitor.log_in(role.value)
        settle(self.page)


def _note_refusal(into: list[str], message: ConsoleMessage) -> None:
    if "Content Security Policy" in message.text or message.text.startswith("Refused "):
        into.append(message.text)


@pytest.fixture
def watched(browser: Browser, dashboard: str) -> Iterator[Watched]:
    """A fresh browser that has opened nothing yet."""
    visitor = open_visitor(browser, dashboard, LAPTOP)
    found = Watched(visitor, [], [])
    visitor.page.add_init_script(SPY)
    visitor.page.on("console", lambda message: _note_refusal(found.refused, message))
    visitor.page.on(
        "response",
        lambda answer: (
            found.documents.append(answer)
            if answer.headers.get("content-type", "").startswith("text/html")
            else None
        ),
    )
    yield found
    visitor.page.context.close()


def directives(answer: requests.Response) -> dict[str, set[str]]:
    """The policy of an answer: its sources per directive."""
    told = (part.split() for part in answer.headers["content-security-policy"].split(";"))
    return {name: set(sources) for name, *sources in told}


def expression(script: str) -> str:
    """The source expression of a script: the definition of the standard, written once more."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode('utf-8')).digest()).decode()}'"


@pytest.mark.parametrize(
    "path", ["/", "/cockpit", "/_stcore/health", "/_stcore/host-config", "/favicon.png", "/media/absent"]
)
def test_headers__on_every_answer(dashboard: str, path: str) -> None:
    answer = requests.get(dashboard + path, timeout=10)

    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert answer.headers["referrer-policy"] == "same-origin"
    for device in ("camera", "microphone", "geolocation"):
        assert f"{device}=()" in answer.headers["permissions-policy"].split(", ")
    policy = directives(answer)
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == {"'self'"}
    assert policy["object-src"] == {"'none'"}
    assert all(
        re.fullmatch(r"'self'|'wasm-unsafe-eval'|'sha256-[\w+/]{43}='", source)
        for source in policy["script-src"]
    )


@pytest.mark.parametrize(
    "path",
    ["/_stcore/metrics", "/_stcore/agent/openapi.json", "/_stcore/agent/interact", "/_stcore/agent/mcp"],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_addresses_for_machines__closed(dashboard: str, method: str, path: str) -> None:
    answer = requests.request(method, dashboard + path, json={}, timeout=10)

    assert (answer.status_code, answer.text) == (404, "Adresse inconnue.")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_session__kept_by_the_cookie__under_hashes_of_what_is_served_alone(
    watched: Watched, dashboard: str
) -> None:
    watched.enter(Role.MANAGER)
    page = watched.page
    served = [answer.text() for answer in watched.documents if answer.ok]
    drawn = page.evaluate("[...document.querySelectorAll('script:not([src])')].map((one) => one.textContent)")
    page.reload()
    expect(page.get_by_test_id("stPopoverButton").first).to_be_visible()
    expect(page.get_by_label("Identifiant")).to_have_count(0)
    until(page, "document.documentElement.lang === 'fr'")

    assert page.frames == [page.main_frame], "nothing stands in a frame, and the policy lets nothing"
    inline = [text for one in served for text in re.findall(r"<script>(.*?)</script>", one, re.DOTALL)]
    allowed = directives(requests.get(dashboard, timeout=10))["script-src"]
    assert allowed == {"'self'", "'wasm-unsafe-eval'", *map(expression, [*inline, *drawn])}
    assert watched.refused == []


def _starts(text: str, message: ConsoleMessage) -> bool:
    return message.text.startswith(text)


def test_what_was_written_into_a_page__is_refused(watched: Watched) -> None:
    page = watched.page
    page.goto(watched.visitor.home)
    expect(page.get_by_label("Identifiant")).to_be_visible()
    assert watched.refused == []

    for act, directive in ATTACKS.values():
        with page.expect_console_message(partial(_starts, f"Refused {directive}")):
            page.evaluate(f"() => {{ {act}; }}")
    assert page.evaluate("window.intruder") is None


def test_foreign_page__cannot_frame_the_dashboard(watched: Watched, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(f"<iframe src='{watched.visitor.home}'></iframe>", encoding="utf-8")
    port, page = free_port(), watched.page
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    elsewhere = f"http://127.0.0.1:{port}/"
    foreign = Server([*command, "--directory", str(tmp_path)], dict(os.environ), elsewhere, tmp_path / "log")
    try:
        foreign.start()
        with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
            page.goto(elsewhere)
    finally:
        foreign.stop()


def test_figures_files_in_and_out__nothing_refused(watched: Watched, tmp_path: Path) -> None:
    watched.enter(Role.MANAGER)
    page, home = watched.page, watched.visitor.home
    page.get_by_role("button", name="Exporter").click()
    with page.expect_download() as table:
        page.get_by_role("button", name="Tableau pour Excel (CSV)").click()
    lines = table.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == watched.visitor.rows.count() + 1
    watched.visitor.open_row(0)
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()

    page.goto(f"{home}/mesures")
    file = tmp_path / "bon.csv"
    file.write_bytes(GOOD)
    page.locator("input[type=file]").first.set_input_files(file)
    expect(page.get_by_text("lignes nouvelles, à ajouter.")).to_be_visible()
    assert watched.refused == []


# Every page and tab: half a minute per role, which the short command cannot spend.
@pytest.mark.long
@pytest.mark.parametrize("role", [Role.MANAGER, Role.ADMIN])
def test_every_page_and_tab__nothing_refused(watched: Watched, role: Role) -> None:
    watched.enter(role)
    page = watched.page
    for name in (name for name, roles in PAGES.items() if role in roles):
        page.goto(f"{watched.visitor.home}/{name}" + ("?id=12" if name == "turbine" else ""))
        expect(page.get_by_test_id("stPopoverButton").first).to_be_visible()
        settle(page)
        for tab in page.get_by_role("tab").all():
            tab.click()
            settle(page)
        assert watched.refused == [], name


def test_roles_above__open_every_page() -> None:
    assert all(roles & {Role.MANAGER, Role.ADMIN} for roles in PAGES.values())
