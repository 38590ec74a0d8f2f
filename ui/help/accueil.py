"""The root of the site: leads to the cockpit."""

from __future__ import annotations

from ui.shared import layout


def page() -> None:
    """Goes on to the cockpit."""
    layout.go("cockpit")
