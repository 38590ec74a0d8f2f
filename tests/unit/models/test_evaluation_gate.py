"""The quality gate judges bounds of intervals, never point figures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from api.domain.models.evaluation import Unseen, evaluate_regression
from api.domain.models.gate import judge
from api.domain.models.quality import ClassificationQuality, DaysError, RegressionQuality
from api.domain.models.statistics import Estimate

CLASSIFIER = ClassificationQuality(
    rows=900,
    turbines=50,
    failures=12,
    failure_events=12,
    prevalence=0.0133,
    roc_auc=Estimate(0.9, 0.8, 0.95, "bootstrap_turbine"),
    average_precision=Estimate(0.5, 0.2, 0.8, "bootstrap_turbine"),
    brier=Estimate(0.01, 0.005, 0.02, "bootstrap_turbine"),
    thresholds=(),
)
NEAR = DaysError(
    40,
    30,
    Estimate(4.6, 3.7, 5.6, "bootstrap_turbine"),
    Estimate(3.7, 2.5, 5.1, "bootstrap_turbine"),
    26.9,
    mae_of_constant=26.0,
    skill=Estimate(0.82, 0.78, 0.86, "bootstrap_turbine"),
)
REGRESSOR = RegressionQuality(
    rows=900,
    turbines=50,
    overall=replace(
        NEAR, mae=Estimate(3.4, 3.2, 3.6, "bootstrap_turbine"), mae_of_median=8.9, mae_of_constant=8.8
    ),
    rmse=Estimate(4.3),
    r2=Estimate(0.85),
    training_median=35.3,
    short_horizon_days=14.0,
    short_horizon=NEAR,
)


def test_gate__both_lower_bounds_above_passes() -> None:
    gate = judge(CLASSIFIER)
    assert gate.passed
    assert gate.may_raise
    assert len(gate.reasons) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"roc_auc": Estimate(0.9, 0.5, 0.95)},  # the bound itself is not above
        {"roc_auc": Estimate(0.9, 0.49, 0.95)},
        {"average_precision": Estimate(0.5, 0.0133, 0.8)},
        {"average_precision": Estimate(0.9, 0.01, 0.95)},
        {"roc_auc": Estimate(0.99)},  # excellent, but too few failures for an interval
        {"average_precision": Estimate(0.99)},
    ],
)
def test_gate__one_lower_bound_short_fails_whatever_the_point_figure(change: dict[str, Any]) -> None:
    gate = judge(replace(CLASSIFIER, **change))
    assert not gate.passed
    assert not gate.may_raise


def test_gate__regressor_beating_the_median_everywhere_may_raise() -> None:
    gate = judge(REGRESSOR)
    assert (gate.passed, gate.may_raise) == (True, True)


def test_gate__regressor_good_overall_but_not_near_the_failure_passes_without_raising() -> None:
    poor = replace(NEAR, skill=Estimate(0.2, -0.1, 0.4))
    gate = judge(replace(REGRESSOR, short_horizon=poor))
    assert (gate.passed, gate.may_raise) == (True, False)
    assert "ne peut donc pas relever" in gate.reasons[1]


@pytest.mark.parametrize(
    "skill", [Estimate(0.1, 0.0, 0.2), Estimate(0.1, -0.01, 0.2), Estimate(0.9), Estimate(None)]
)
def test_gate__regressor_no_better_than_a_constant_fails(skill: Estimate) -> None:
    gate = judge(replace(REGRESSOR, overall=replace(REGRESSOR.overall, skill=skill)))
    assert (gate.passed, gate.may_raise) == (False, False)


@pytest.mark.parametrize("quality", [replace(REGRESSOR, constant=35.3), replace(CLASSIFIER, constant=0.0133)])
def test_gate__a_constant_is_refused_by_name(quality: RegressionQuality | ClassificationQuality) -> None:
    gate = judge(quality)
    assert (gate.passed, gate.may_raise, len(gate.reasons)) == (False, False, 1)
    assert "Réponse constante" in gate.reasons[0]


@pytest.mark.parametrize("answer", [10.0, 30.0, 45.0, 65.0, -3.0])
def test_gate__no_constant_passes_however_stale_the_median_at_the_cut(answer: float) -> None:
    """The label drifted: a constant near today's median beats the median known at the cut."""
    generator = np.random.default_rng(1)
    truth = generator.uniform(1, 60, 600)
    names = np.array([f"T{i}" for i in generator.integers(0, 30, 600)])
    days = np.full(600, np.datetime64("2024-10-01"))
    barely = answer + generator.normal(0, 1e-3, 600)  # nearly constant: no name, and no skill either
    for output in (np.full(600, answer), barely):
        assert not judge(evaluate_regression(Unseen(names, days, truth, output), 300.0)).passed


def test_gate__no_row_near_the_failure_cannot_raise() -> None:
    nothing = DaysError(0, 0, Estimate(None), Estimate(None), None)
    gate = judge(replace(REGRESSOR, short_horizon=nothing))
    assert (gate.passed, gate.may_raise) == (True, False)


def test_gate__not_measured_does_not_pass_and_says_what_to_do() -> None:
    gate = judge(None)
    assert not gate.passed
    assert "--split" in gate.reasons[0]
