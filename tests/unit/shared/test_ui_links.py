"""Turbines that sentences name lead to their pages, and nothing else does."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.measurements.measurements import turbines_named
from tests.support.html_tables import read_tables
from ui.shared import layout, links, table
from ui.shared.templates import template

pytestmark = pytest.mark.slow  # loads Streamlit


@pytest.mark.parametrize(
    ("sentence", "named"),
    [
        ("La turbine 12 a déjà l’intervention n° 4.", ["12"]),
        ("turbine\u00a0« A7 » inconnue", ["A7"]),
        ("Planifiée sur la turbine E-3.", ["E-3"]),
        ("1 turbine (2) : mesure en retard", ["2"]),
        ("3 turbines (2, 5, 17…) : mesure trop ancienne, de plus de 7 jours.", ["2", "5", "17"]),
        ("Turbines 2 et 5 : 3 heures.", ["2", "5"]),
        ("turbine 5, 12 h", ["5"]),
        ("turbine 5 (au plus tard le 01/09/2024), turbine 6 (au plus tard le 02/09/2024)", ["5", "6"]),
        ("48 turbines évaluées sur 50", []),
        ("Turbines au 30/12/2024", []),
        ("turbine inconnue 5", []),
        ("", []),
    ],
)
def test_pieces__the_turbines_that_a_sentence_names(sentence: str, named: list[str]) -> None:
    pieces = list(links.pieces(sentence))

    assert "".join(text for text, _ in pieces) == sentence
    assert [text for text, href in pieces if href] == named
    assert all(href == links.turbine_href(text) for text, href in pieces if href)


@given(st.lists(st.integers(1, 500).map(str), min_size=1, max_size=5, unique=True))
def test_pieces__every_turbine_of_the_sentences_that_count_them(names: list[str]) -> None:
    linked = [text for text, href in links.pieces(f"{turbines_named(names)} : en retard") if href]

    assert sorted(linked) == sorted(names)


def test_links__in_markdown_banners_and_cells__what_people_typed_stays_text() -> None:
    typed = "Turbine 5 : <b>*vite*</b>"

    assert layout.sentence(typed) == "Turbine [5](turbine?id=5) \\: \\<b\\>\\*vite\\*\\</b\\>"
    macro = template("shared/links.html").module.linked  # type: ignore[attr-defined]
    assert str(macro(typed)) == 'Turbine <a href="turbine?id=5">5</a> : &lt;b&gt;*vite*&lt;/b&gt;'
    html = table.whole(pd.DataFrame([{"Sur": typed}]), "Journal", {})
    assert '<a href="turbine?id=5">5</a> : &lt;b&gt;' in html
    assert read_tables(html)[0].value["Sur"].tolist() == [typed]
