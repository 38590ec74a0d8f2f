"""The automated part of an accessibility audit: axe-core, run inside the page that people see."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SCRIPT = Path(__file__).resolve().parent / "axe-core" / "axe.min.js"
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "RGAAv4")


@dataclass(frozen=True)
class Known:
    """A violation that only Streamlit can mend: the rule, and the elements where it is expected."""

    rule: str
    selector: str
    why: str


KNOWN: tuple[Known, ...] = ()


def violations(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.1 A and AA and RGAA 4, one line per element, without the known."""
    # Through the debugging protocol: a Content-Security-Policy does not stand in its way.
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(SCRIPT.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate(
        "async (tags) => (await axe.run(document, {runOnly: tags, resultTypes: ['violations']})).violations",
        list(TAGS),
    )
    return [
        f"{rule['id']} : {node['target']} {node['html'][:300]} {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
        if not _known(page, rule["id"], node["target"])
    ]


def _known(page: Page, rule: str, target: list[Any]) -> bool:
    selectors = [known.selector for known in KNOWN if known.rule == rule]
    if not selectors or len(target) != 1 or not isinstance(target[0], str):
        return False
    matches = "([target, wanted]) => document.querySelector(target)?.matches(wanted) ?? false"
    return bool(page.evaluate(matches, [target[0], ", ".join(selectors)]))
