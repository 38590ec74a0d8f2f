"""Freshness, coverage and findings: the late ones first, nothing told by colour alone."""

from __future__ import annotations

import pandas as pd
import pytest

from api.schemas.measurements import FindingCount, TurbineCoverage
from tests.support.html_tables import read_tables
from tests.support.measurements.measure_samples import coverage, turbine
from ui.measurements import coverage_views as views
from ui.shared import figures, table

LATE = turbine(
    "2", freshness="en_retard", age_days=5, last_measured_on="2024-12-25", findings=["turbine_muette"]
)
STALE = turbine(
    "27", freshness="trop_ancienne", age_days=9, last_measured_on="2024-12-21", findings=["mesure_perimee"]
)
NEVER = turbine(
    "9",
    freshness="jamais_mesuree",
    age_days=None,
    last_measured_on=None,
    usual_gap_days=None,
    counts=[0, 0, 0],
)
STOPPED_ONE = turbine(
    "4", service_state="arret_programme", freshness="a_l_arret", age_days=30, last_measured_on="2024-11-30"
)
FRESH = turbine("1")


def test_freshness__never_then_too_old_then_late_then_the_rest() -> None:
    frame = views.freshness_frame([FRESH, STOPPED_ONE, NEVER, STALE, LATE])

    assert list(frame["Turbine"]) == ["9", "27", "2", "1", "4"]
    assert list(frame["Fraîcheur"]) == [
        "✕ jamais mesurée",
        "✕ trop ancienne",
        "! en retard",
        "✓ à jour",
        "○ à l’arrêt",
    ]
    (shown,) = read_tables(table.html(frame, "x", columns=views.FRESHNESS_COLUMNS))
    assert list(shown.value["Âge"]) == ["–", "9\u00a0j", "5\u00a0j", "jour même", "30\u00a0j"]
    assert frame["Constats"][2] == "Turbine muette"


def test_facts__turbines_with_a_finding_counted_once() -> None:
    twice = turbine("3", findings=["turbine_muette", "capteur_fige"])

    told = {name: value for name, value, _ in views.coverage_facts(coverage(LATE, STALE, twice, FRESH))}

    assert told == {
        "Turbines suivies": "4",
        "Mesurées ce jour-là": "4",
        "En retard": "1",
        "Trop anciennes": "1",
        "Avec un constat": "3",
    }


@pytest.mark.parametrize(("late", "whose"), [([LATE], "son"), ([LATE, LATE], "leur")])
def test_facts__agree_with_the_count(late: list[TurbineCoverage], whose: str) -> None:
    notes = {name: note for name, _, note in views.coverage_facts(coverage(*late))}

    assert notes["En retard"] == f"sur {whose} rythme habituel"


def test_no_findings__is_not_said_where_nobody_looked() -> None:
    never = coverage(FRESH, run_as_of=None)

    assert views.no_findings_words(coverage(FRESH)).startswith("Aucun constat")
    assert views.no_findings_words(never).startswith("Aucun calcul publié")
    assert views.coverage_facts(never)[-1][1] == "–"


def test_findings_frame__word_count_and_example() -> None:
    found = [FindingCount(code="capteur_fige", turbines=3, example="Figé à 4,2.")]

    assert views.findings_frame(found).to_dict("records") == [
        {"Constat": "Capteur figé", "Turbines": "3", "Exemple": "Figé à 4,2."}
    ]


def test_map__said_in_words_for_those_who_do_not_see_it() -> None:
    seen = coverage(LATE, FRESH, NEVER)

    said = views.coverage_words(seen, seen.turbines)

    assert "du 28/12/2024 au 30/12/2024" in said
    assert "44\u202f% des jours" in said  # 4 of 9
    assert said.endswith("mesure attendue : 2, 9.")
    assert views.coverage_words(coverage(FRESH), [FRESH]).endswith("mesure attendue : aucune turbine.")


def test_map__one_cell_per_turbine_and_day_first_turbine_on_top() -> None:
    seen = coverage(LATE, FRESH)

    figure = figures.coverage_map(seen, seen.turbines, figures.LIGHT)

    cells = figure.data[0]
    assert [list(row) for row in cells.z] == [[1, 0, 3], [1, 0, 3]]
    assert list(pd.to_datetime(cells.x)) == list(pd.date_range("2024-12-28", "2024-12-30"))
    assert list(figure.layout.yaxis.ticktext) == ["⚠ 2", "1"]
    assert figure.layout.yaxis.autorange == "reversed"
    assert figure.layout.xaxis.tickformat == "%d/%m/%Y"


def test_map__a_park_that_sent_nothing_is_all_grey() -> None:
    seen = coverage(NEVER)

    cells = figures.coverage_map(seen, seen.turbines, figures.DARK).data[0]

    assert cells.zmin == 0 < cells.zmax
    assert cells.colorscale[0][1] == figures.DARK.grid
