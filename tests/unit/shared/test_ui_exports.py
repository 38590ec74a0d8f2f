"""What is taken away: a CSV that French Excel opens right, sheets that print without a network."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.schemas.park import TurbineDetail
from api.schemas.turbine_story import UsualRange
from api.schemas.vocabulary import Queue, RiskLevel
from tests.support.ui_samples import driver, feature, item, park
from tests.support.words import plain
from ui.park import exports, sheets, views

WORK = {"id": 4, "state": "planifiee", "planned_on": "2025-01-03", "assignee": "T-101"}


def read(content: bytes) -> list[dict[str, str]]:
    """The file as a French spreadsheet reads it."""
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_csv__semicolons_decimal_commas_and_days_first() -> None:
    listed = item(
        time_to_failure_interval=(1.5, 9.25),
        main_driver=driver(),
        planned_visit_on="2025-01-09",
        intervention=WORK,
    )

    [row] = read(exports.park_csv([listed]))

    assert row["Turbine"] == "12"
    assert row["Niveau"] == "Critique"
    assert row["Probabilité de panne à 7 jours (%)"] == "62,00"
    assert row["Jours restants"] == "4,0"
    assert (row["Jours restants, borne basse"], row["Jours restants, borne haute"]) == ("1,5", "9,3")
    assert (row["Attendre coûte (€)"], row["Nature du montant"]) == ("31000", "")
    assert row["Mesurée le"] == "30/12/2024"
    assert row["Visite prévue le"] == "09/01/2025"
    assert (row["Intervention"], row["Intervention prévue le"]) == ("Planifiée (T-101)", "03/01/2025")
    assert row["Facteur principal"] == "Niveau de vibration : 5,82 u.a."


def test_csv__an_amount_on_an_uncalibrated_probability_says_so_beside() -> None:
    rough = {"code": "couts_indicatifs", "field": None, "message": "Probabilité non calibrée."}
    rows = read(
        exports.park_csv(
            [item(warnings=[rough]), item(turbine_id="7", warnings=[rough], expected_failure_cost_eur=None)]
        )
    )
    assert [row["Nature du montant"] for row in rows] == ["indicatif", ""]


def test_csv__in_the_order_shown_and_empty_where_nothing_is_known() -> None:
    unknown = item(
        turbine_id="7", failure_probability=None, time_to_failure_days=None, expected_failure_cost_eur=None,
        measured_on=None, age_days=None, farm=None,
    )  # fmt: skip

    rows = read(exports.park_csv([unknown, item()]))

    assert [row["Turbine"] for row in rows] == ["7", "12"]
    assert {
        rows[0][name] for name in ("Jours restants", "Attendre coûte (€)", "Mesurée le", "Parc éolien")
    } == {""}


@pytest.mark.parametrize("typed", ["=1+1", "+33 1", "-2A", "@SUM(A1)", "\tx"])
def test_csv__what_people_typed_is_never_a_formula(typed: str) -> None:
    [row] = read(exports.park_csv([item(farm=typed, site=f'a;"{typed}"\n')]))

    assert row["Parc éolien"] == f"'{typed}"
    assert row["Site"] == f'a;"{typed}"\n'


NUMBERS = (
    "Probabilité de panne à 7 jours (%)",
    "Jours restants",
    "Jours restants, borne basse",
    "Jours restants, borne haute",
    "Attendre coûte (€)",
    "Âge de la mesure (j)",
)


@settings(max_examples=50)
@given(
    st.floats(0, 1),
    st.floats(0, 4_000),
    st.floats(0, 10_000_000),
    st.integers(0, 5_000),
)
def test_csv__a_french_spreadsheet_reads_its_figures_as_numbers_and_they_are_those_of_the_page(
    probability: float, days: float, euros: float, age: int
) -> None:
    turbine = item(
        failure_probability=probability,
        time_to_failure_days=days,
        time_to_failure_interval=(days, days),
        expected_failure_cost_eur=euros,
        age_days=age,
    )

    [row] = read(exports.park_csv([turbine]))

    assert all(re.fullmatch(r"-?\d+(,\d+)?", row[name]) for name in NUMBERS), row
    shown = views.park_frame([turbine]).iloc[0]
    cost = views.PARK_COLUMNS["Attendre coûte"].words
    assert cost is not None
    assert re.sub(r"[^\d]", "", cost(shown["Attendre coûte"])) == row["Attendre coûte (€)"]
    assert abs(float(row[NUMBERS[0]].replace(",", ".")) - 100 * probability) <= 0.0051


def test_file_name__nothing_that_a_file_system_refuses() -> None:
    assert exports.file_name("E/1 <b>:*") == "E-1-b-"


class Page(HTMLParser):
    """Tags that are open, and every address that the page would fetch."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "rect", "line", "path", "br"}:
            self.open.append(tag)
        self.fetched += [value or "" for name, value in attrs if name in {"src", "href", "data", "action"}]

    def handle_endtag(self, tag: str) -> None:
        if tag not in {"rect", "line", "path"}:
            assert self.open.pop() == tag


