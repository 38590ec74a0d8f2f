"""A real browser, French, that notes every address it calls."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from bench.page import until
from tests.support.servers import PASSWORD

WAIT_MS = 30_000
LAPTOP = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window; the test is skipped, saying how to install it, where it is absent."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next((found for name in names if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("chromium est absent ; sous Debian : apt-get install --yes chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program)
        yield opened
        opened.close()


@dataclass
class Visitor:
    """Someone in front of the dashboard."""

    page: Page
    home: str
    foreign: list[str] = field(default_factory=list)

    def note(self, url: str) -> None:
        """Keeps addresses of other machines than this one."""
        parts = urlsplit(url)
        if parts.scheme not in {"data", "blob"} and parts.hostname != "127.0.0.1":
            self.foreign.append(url)

    def log_in(self, username: str) -> None:
        """Fills the login form, and waits until the page that it leads to is whole and the session kept."""
        self.page.get_by_label("Identifiant").fill(username)
        self.page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
        self.page.get_by_role("button", name="Se connecter").click()
        until(self.page, "document.cookie.includes('cockpit_session')")
        self.idle()

    def idle(self) -> None:
        """Waits until the page that is being drawn is whole, and nothing is left of what it was."""
        idle(self.page)

    def log_out(self) -> None:
        """Ends the session, and waits until the browser has lost its cookie."""
        self.idle()
        self.page.get_by_test_id(
            "stPopoverButton"
        ).first.click()  # the account's stands above those of a page
        self.page.get_by_role("button", name="Se déconnecter").click()
        expect(self.page.get_by_text("Vous êtes déconnecté.")).to_be_visible()
        until(self.page, "!document.cookie.includes('cockpit_session')")

    @property
    def rows(self) -> Locator:
        """The rows of the ranking."""
        return self.page.locator(".st-key-classement .tableau tbody tr")

    def ranking(self) -> list[list[str]]:
        """The cells of each row of the ranking, once they are there."""
        expect(self.rows.first).to_be_visible()
        cells = "rows => rows.map(row => [...row.cells].map(cell => cell.innerText))"
        read: list[list[str]] = self.rows.evaluate_all(cells)
        return read

    def open_row(self, number: int) -> None:
        """Clicks on a row of the ranking, beside its link: anywhere in the row opens the turbine."""
        box = self.rows.nth(number).bounding_box()
        assert box is not None
        self.page.mouse.click(box["x"] + box["width"] - 8, box["y"] + box["height"] / 2)

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        widths = "[document.documentElement, document.querySelector('[data-testid=stMain]')]"
        return int(self.page.evaluate(f"Math.max(...{widths}.map(e => e.scrollWidth - e.clientWidth))"))


def idle(page: Page) -> None:
    """Waits until Streamlit's script has ended and nothing is left of the page before.

    To be called once something of the awaited page is in sight: what was clicked just before may not have
    reached the server, and the page still looks at rest.
    """
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    expect(page.locator("[data-stale=true], [data-testid=stAppSkeleton]")).to_have_count(0)


def open_visitor(browser: Browser, home: str, viewport: dict[str, int], scheme: str = "light") -> Visitor:
    """A fresh browser of a person in France."""
    context = browser.new_context(
        locale="fr-FR",
        timezone_id="Europe/Paris",
        viewport=viewport,  # type: ignore[arg-type]
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    context.set_default_timeout(WAIT_MS)
    expect.set_options(timeout=WAIT_MS)
    visitor = Visitor(context.new_page(), home)
    visitor.page.on("request", lambda request: visitor.note(request.url))
    visitor.page.on("websocket", lambda socket: visitor.note(socket.url))
    return visitor
