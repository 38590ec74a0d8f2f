"""The dashboard's colours stay readable, and its server keeps its safe settings."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
CONFIG: dict[str, Any] = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
CAPTION_OPACITY = 0.6
"""Share of the text colour in Streamlit 1.67's captions."""


def _channels(colour: str) -> tuple[float, ...]:
    return tuple(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))


def _luminance(channels: tuple[float, ...]) -> float:
    """Relative luminance, WCAG 2.1."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(front: str, back: str, opacity: float = 1.0) -> float:
    """Contrast ratio, WCAG 2.1, of a colour laid with some opacity over another."""
    below = _channels(back)
    shown = tuple(opacity * f + (1 - opacity) * b for f, b in zip(_channels(front), below, strict=True))
    dark, light = sorted((_luminance(shown), _luminance(below)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast__black_on_white__is_21() -> None:
    assert _contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert _contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.005)  # WCAG's own borderline grey


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("part", ["page", "sidebar"])
def test_theme__texts_and_borders__reach_aa(mode: str, part: str) -> None:
    theme = CONFIG["theme"][mode]
    theme = theme if part == "page" else {**theme, **theme["sidebar"]}
    page, panel = theme["backgroundColor"], theme["secondaryBackgroundColor"]

    assert _contrast("#FFFFFF", theme["primaryColor"]) >= 4.5, "white label of a primary button"
    assert _contrast(theme["primaryColor"], page) >= 4.5, "selected tab, slider value"
    for background in (page, panel):
        assert _contrast(theme["textColor"], background) >= 7, "running text"
        assert _contrast(theme["textColor"], background, CAPTION_OPACITY) >= 4.5, "caption"
        assert _contrast(theme["linkColor"], background) >= 4.5, "link"
        assert _contrast(theme["borderColor"], background) >= 3, "edge of an input field"


def test_theme__sidebar_and_page__share_one_accent() -> None:
    for mode in ("light", "dark"):
        assert "primaryColor" not in CONFIG["theme"][mode]["sidebar"]


def test_server__settings_that_protect__are_kept() -> None:
    server, client = CONFIG["server"], CONFIG["client"]
    assert server["headless"] and server["enableCORS"] and server["enableXsrfProtection"]
    assert server.get("enableAgentApi", False) is False
    assert "*" not in server["allowedHosts"]
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert client["showErrorDetails"] == "none"


def _option_names(tree: dict[str, Any], prefix: str = "") -> set[str]:
    """Every leaf of the file as Streamlit names it: ``theme.dark.sidebar.textColor``."""
    names: set[str] = set()
    for key, value in tree.items():
        names |= _option_names(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}"}
    return names


@pytest.mark.slow  # loads Streamlit
def test_config__every_option__is_one_that_streamlit_knows() -> None:
    from streamlit import config

    assert _option_names(CONFIG) <= set(config._config_options_template)
