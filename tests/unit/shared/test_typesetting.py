"""The spaces of French, set in sentences and in pages; the browser reads the same rules (``tests/e2e``)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.schemas.french import NBSP, THIN
from api.schemas.typesetting import typeset, typeset_page
from launcher.texts import sentences
from tests.support.words import plain
from ui.shared.security_headers import LANGUAGE_SCRIPT

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("text", "set_text"),
    [
        ("Refusé : « vent » ; relisez !", f"Refusé{NBSP}: «{NBSP}vent{NBSP}»{THIN}; relisez{THIN}!"),
        ("Est-ce vrai ?", f"Est-ce vrai{THIN}?"),
        ("à 95 % (30 jours), 2 Mo au plus", f"à 95{THIN}% (30{NBSP}jours), 2{NBSP}Mo au plus"),
        ("10 000 lignes, import n° 3", f"10{THIN}000 lignes, import n°{NBSP}3"),
        ("le 30/12/2024 à 06:00, 7 jours après", f"le 30/12/2024 à 06:00, 7{NBSP}jours après"),
        (":red[✕ non] :blue-badge[En cours]", ":red[✕ non] :blue-badge[En cours]"),
        ("3 turbines, 2 haubans", "3 turbines, 2 haubans"),
    ],
)
def test_sentence__spaces_that_do_not_break(text: str, set_text: str) -> None:
    assert typeset(text) == set_text


@given(st.text("ab1 :;!?«»%n°jM", max_size=30))
def test_any_text__only_its_spaces_change_and_once_is_enough(text: str) -> None:
    once = typeset(text)

    assert plain(once) == plain(text)
    assert typeset(once) == once


@pytest.mark.slow  # reads the whole product
def test_every_sentence__breaks_before_no_sign() -> None:
    broken = re.compile(r"« | »| [;!?](?=\s|$)| :(?=\s|$)|\d [%€]")

    assert not [str(s) for s in sentences(ROOT) if broken.search(typeset(s.text))]


def test_page__tags_and_styles_stay() -> None:
    page = '<style>p { width: 10 % !important ; }</style><p title="à : b">Jours : 3 %</p>'

    assert typeset_page(page) == page.replace("Jours : 3 %", f"Jours{NBSP}: 3{THIN}%")


def test_script_of_the_pages__carries_the_rules() -> None:
    assert "TYPESETTING" not in LANGUAGE_SCRIPT
    assert "\\u202f" in LANGUAGE_SCRIPT