def whole(content: str) -> str:
    """The sheet, once it is known to be well formed and to need nothing else."""
    page = Page(content)
    assert page.open == []
    assert page.fetched == []
    assert "url(" not in content
    assert "@import" not in content
    assert "<script" not in content
    return content


def test_park_sheet__rows_in_order_and_what_it_leaves_out() -> None:
    view = views.View(
        levels=(RiskLevel.CRITIQUE, RiskLevel.ELEVE), days=7.0, farm="Pilat <b>", queue=Queue.A_VERIFIER,
        state="perime", sort="-cout",
    )  # fmt: skip
    items = [item(turbine_id="9"), item(turbine_id="12 <script>", intervention=WORK)]

    sheet = plain(whole(sheets.park_sheet(park(items=items), items, view, simulated=True)))
    assert "Données simulées" in sheet

    assert "size: A4 landscape" in sheet
    assert sheet.index("<td>9</td>") < sheet.index("12 &lt;script&gt;")
    assert "2 turbines sur 50 ; filtres : niveau critique ou élevé, panne possible sous 7 jours" in sheet
    assert "parc « Pilat &lt;b&gt; »" in sheet
    assert "file « À vérifier »" in sheet
    assert "mesure trop ancienne" in sheet
    assert "Tri : attendre coûte, décroissant." in sheet
    assert "03/01/2025" in sheet
    assert "62 %" in sheet


def test_park_sheet__no_filter_is_said_as_such() -> None:
    assert sheets.narrowing_words(views.View(), 50, 50) == "50\u00a0turbines sur 50."


def detail(**changes: object) -> TurbineDetail:
    turbine = {"turbine_id": "12", "site": "Lyon", "farm": "Pilat", "rated_power_kw": 1500}
    usual = UsualRange(feature="vibration_level", low=1.4, high=4.8, values=200, park_low=1.7, park_high=5)
    known = {
        "turbine": {
            **turbine,
            "commissioned_on": None,
            "service_state": "en_service",
            "last_measured_on": "2024-12-30",
        },
        "current": item(warnings=[{"code": "x", "message": "Capteur <figé>."}]),
        "as_of": "2024-12-30",
        "drivers": [driver(), driver(feature="m", label="Récente", marker=True, note="Indice.")],
        "base_probability": 0.03,
        "threshold": 0.06,
        "models": [],
        "policy_version": 1,
        "last_measurements": [
            {"measured_on": "2024-12-30", "measured_at": None, "values": {"temperature": 61.25}}
        ],
        "features": [feature()],
        "planned_visits": [date(2025, 1, 9)],
        "usual": [usual],
    }
    return TurbineDetail.model_validate(known | changes)


def test_turbine_sheet__verdict_reasons_measurements_and_code() -> None:
    sheet = plain(
        whole(sheets.turbine_sheet(detail(), "http://cockpit.example/turbine?id=12", simulated=False))
    )
    assert "Données simulées" not in sheet

    assert "size: A4;" in sheet
    for words in (
        "■ Critique",
        "au-dessus du seuil de décision",
        "ici 1,4 à 4,8 ; parc 1,7 à 5",
        "61,25",
        "(indice)",
    ):
        assert words in sheet
    assert "Capteur &lt;figé&gt;." in sheet
    assert re.search(
        r"<figure><svg [^>]*>.*</svg>\s*<figcaption>http://cockpit.example/turbine\?id=12", sheet, re.S
    )


def test_turbine_sheet__code_is_that_of_the_address_alone() -> None:
    def code(address: str) -> str:
        found = re.search(
            r"<figure>(<svg.*?</svg>)", sheets.turbine_sheet(detail(), address, simulated=False), re.S
        )
        assert found is not None
        return found.group(1)

    assert code("http://a/turbine?id=1") == code("http://a/turbine?id=1")
    assert code("http://a/turbine?id=1") != code("http://a/turbine?id=2")
    assert "<figure>" not in sheets.turbine_sheet(detail(), "", simulated=True)


def test_turbine_sheet__a_turbine_without_score_or_measurement() -> None:
    bare = detail(current=None, drivers=[], last_measurements=[], planned_visits=[])

    assert "n’est pas encore classée" in whole(sheets.turbine_sheet(bare, "", simulated=False))
