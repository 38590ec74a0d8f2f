"""The shared table: what it sorts by, which page it shows, where its links lead."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from api.schemas import french
from api.schemas.vocabulary import RiskLevel
from tests.support.html_tables import read_tables
from tests.support.servers import ROOT
from ui.shared import table
from ui.shared.table import Address, Column


def sorted_values(values: list[object], order: str) -> list[object]:
    """The values of a column as the table sorts them."""
    frame = pd.DataFrame({"Valeur": values}, dtype=object)
    address = table.local_address(frame, "x", {"tri_x": order})
    return list(table.arranged(frame, address)["Valeur"])


@pytest.mark.parametrize(
    "rising",
    [
        ["01/02/2023", "02/01/2024", "02/01/2024 à 06:00", "02/01/2024 à 18:30"],
        ["2", "10", f"1{french.THIN}000"],
        ["E-2", "E-10", "Éolienne", "zoé"],
        [f"12{french.NBSP}ms", f"0,9{french.NBSP}s", f"3{french.NBSP}s"],
        [f"{french.MINUS}4{french.THIN}€", f"0{french.THIN}€", f"1{french.THIN}234,5{french.THIN}€"],
        [RiskLevel.FAIBLE, RiskLevel.MODERE, RiskLevel.ELEVE, RiskLevel.CRITIQUE],
        [0.2, 3, 10.5],
    ],
    ids=lambda values: str(values[-1]),
)
def test_order__as_people_read__missing_last_both_ways(rising: list[object]) -> None:
    mixed = [french.NOTHING, *reversed(rising)]

    assert sorted_values(mixed, "valeur") == [*rising, french.NOTHING]
    assert sorted_values(mixed, "-valeur") == [*reversed(rising), french.NOTHING]


def test_order__that_names_no_column_changes_nothing() -> None:
    assert sorted_values(["b", "a"], "autre") == ["b", "a"]


@pytest.mark.parametrize(
    ("page", "first", "last"), [("1", 1, 100), ("3", 201, 250), ("99", 201, 250), ("x", 1, 100)]
)
def test_pages__rows_of_the_page_asked_for(page: str, first: int, last: int) -> None:
    frame = pd.DataFrame({"N°": range(1, 251)})
    address = table.local_address(frame, "x", {"page_x": page, "jour": "2024-01-02"})

    (drawn,) = read_tables(
        table.html(table.page_of(frame, address), "Lignes", address=address, total=len(frame))
    )

    assert [row[0] for row in drawn.rows] == [str(number) for number in range(first, last + 1)]
    assert drawn.caption == "Lignes"
    links = set(drawn.pages.values())
    assert all("jour=2024-01-02" in href for href in links)
    assert ("← Précédente" in drawn.pages) == (first > 1)
    assert ("Suivante →" in drawn.pages) == (last < 250)


def test_headers__sort_through_the_address_and_start_at_the_first_page() -> None:
    frame = pd.DataFrame({"Rang": [1], "Prévu le": [None]})
    address = Address(
        {"tri": "prevu", "page": "4", "q": "a b"}, {"Rang": "rang", "Prévu le": "prevu"}, usual="rang"
    )

    (drawn,) = read_tables(table.html(frame, "x", address=address))

    assert drawn.sorts == {"Rang": ("none", "?q=a+b"), "Prévu le": ("ascending", "?tri=-prevu&q=a+b")}


def test_turbine__is_a_link_whatever_its_name_and_covers_its_row() -> None:
    frame = pd.DataFrame({"Rang": [1, 2], "Turbine": ["E 7/<b>", french.NOTHING]})

    html = table.html(frame, "x")

    assert read_tables(html)[0].opens == ["turbine?id=E+7%2F%3Cb%3E", ""]
    assert "<b>" not in html


def test_row__opens_what_it_is_given_and_its_turbine_stays_a_link() -> None:
    frame = pd.DataFrame({"N°": [8, 9], "Turbine": ["5", "6"]})

    html = table.html(frame, "x", opens={0: "interventions?n=8", 1: ""}, chosen="interventions?n=8")

    assert read_tables(html)[0].opens == ["interventions?n=8", ""]
    assert 'href="turbine?id=5"' in html
    assert html.count('aria-current="true"') == 1


def test_cells__worded_by_their_column() -> None:
    frame = pd.DataFrame({"Niveau": [RiskLevel.ELEVE, None], "Âge": [0, 3]}, dtype=object)

    (drawn,) = read_tables(
        table.html(
            frame, "x", columns={"Niveau": Column(lambda level: f"<{level}>"), "Âge": Column(french.days)}
        )
    )

    assert drawn.rows == [["<eleve>", french.days(0)], [french.NOTHING, french.days(3)]]


def test_within__keeps_the_rest_of_the_address() -> None:
    assert table.within("?n=3", {"tri_x": "nom", "n": "2"}) == "?tri_x=nom&n=3"
    assert table.within("turbine?id=3", {"n": "2"}) == "turbine?id=3"


def test_classes__are_the_table_s_own() -> None:
    page_style = (ROOT / "ui" / "assets" / "style.css").read_text(encoding="utf-8")
    wide = pd.DataFrame({str(number): [""] for number in range(9)})
    drawn = "".join(table.html(frame, "x") for frame in (wide, wide[["0"]]))

    classes = {name for names in re.findall(r'class="([^"]*)"', drawn) for name in names.split()}

    assert {"tableau", "large", "simple"} <= classes
    # « .etroit » once hid every small table: the page's own rule for phones had that name.
    assert not [name for name in classes if re.search(rf"(^|[,}}]\s*)\.{name}\b", page_style, re.MULTILINE)]
