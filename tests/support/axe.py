"""The automated part of an accessibility audit: axe-core, run inside the real page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.conftest import idle

SCRIPT = Path(__file__).resolve().parent / "axe-core" / "axe.min.js"
SETTLED_MS = 500
MOST_EXPANDERS = 40  # of one page, nested ones included
SCHEMES = ("light", "dark")
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "RGAAv4")


@dataclass(frozen=True)
class Known:
    """A violation that only Streamlit can correct: its rule, and the selector of its elements."""

    rule: str
    selector: str
    why: str


KNOWN: tuple[Known, ...] = ()


def violations(page: Page) -> list[str]:
    """Return the violations of WCAG 2.1 A and AA and RGAA 4, one line per element, without the known ones."""
    # ``evaluate`` uses the debugging protocol, which no Content-Security-Policy blocks.
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(SCRIPT.read_text(encoding="utf-8"))
    rules: list[dict[str, Any]] = page.evaluate(
        "async (tags) => (await axe.run(document, {runOnly: tags, resultTypes: ['violations']})).violations",
        list(TAGS),
    )
    return [
        f"{rule['id']} : {node['target']} {node['html'][:300]} {node['failureSummary']}"
        for rule in rules
        for node in rule["nodes"]
        if not _known(page, rule["id"], node["target"])
    ]


def _known(page: Page, rule: str, target: list[Any]) -> bool:
    selectors = [known.selector for known in KNOWN if known.rule == rule]
    if not selectors or len(target) != 1 or not isinstance(target[0], str):
        return False
    matches = "([target, wanted]) => document.querySelector(target)?.matches(wanted) ?? false"
    return bool(page.evaluate(matches, [target[0], ", ".join(selectors)]))


def settle(page: Page) -> None:
    """Wait until the page is complete and nothing moves."""
    idle(page)
    page.wait_for_timeout(SETTLED_MS)  # colours change gradually, which no state shows
    idle(page)


def audit(page: Page, where: str) -> list[str]:
    """Return the violations of the screen in both themes; leave the light theme."""
    lines = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        settle(page)
        lines += [f"{where}, {scheme}: {line}" for line in violations(page)]
    page.emulate_media(color_scheme="light")
    return lines


def audit_open(page: Page, where: str, seen: set[str]) -> list[str]:
    """Return the violations with every expander open, then inside each popover and the first calendar.

    Args:
        page: freshly opened.
        where: name of the page for the violations.
        seen: labels of the popovers audited before; this function adds to them.
    """
    lines = []
    closed = page.locator("[data-testid=stExpander] details:not([open]) > summary").filter(visible=True)
    expanders = 0
    while closed.count():
        before = closed.count()
        closed.first.click()
        settle(page)
        expanders += 1
        assert closed.count() != before or expanders < MOST_EXPANDERS, f"{where}: an expander stays closed"
    if expanders:
        lines += audit(page, f"{where}, expanders open")
    buttons = page.get_by_test_id("stPopoverButton").filter(visible=True)
    for number in range(buttons.count()):
        label = buttons.nth(number).inner_text()
        if label in seen or buttons.nth(number).is_disabled():
            continue
        seen.add(label)
        buttons.nth(number).click()
        expect(page.get_by_test_id("stPopoverBody")).to_be_visible()
        lines += audit(page, f"{where}, popover « {label} »")
        expect(page.get_by_test_id("stPopoverBody")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_test_id("stPopoverBody")).to_have_count(0)
    calendar = page.get_by_role("button", name="Choisir une date").filter(visible=True)
    if calendar.count() and "calendar" not in seen:
        seen.add("calendar")
        calendar.first.click()
        expect(page.get_by_test_id("stDateInputCalendar")).to_be_visible()
        lines += audit(page, f"{where}, calendar")
        page.keyboard.press("Escape")
    return lines
