"""The cockpit page in a real browser: time from the click to the table."""

from __future__ import annotations

import shutil
import time
from statistics import median
from typing import TYPE_CHECKING

from api.schemas import french
from bench.start import PASSWORD, Installation

if TYPE_CHECKING:
    from playwright.sync_api import Page

VISITS = 5
RANKING = ".st-key-classement .tableau tbody tr"
PATIENCE_MS = 30_000
# The condition is part of a function's text: Playwright's own wait evaluates a string at each frame, which
# the dashboard's Content-Security-Policy refuses.
_UNTIL = """(limit) => new Promise((held, failed) => {
  const end = performance.now() + limit;
  const look = () => {
    try {
      if (%s) held();
      else if (performance.now() > end) failed(new Error(`not true after ${limit} ms`));
      else requestAnimationFrame(look);
    } catch (error) { failed(error); }
  };
  look();
})"""


def chromium() -> str | None:
    """Return the path of the browser; None where none is installed."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def until(page: Page, condition: str, patience_ms: float = PATIENCE_MS) -> None:
    """Wait until ``condition``, a JavaScript expression, is true in a page.

    Raises:
        playwright.sync_api.Error: it is not true in time, or cannot be evaluated.
    """
    page.evaluate(_UNTIL % condition, patience_ms)


def table_seconds(installation: Installation, executable: str) -> list[float]:
    """Return seconds from the click on the cockpit's link to its table, signed in, for each visit."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - in the development environment only

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable)
        page = browser.new_context(locale="fr-FR", timezone_id=french.PARIS.key).new_page()
        page.goto(installation.ui)
        page.get_by_label("Identifiant").fill("manager")
        page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Se connecter").click()
        page.locator(RANKING).first.wait_for()
        times = []
        for _ in range(VISITS):
            page.get_by_role("link", name="Supervision").click()
            page.get_by_role("heading", name="Supervision").wait_for()
            page.wait_for_timeout(500)
            began = time.perf_counter()
            page.get_by_role("link", name="Cockpit").click()
            page.get_by_role("heading", name="Cockpit").wait_for()
            page.locator(RANKING).first.wait_for()
            times.append(time.perf_counter() - began)
        browser.close()
    return times


def summary(times: list[float]) -> str:
    """Return median and worst time as text."""
    return f"{french.quantity(median(times), 's')} (pire : {french.quantity(max(times), 's')})"
