"""What is told of a candidate: French figures, nobody's certainty, the figure's levels at their place."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import Any

import pytest

from api.schemas.candidates import (
    Candidate,
    LevelBound,
    ModelComparison,
    PooledRuns,
    QualityPair,
    RunAgreement,
    ShadowReport,
    TopOverlap,
    TurbinePair,
)
from api.schemas.common import Figure, ModelRef
from ui.models import candidate_figures as drawn
from ui.models import candidate_views as views
from ui.shared import figures

AT = datetime(2024, 12, 1, 9, 0, tzinfo=UTC)


def candidate(**changes: Any) -> Candidate:
    fields = {
        "task": "classification", "name": "risque", "version": 2, "sha256": "0" * 64, "since": AT,
        "set_by": "compte:3", "reason": "moins d’alertes ?", "runs_scored": 4,
    }  # fmt: skip
    return Candidate.model_validate(fields | changes)


def report(task: str = "classification", **changes: Any) -> ShadowReport:
    pairs = [
        TurbinePair(
            turbine_id="E*1", active=0.0, candidate=0.4, active_level="faible", candidate_level="critique"
        ),
        TurbinePair(
            turbine_id="2", active=0.07, candidate=0.09, active_level="eleve", candidate_level="eleve"
        ),
    ]
    bounds = [("modere", 0.015), ("eleve", 0.06), ("critique", 0.3)]
    if task == "regression":
        bounds = [("imminente", 7.0)]
        pairs = [
            TurbinePair(
                turbine_id="2", active=9, candidate=5, active_level="lointaine", candidate_level="imminente"
            )
        ]
    last = RunAgreement(
        run_id=8,
        as_of=date(2024, 12, 30),
        active=ModelRef(name="risque", version=1, sha256="1" * 64),
        rows=48,
        left_out=2,
        same_level=Figure(value=0.875, low=0.753, high=0.941, method="wilson"),
        rank_correlation=None,
        tops=[TopOverlap(size=10, shared=8), TopOverlap(size=3, shared=2)],
        mean_absolute_difference=0.016,
        mean_difference=-0.004,
    )
    fields = {
        "candidate": candidate(task=task), "policy_version": 3, "last": last, "runs": [last], "pooled": None,
        "pairs": pairs, "bounds": [LevelBound(level=level, value=value) for level, value in bounds],
    }  # fmt: skip
    return ShadowReport(**(fields | changes))


def test_facts__figures_with_what_they_are_compared_with() -> None:
    shown = report().last
    assert shown is not None
    facts = {name: (value, note) for name, value, note in views.agreement_facts(shown, "classification")}
    assert facts["Même niveau"][0].startswith("87,5")
    assert "75,3" in facts["Même niveau"][1]
    assert facts["Corrélation de rang"][0] == "non définie"
    assert facts["10\u00a0premières"][0] == "8 sur 10"
    assert facts["Turbines en alerte"][0] == "2 sur 3"
    assert facts["Écart moyen"][0].startswith("1,6")
    assert "−0,4" in facts["Écart moyen"][1]


def test_words__who_since_when_why_and_what_was_left_out() -> None:
    said = views.since_words(candidate())
    assert "01/12/2024 à 10:00" in said
    assert "compte n°\u00a03" in said
    assert "moins d’alertes ?" in said
    shown = report().last
    assert shown is not None
    assert "2\u00a0turbines n’ont pas été notées" in views.compared_words(shown)
    assert views.failure_words(candidate()) == ""
    told = views.failure_words(candidate(failure="Fichier modifié.", failed_run=9))
    assert "n° 9" in told
    assert "n’en est pas touché" in told


def test_gaps__link_to_the_turbine_and_escape_its_name() -> None:
    frame = views.gaps_frame(report().pairs, "classification")
    assert frame["Turbine"][0] == "E*1"
    assert frame["En service"][0] == "<\u00a01\u202f% ○ Faible"
    assert frame["Candidat"][0] == "40\u202f% ■ Critique"
    days = views.gaps_frame(report("regression").pairs, "regression")
    assert (days["En service"][0], days["Candidat"][0]) == ("9\u00a0jours", "5\u00a0jours")
    assert days["Écart"][0] == "−4\u00a0jours"


def test_pooled__only_told_of_several_runs() -> None:
    one = PooledRuns(
        runs=1, rows=48, turbines=48, same_level=Figure(value=0.9), mean_absolute_difference=Figure(value=0.1)
    )
    assert views.pooled_words(report(pooled=one)) == ""
    several = one.model_copy(update={"runs": 5})
    said = views.pooled_words(report(pooled=several))
    assert "5\u00a0jours notés" in said
    assert "trop peu de turbines" in said


@pytest.mark.parametrize("better", ["left", "right", None])
def test_quality__says_what_the_interval_allows(better: str | None) -> None:
    difference = Figure(value=-0.002, low=-0.004, high=-0.001)
    pair = QualityPair.model_validate(
        {"key": "brier", "left": Figure(value=0.01), "right": Figure(value=0.008), "difference": difference,
         "better": better}
    )  # fmt: skip
    reference = ModelRef(name="risque", version=1, sha256="0" * 64)
    found = ModelComparison(
        task="classification", left=reference, right=reference, rows=900, turbines=50, failures=12,
        failure_events=12, left_out=3, policy_version=1, threshold=0.06, figures=[pair],
    )  # fmt: skip
    row = views.quality_frame(found).iloc[0]
    expected = {"left": "modèle en service", "right": "du candidat", None: "ne tranche pas"}[better]
    assert expected in row["Ce qu’on peut en dire"]
    assert row["Différence (intervalle à 95 %)"] == "−0,002 (de −0,004 à −0,001)"
    assert "12\u00a0pannes" in views.quality_words(found)


def test_scatter__levels_stand_where_they_begin_and_zero_is_not_lost() -> None:
    drawing = drawn.scatter(report(), figures.LIGHT)
    lines = {shape.y0 for shape in drawing.layout.shapes if shape.y0 == shape.y1}
    assert lines == {0.015, 0.06, 0.3}
    placed = {note.text: note.y for note in drawing.layout.annotations}
    assert [y for text, y in placed.items() if text.startswith("Critique")] == [
        pytest.approx(math.log10(0.3))
    ]
    same, apart = drawing.data
    assert (list(apart.x), list(apart.y)) == ([drawn.FLOOR], [0.4])
    assert same.marker.symbol != apart.marker.symbol
    assert "1 changeraient" in drawn.scatter_words(report())
    days = drawn.scatter(report("regression"), figures.DARK)
    assert days.layout.xaxis.type is None
    assert days.layout.annotations[0].y == 7.0
