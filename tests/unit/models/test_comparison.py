"""Agreement of two models on identical rows: what must hold whatever they say."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from api.domain.models.comparison import compare_rows, levels_of, pool
from api.domain.models.evaluation import Unseen
from api.domain.models.paired import compare_classifiers, compare_regressors
from api.domain.policy.levels import assess
from api.domain.policy.risk_policy import RiskPolicy

POLICY = RiskPolicy()
TURBINES = [str(number) for number in range(1, 61)]


def outputs(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).beta(0.4, 4, len(TURBINES))


def test_same_model__agrees_on_everything() -> None:
    p = outputs(1)
    found = compare_rows(TURBINES, p, p.copy(), POLICY, "classification")
    assert (found.same_level.value, found.same_level.high) == (1.0, 1.0)
    assert found.rank_correlation == pytest.approx(1.0)
    assert all(top.shared == top.size for top in found.tops)
    assert (found.mean_absolute_difference, found.mean_difference) == (0, 0)


def test_swapped__signs_turn_and_agreement_stays() -> None:
    one, two = outputs(1), outputs(2)
    here = compare_rows(TURBINES, one, two, POLICY, "classification")
    there = compare_rows(TURBINES, two, one, POLICY, "classification")
    assert here.same_level == there.same_level
    assert here.rank_correlation == pytest.approx(there.rank_correlation)
    assert here.mean_difference == pytest.approx(-there.mean_difference)
    assert here.tops[0] == there.tops[0]
    assert [p.turbine for p in here.pairs] == [p.turbine for p in there.pairs]


def test_levels__are_the_policy_s_at_its_very_bounds() -> None:
    for bound in (POLICY.moderate_from, POLICY.threshold, POLICY.critical_from):
        for value in (bound, np.nextafter(bound, 0)):
            found = levels_of(np.array([value]), POLICY, "classification")
            assert found == [assess(POLICY, value).level.value]
    everywhere = np.random.default_rng(9).random(500) ** 3
    expected = [assess(POLICY, value).level.value for value in everywhere]
    assert levels_of(everywhere, POLICY, "classification") == expected
    assert levels_of(np.array([7.0, 7.0001]), POLICY, "regression") == ["imminente", "lointaine"]


def test_second_top__is_as_large_as_what_the_active_model_alarms() -> None:
    p = np.full(len(TURBINES), 0.001)
    p[:23] = 0.4
    reversed_top = p[::-1].copy()
    found = compare_rows(TURBINES, p, reversed_top, POLICY, "classification")
    assert [(top.size, top.shared) for top in found.tops] == [(10, 0), (23, 0)]
    quiet = compare_rows(TURBINES, np.zeros(60), reversed_top, POLICY, "classification")
    assert [top.size for top in quiet.tops] == [10]


def test_days__fewest_come_first() -> None:
    days = np.arange(1.0, 61.0)
    found = compare_rows(TURBINES, days, days[::-1].copy(), POLICY, "regression")
    assert [(top.size, top.shared) for top in found.tops] == [(10, 0), (7, 0)]
    assert found.rank_correlation == pytest.approx(-1.0)


def test_constant_model__has_no_rank_correlation() -> None:
    found = compare_rows(TURBINES, outputs(1), np.full(60, 0.2), POLICY, "classification")
    assert found.rank_correlation is None


def test_few_rows__and_none() -> None:
    found = compare_rows(["7"], np.array([0.1]), np.array([0.2]), POLICY, "classification")
    assert (found.rows, found.tops[0].size) == (1, 1)
    with pytest.raises(ValueError, match="same rows"):
        compare_rows([], np.zeros(0), np.zeros(0), POLICY, "classification")
    with pytest.raises(ValueError, match="same rows"):
        compare_rows(["1", "2"], np.zeros(2), np.zeros(3), POLICY, "classification")
    with pytest.raises(ValueError, match="at least one run"):
        pool([])


def test_pool__one_turbine_seen_often_is_not_much_evidence() -> None:
    """Ten runs of the same sixty turbines are less sure than six hundred turbines would be."""
    one, two = outputs(1), outputs(2)
    run = compare_rows(TURBINES, one, two, POLICY, "classification")
    pooled = pool([run] * 10)
    alone = pool([run])
    assert (pooled.rows, pooled.turbines) == (600, 60)
    assert pooled.same_level.low == pytest.approx(alone.same_level.low)
    assert pooled.same_level.high == pytest.approx(alone.same_level.high)


def unseen(output: np.ndarray, truth: np.ndarray) -> Unseen:
    groups = np.array([str(i % 20) for i in range(len(truth))])
    days = np.array([date(2024, 1, 1 + i % 28) for i in range(len(truth))], dtype="datetime64[D]")
    return Unseen(groups, days, truth, output)


@pytest.mark.slow
def test_paired__a_clearly_better_version_is_named_whichever_side_it_is_on() -> None:
    generator = np.random.default_rng(3)
    truth = (generator.random(800) < 0.2).astype(float)
    good = unseen(np.clip(0.05 + 0.6 * truth + generator.normal(0, 0.1, 800), 0, 1), truth)
    poor = unseen(generator.random(800), truth)
    found = {f.key: f for f in compare_classifiers(poor, good, POLICY).figures}
    turned = {f.key: f for f in compare_classifiers(good, poor, POLICY).figures}
    for key in ("roc_auc", "average_precision", "brier"):
        assert (found[key].better, turned[key].better) == ("right", "left")


def test_paired__the_same_version_is_never_better() -> None:
    truth = (np.random.default_rng(4).random(400) < 0.3).astype(float)
    side = unseen(np.random.default_rng(5).random(400), truth)
    for figure in compare_classifiers(side, side, POLICY).figures:
        assert (figure.difference.low, figure.difference.high, figure.better) == (0, 0, None)


def test_paired__difference_is_surer_than_the_two_intervals_suggest() -> None:
    generator = np.random.default_rng(6)
    truth = generator.uniform(1, 60, 600)
    hard = 10 * (np.arange(600) % 20)  # some turbines are hard for both
    one, two = (unseen(truth + hard + generator.normal(extra, 1, 600), truth) for extra in (0, 1))
    mae = compare_regressors(one, two).figures[0]
    assert mae.key == "mae"
    assert (mae.difference.high - mae.difference.low) < 0.2 * (mae.left.high - mae.left.low)
    assert mae.better == "left"


def test_paired__other_rows_or_a_single_outcome_are_refused() -> None:
    truth = np.zeros(50)
    with pytest.raises(ValueError, match="both failures"):
        compare_classifiers(unseen(truth, truth), unseen(truth, truth), POLICY)
    with pytest.raises(ValueError, match="same rows"):
        compare_regressors(unseen(truth, truth), unseen(truth, truth + 1))
