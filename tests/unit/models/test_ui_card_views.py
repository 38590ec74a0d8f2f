"""The rest of a model's card in tables and figures: costs, calibration, coverage, history."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from api.domain.models.conformal import conformal_table
from api.domain.models.evaluation import evaluate_classification, evaluate_regression
from api.domain.models.threshold_costs import (
    CURVE_THRESHOLDS,
    Costs,
    Scores,
    threshold_curve,
    threshold_table,
)
from api.schemas import french
from api.schemas.model_card import Decision
from tests.support.words import plain
from tests.unit.models.test_ui_model_views import card, unseen
from ui.models import card_views as views
from ui.models import figures
from ui.policy import figures as policy_figures
from ui.shared.figures import DARK, LIGHT

COSTS = Costs(3_000.0, 50_000.0)
TRUTH = np.array([1.0] * 20 + [0.0] * 80)
OUTPUT = np.array([0.9] * 10 + [0.2] * 10 + [0.7] * 5 + [0.01] * 75)


def decision(kept: bool = True) -> Decision:
    """20 failures; at 6 %, all are announced with 5 false alerts."""
    rows = unseen(TRUTH, OUTPUT)
    quality = evaluate_classification(rows)
    scores = Scores(rows.turbines, rows.truth, rows.output) if kept else None
    table = threshold_table(quality, scores, COSTS, 0.06)
    curve = threshold_curve(quality, scores, COSTS, CURVE_THRESHOLDS)

    def told(each: Any) -> dict[str, Any]:
        return {**asdict(each.row), "cost_eur": asdict(each.cost), "chosen": each.chosen}

    return Decision.model_validate(
        {
            "policy_version": 3,
            "threshold": 0.06,
            "cost_intervention_eur": 3_000,
            "cost_failure_eur": 50_000,
            "never_eur": 1_000_000,
            "always_eur": 300_000,
            "table": [told(each) for each in table],
            "curve": [told(each) for each in curve],
        }
    )


def test_decision__counts_and_euros_of_each_threshold() -> None:
    frame = views.decision_frame(decision()).set_index("Seuil")
    here = frame.loc["► " + french.share(0.06)]
    assert (here["Pannes annoncées"], here["Pannes manquées"], here["Fausses alertes"]) == (20, 0, 5)
    assert here["Coût"] == french.euros(25 * 3_000)
    half = frame.loc[french.share(0.5)]
    assert (half["Pannes manquées"], half["Coût"]) == (10, french.euros(15 * 3_000 + 10 * 50_000))
    assert half["Coût, à 95 %"].startswith("de ")
    assert sum(name.startswith("►") for name in frame.index) == 1
    said = views.decision_words(decision())
    assert french.euros(1_000_000) in said
    assert french.euros(300_000) in said


def test_decision__without_kept_rows_has_no_interval_and_no_curve() -> None:
    frame = views.decision_frame(decision(kept=False))
    assert set(frame["Coût, à 95 %"]) == {french.NOTHING}
    assert decision(kept=False).curve == []


def test_confusion__is_that_of_the_policy_threshold() -> None:
    told = views.confusion_frame(decision()).set_index("Ce qui est arrivé")
    assert list(told.loc["Panne"]) == ["20", "0"]
    assert list(told.loc["Pas de panne"]) == ["5", "75"]


def test_calibration__raw_and_each_trial_with_its_gap() -> None:
    trial = {"method": "platt", "brier": 0.009, "change": {"value": 0.0004, "low": -0.0001, "high": 0.0008}}
    frame = views.calibration_frame(card(raw_brier=0.0086, calibration_trials=[trial]))
    assert frame["Score de Brier"].tolist() == ["0,0086", "0,0090"]
    assert frame.iloc[1, 2] == "0,0004 (−0,0001 à 0,0008)"
    assert views.calibration_frame(card()).empty


def test_coverage_and_errors__by_predicted_and_true_horizon() -> None:
    generator = np.random.default_rng(2)
    truth = generator.uniform(1, 60, 600)
    rows = unseen(truth, truth + generator.normal(0, 3, 600))
    table = conformal_table(rows.output, truth, rows.turbines)
    assert table is not None
    frame = views.coverage_frame(asdict(table))
    assert len(frame) == len(table.groups) + len(table.by_true_horizon)
    first = table.by_true_horizon[0]
    row = frame[frame["Lignes où"].str.startswith("il restait")].iloc[0]
    assert row["Couverture (95 %)"].startswith(french.share(first.coverage.value))
    assert row["Verdict"].startswith("✓" if first.reached else "✕")
    measured = asdict(evaluate_regression(rows, 30.0))
    errors = views.days_frame(measured)
    assert errors["Lignes"].map(int).sum() == 600
    assert plain(errors["Il restait"].iloc[0]) == "0 à 7 jours"


def test_history_and_checks__in_words() -> None:
    change = {"name": "risque", "version": 1, "activated_by": "compte:3", "reason": "essai"}
    told = views.history_frame(
        card(
            activations=[
                {**change, "activated_at": "2024-12-02T05:00:00Z", "admitted_by": "compte:4"},
                {
                    **change,
                    "activated_at": "2024-12-01T05:00:00Z",
                    "replaced_at": "2024-12-02T05:00:00Z",
                },
            ]
        )
    )
    assert told["Au"].tolist() == ["en service", "02/12/2024 à 06:00"]
    assert told["Admis sans contrôle"].tolist() == [f"compte n°{french.NBSP}4", "non"]
    runtime = {"engine": "onnx", "reason": "Compilé.", "largest_difference": 2e-15, "rows_compared": 103_000}
    golden = {"written_by": "1.5.0", "rows": 60, "largest_difference": 0.0}
    said = " ".join(views.check_words(card(runtime=runtime, golden=golden, explained="exacte")))
    assert "2,0 × 10⁻¹⁵" in plain(said)
    assert "1.5.0" in said
    assert "Facteurs exacts" in said


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_figures__show_the_card_s_own_points_with_their_intervals(colours: Any) -> None:
    shown = decision()
    cost = policy_figures.cost_curve(shown, colours)
    line = cost.data[-1]
    assert list(line.y) == [each.cost_eur.value for each in shown.curve]
    band = cost.data[0]
    assert max(band.y) == max(each.cost_eur.high or 0 for each in shown.curve)
    assert cost.layout.annotations[0].x == pytest.approx(math.log10(0.06))
    ranked = figures.precision_recall(shown, colours)
    here = policy_figures.chosen_of(shown)
    assert here is not None
    assert (ranked.data[-1].x[0], ranked.data[-1].y[0]) == (here.recall.value, here.precision.value)
    bins = asdict(evaluate_classification(unseen(TRUTH, OUTPUT)))["reliability"]
    points = figures.reliability(bins, colours).data[-1]
    for each, y, up, down in zip(
        bins, points.y, points.error_y.array, points.error_y.arrayminus, strict=True
    ):
        assert y == each["failures"] / each["rows"]
        assert (y + up, y - down) == pytest.approx((each["observed"]["high"], each["observed"]["low"]))
