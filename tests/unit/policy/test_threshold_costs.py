"""Thresholds and their cost, against plain counting and against the measured table."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.domain.models.evaluation import Unseen, evaluate_classification
from api.domain.models.threshold_costs import (
    CURVE_THRESHOLDS,
    Costs,
    Scores,
    threshold_curve,
    threshold_table,
)

COSTS = Costs(intervention=3_000.0, failure=50_000.0)


def rows(seed: int, count: int = 400) -> Unseen:
    """Unseen rows of 20 turbines, of which about one in ten precedes a failure."""
    generator = np.random.default_rng(seed)
    failed = (generator.random(count) < 0.1).astype(float)
    failed[:2] = (0.0, 1.0)
    shown = np.clip(0.3 * failed + generator.beta(1, 8, count), 0, 1).round(3)
    turbines = generator.integers(0, 20, count).astype(str)
    days = np.datetime64("2024-01-01") + generator.integers(0, 360, count)
    return Unseen(turbines, days, failed, shown)


def scores_of(unseen: Unseen) -> Scores:
    return Scores(unseen.turbines, unseen.truth, unseen.output)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.001, 0.999))
def test_cost__is_that_of_each_decision_counted_one_by_one(seed: int, threshold: float) -> None:
    unseen = rows(seed, 120)
    spent = 0.0
    for failed, shown in zip(unseen.truth, unseen.output, strict=True):
        if shown >= threshold:
            spent += 3_000
        elif failed:
            spent += 50_000
    row, cost = scores_of(unseen).at(threshold, COSTS, events=int(unseen.truth.sum()))
    assert cost.value == spent
    assert row.true_positives + row.false_negatives == unseen.truth.sum()
    assert row.true_negatives + row.false_positives == (unseen.truth == 0).sum()


@pytest.mark.parametrize("seed", [1, 2])
def test_table__gives_the_measured_rows_again_with_their_intervals(seed: int) -> None:
    unseen = rows(seed)
    quality = evaluate_classification(unseen)
    table = threshold_table(quality, scores_of(unseen), COSTS, chosen=0.0437)
    again = {each.row.threshold: each for each in table}
    for measured in quality.thresholds:
        found = again[measured.threshold].row
        assert (found.true_positives, found.false_positives) == (
            measured.true_positives,
            measured.false_positives,
        )
        for name in ("precision", "recall", "f1"):
            ours, theirs = getattr(found, name), getattr(measured, name)
            assert (ours.value, ours.low, ours.high) == pytest.approx((theirs.value, theirs.low, theirs.high))
    assert [each.row.threshold for each in table if each.chosen] == [0.0437]
    assert [each.row.threshold for each in table] == sorted(again, reverse=True)


def test_cost__interval_is_that_of_turbines_drawn_again() -> None:
    unseen = rows(5)
    _, cost = scores_of(unseen).at(0.1, COSTS, events=int(unseen.truth.sum()))
    each = np.where(unseen.output >= 0.1, 3_000.0, 50_000.0 * unseen.truth)
    names = np.unique(unseen.turbines)
    by_turbine = np.array([each[unseen.turbines == name].sum() for name in names])
    generator = np.random.default_rng(77)  # another draw than the product's
    drawn = by_turbine[generator.integers(0, len(names), (20_000, len(names)))].sum(axis=1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    assert (cost.low, cost.high) == pytest.approx((low, high), rel=0.05)
    assert cost.low < cost.value < cost.high


def test_table__of_a_version_without_kept_rows_has_costs_but_no_interval() -> None:
    quality = evaluate_classification(rows(3))
    table = threshold_table(quality, None, COSTS, chosen=0.06)
    assert [each.row.threshold for each in table if each.chosen] == [0.06]
    assert all(each.cost.low is None and each.cost.value == COSTS.of(each.row) for each in table)
    assert threshold_curve(quality, None, COSTS) == ()


def test_curve__alerts_only_fall_as_the_threshold_rises() -> None:
    unseen = rows(4)
    curve = threshold_curve(evaluate_classification(unseen), scores_of(unseen), COSTS)
    alerts = [each.row.true_positives + each.row.false_positives for each in curve]
    assert len(curve) == len(CURVE_THRESHOLDS)
    assert alerts == sorted(alerts, reverse=True)
