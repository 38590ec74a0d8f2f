"""Measured quality: against scikit-learn, closed forms and properties."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss, r2_score, roc_auc_score

from api.domain.models.evaluation import Unseen, evaluate_classification, evaluate_regression, failure_events
from api.domain.models.statistics import MIN_GROUPS, GroupBootstrap, GroupedRanking, wilson

pytestmark = pytest.mark.slow  # loads scikit-learn

DAY = np.datetime64("2024-03-01")


def park(rows: int, seed: int = 1, turbines: int = 20, share: float = 0.1) -> Unseen:
    """Rows whose score really carries the outcome, rounded so that scores tie."""
    generator = np.random.default_rng(seed)
    truth = (generator.random(rows) < share).astype(float)
    output = np.round(np.clip(0.3 * truth + generator.normal(0.3, 0.15, rows), 0, 1), 2).astype(np.float64)
    names = np.array([f"T{i}" for i in generator.integers(0, turbines, rows)])
    return Unseen(names, DAY + generator.integers(0, 300, rows), truth, output)


@given(st.integers(0, 400), st.integers(0, 400))
def test_wilson__bounds_hold_the_share_and_mirror(successes: int, failures: int) -> None:
    trials = successes + failures
    estimate = wilson(successes, trials)
    if trials == 0:
        assert estimate.value is None
        return
    assert 0 <= estimate.low <= estimate.value + 1e-12
    assert estimate.value - 1e-12 <= estimate.high <= 1
    mirrored = wilson(failures, trials)
    assert estimate.low == pytest.approx(1 - mirrored.high, abs=1e-12)


def test_wilson__published_value() -> None:
    # R. G. Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263, score interval 0.2553 to 0.3662.
    estimate = wilson(81, 263)
    assert (round(estimate.low, 4), round(estimate.high, 4)) == (0.2553, 0.3662)


@pytest.mark.parametrize("decimals", [1, 2, 6])
def test_ranking__equals_scikit_learn_under_any_draw_of_turbines_ties_included(decimals: int) -> None:
    generator = np.random.default_rng(2)
    truth = (generator.random(300) < 0.15).astype(float)
    score = np.round(np.clip(0.3 * truth + generator.random(300) * 0.8, 0, 1), decimals).astype(np.float64)
    group = np.arange(300) % 13
    draws = generator.multinomial(13, np.full(13, 1 / 13), size=25).astype(float)
    ranking = GroupedRanking(truth, score, group)
    for row, auc, precision in zip(
        draws[:, group], ranking.roc_auc(draws), ranking.average_precision(draws), strict=True
    ):
        assert auc == pytest.approx(roc_auc_score(truth, score, sample_weight=row), abs=1e-12)
        expected = average_precision_score(truth, score, sample_weight=row)
        assert precision == pytest.approx(expected, abs=1e-12)


def test_ranking__no_failure_drawn_is_undefined() -> None:
    ranking = GroupedRanking(np.array([1.0, 0.0, 0.0]), np.array([0.9, 0.2, 0.1]), np.arange(3))
    draws = np.array([[0.0, 1.0, 2.0]])
    assert np.isnan(ranking.roc_auc(draws)[0])
    assert np.isnan(ranking.average_precision(draws)[0])


def test_bootstrap__draws_as_many_turbines_as_there_are_and_sums_their_rows() -> None:
    bootstrap = GroupBootstrap(np.array(["b", "a", "c", "a", "e", "d"]), replicates=250)
    assert bootstrap.sums(np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0])).tolist() == [10, 1, 4, 32, 16]
    seen: list[np.ndarray] = []

    def first_turbine(draws: np.ndarray) -> np.ndarray:
        seen.append(draws)
        return draws[:, 0]

    bootstrap.interval(first_turbine)
    whole, *drawn = (row for draws in seen for row in draws)
    assert (whole == 1).all()
    assert len(drawn) == 250
    assert {row.sum() for row in drawn} == {5}
    assert len({tuple(row) for row in drawn}) > 50


def test_bootstrap__by_turbine_is_wider_than_by_row_where_turbines_differ() -> None:
    generator = np.random.default_rng(3)
    turbines = np.repeat(np.arange(20), 50)
    values = np.repeat(generator.normal(0, 1, 20), 50) + generator.normal(0, 0.1, 1000)
    widths = []
    for groups in (turbines, np.arange(1000)):
        estimate = GroupBootstrap(groups).mean(values)
        widths.append(estimate.high - estimate.low)
    assert widths[0] > 4 * widths[1]


@pytest.mark.slow
def test_bootstrap__covers_the_mean_about_nineteen_times_in_twenty() -> None:
    generator = np.random.default_rng(4)
    covered = 0
    for seed in range(200):
        values = np.repeat(generator.normal(5, 1, 30), 4)
        bootstrap = GroupBootstrap(np.repeat(np.arange(30), 4), replicates=400, seed=seed)
        estimate = bootstrap.mean(values)
        covered += estimate.low <= 5 <= estimate.high
    # A percentile bootstrap of 30 groups covers slightly less than promised.
    assert 178 <= covered <= 198


def test_bootstrap__too_few_turbines_gives_no_interval() -> None:
    values = np.arange(40.0)
    estimate = GroupBootstrap(np.repeat(np.arange(MIN_GROUPS - 1), 10)).mean(values)
    assert (estimate.value, estimate.low, estimate.method) == (values.mean(), None, "aucun")


@pytest.mark.parametrize(
    ("days", "turbines", "expected"),
    [
        ([0, 1, 2, 6], ["5"] * 4, 1),  # one failure announced four times
        ([0, 7], ["5", "5"], 1),
        ([0, 8], ["5", "5"], 2),
        ([0, 6, 12, 18], ["5"] * 4, 1),  # rows that chain are never counted twice
        ([0, 0], ["5", "6"], 2),
        ([], [], 0),
    ],
)
def test_failure_events__rows_within_the_horizon_are_one(
    days: list[int], turbines: list[str], expected: int
) -> None:
    when = DAY + np.array(days, dtype="timedelta64[D]")
    assert failure_events(np.array(turbines, dtype=np.str_), when, np.ones(len(days))) == expected


def test_classification__counts_and_figures_against_plain_python() -> None:
    unseen = park(500)
    quality = evaluate_classification(unseen)
    assert quality.roc_auc.value == pytest.approx(roc_auc_score(unseen.truth, unseen.output), abs=1e-12)
    assert quality.average_precision.value == pytest.approx(
        average_precision_score(unseen.truth, unseen.output), abs=1e-12
    )
    assert quality.brier.value == pytest.approx(brier_score_loss(unseen.truth, unseen.output), abs=1e-12)
    for row in quality.thresholds:
        pairs = [(t > 0, o >= row.threshold) for t, o in zip(unseen.truth, unseen.output, strict=True)]
        assert row.true_positives == pairs.count((True, True))
        assert row.false_positives == pairs.count((False, True))
        assert row.false_negatives == pairs.count((True, False))
        assert row.true_negatives == pairs.count((False, False))
        for estimate in (row.precision, row.recall, row.f1):
            if estimate.low is not None:
                assert estimate.low <= estimate.value <= estimate.high


def test_classification__alert_is_raised_at_the_threshold_itself() -> None:
    unseen = Unseen(
        np.array(list("abcdefgh")), np.full(8, DAY), np.array([1.0, 0, 0, 0, 0, 0, 1, 0]), np.full(8, 0.5)
    )
    half = evaluate_classification(unseen).thresholds[0]
    assert (half.threshold, half.true_positives, half.false_positives) == (0.5, 2, 6)


@pytest.mark.slow
def test_classification__wilson_only_where_each_failure_row_is_its_own_event() -> None:
    apart = park(400, share=0.05, turbines=40)
    alone = Unseen(np.array([f"T{i % 40}-{i}" for i in range(400)]), apart.days, apart.truth, apart.output)
    assert evaluate_classification(alone).thresholds[0].recall.method == "wilson"
    together = Unseen(apart.turbines, np.full(400, DAY), apart.truth, apart.output)
    assert evaluate_classification(together).thresholds[0].recall.method == "bootstrap_turbine"


def test_classification__few_failure_events_gives_no_interval_for_the_ranking() -> None:
    unseen = park(400, share=0.0)
    truth = unseen.truth.copy()
    truth[:2] = 1
    quality = evaluate_classification(Unseen(unseen.turbines, unseen.days, truth, unseen.output))
    assert quality.failure_events <= 2
    assert quality.roc_auc.low is None


@pytest.mark.parametrize("truth", [np.zeros(10), np.ones(10), np.zeros(0)])
def test_classification__one_outcome_only_cannot_be_measured(truth: np.ndarray) -> None:
    size = len(truth)
    with pytest.raises(ValueError, match="failures"):
        evaluate_classification(
            Unseen(np.array(["a"] * size, dtype=np.str_), np.full(size, DAY), truth, np.full(size, 0.1))
        )


def test_classification__same_rows_same_intervals() -> None:
    assert evaluate_classification(park(300)) == evaluate_classification(park(300))


def days_left(rows: int = 300) -> Unseen:
    generator = np.random.default_rng(5)
    truth = np.round(generator.uniform(1, 65, rows))  # several rows at 14 days exactly
    names = np.array([f"T{i}" for i in generator.integers(0, 20, rows)])
    output = np.maximum(truth + generator.normal(1, 3, rows), 0.0)
    return Unseen(names, np.full(rows, DAY), truth, output)


def test_regression__figures_against_plain_python() -> None:
    unseen = days_left()
    quality = evaluate_regression(unseen, training_median=30.0)
    errors = [o - t for t, o in zip(unseen.truth, unseen.output, strict=True)]
    assert quality.overall.mae.value == pytest.approx(sum(map(abs, errors)) / len(errors))
    assert quality.overall.bias.value == pytest.approx(sum(errors) / len(errors))
    assert quality.rmse.value == pytest.approx((sum(e * e for e in errors) / len(errors)) ** 0.5)
    assert quality.r2.value == pytest.approx(r2_score(unseen.truth, unseen.output))
    assert quality.r2.low < quality.r2.value < quality.r2.high
    near = [(t, o) for t, o in zip(unseen.truth, unseen.output, strict=True) if t <= 14]
    assert quality.short_horizon.rows == len(near)
    assert quality.short_horizon.bias.value == pytest.approx(sum(o - t for t, o in near) / len(near))
    assert quality.short_horizon.mae_of_median == pytest.approx(sum(30 - t for t, _ in near) / len(near))


@pytest.mark.parametrize("median", [5.0, 30.0, 33.0, 64.0, 300.0])
def test_regression__skill_is_against_the_harder_constant(median: float) -> None:
    unseen = days_left()
    quality = evaluate_regression(unseen, training_median=median)
    truth = unseen.truth
    harder = min(np.abs(truth - median).mean(), np.abs(truth - np.median(truth)).mean())
    mae = np.abs(unseen.output - truth).mean()
    assert quality.overall.skill.value == pytest.approx(1 - mae / harder)
    assert quality.overall.skill.low < quality.overall.skill.value < quality.overall.skill.high


def test_regression__an_answer_below_zero_counts_as_zero_and_is_counted() -> None:
    unseen = days_left()
    lower = replace(unseen, output=unseen.output - 20)
    quality = evaluate_regression(lower, training_median=30.0)
    assert quality.negative == int((lower.output < 0).sum()) > 0
    shown = np.maximum(lower.output, 0)
    assert quality.overall.mae.value == pytest.approx(np.abs(shown - unseen.truth).mean())


def test_regression__nothing_near_the_failure_is_said() -> None:
    unseen = days_left()
    far = unseen.truth > 14
    quality = evaluate_regression(
        Unseen(unseen.turbines[far], unseen.days[far], unseen.truth[far], unseen.output[far]), 30.0
    )
    assert (quality.short_horizon.rows, quality.short_horizon.mae.value) == (0, None)
