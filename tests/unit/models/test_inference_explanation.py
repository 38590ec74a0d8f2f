"""Shapley values: against a slow enumeration of orderings, and their defining properties."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from api.inference.explaining.explanation import MAX_FEATURES, ShapleyExplainer, spread_background

Predict = Callable[[np.ndarray], np.ndarray]


def crooked(rows: np.ndarray) -> np.ndarray:
    """An output with interactions and a step, as trees have."""
    step = np.where(rows[:, 0] > 0.5, rows[:, 1] * rows[:, 2], -rows[:, 1])
    return np.asarray(step + 0.3 * np.sin(rows.sum(axis=1)))


def by_orderings(predict: Predict, background: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Definition of the Shapley value: mean gain over every order in which features are revealed."""
    count = len(row)
    total = np.zeros(count)
    orders = list(permutations(range(count)))
    for order in orders:
        mixed = background.copy()
        before = predict(mixed).mean()
        for feature in order:
            mixed[:, feature] = row[feature]
            after = predict(mixed).mean()
            total[feature] += after - before
            before = after
    return total / len(orders)


@pytest.mark.parametrize("features", [3, 5])
def test_shapley__agrees_with_every_ordering(features: int) -> None:
    generator = np.random.default_rng(1)
    background = generator.random((9, features))
    background[:, -1] = generator.integers(0, 2, 9)  # a binary feature often equals the turbine's
    rows = generator.random((6, features))
    rows[:, -1] = generator.integers(0, 2, 6)
    base, contributions = ShapleyExplainer(crooked, background).explain(rows, crooked(rows))
    assert base == pytest.approx(crooked(background).mean(), abs=1e-15)
    for row, found in zip(rows, contributions, strict=True):
        assert found == pytest.approx(by_orderings(crooked, background, row), abs=1e-12)


# Few distinct values, so that features often coincide with the background's.
VALUES = st.sampled_from([0.0, 0.25, 1.0, 2.0])


@settings(max_examples=60, deadline=None)
@given(arrays(float, (4, 4), elements=VALUES), arrays(float, (5, 4), elements=VALUES))
def test_shapley__contributions_sum_to_output_minus_base(rows: np.ndarray, background: np.ndarray) -> None:
    outputs = crooked(rows)
    base, contributions = ShapleyExplainer(crooked, background).explain(rows, outputs)
    assert contributions.sum(axis=1) == pytest.approx(outputs - base, abs=1e-9)


def test_shapley__feature_without_effect_contributes_nothing() -> None:
    generator = np.random.default_rng(2)
    rows, background = generator.random((5, 4)), generator.random((8, 4))
    explained = ShapleyExplainer(crooked_without_last, background).explain(rows, crooked_without_last(rows))
    assert np.abs(explained.contributions[:, 3]).max() < 1e-15


def crooked_without_last(rows: np.ndarray) -> np.ndarray:
    return crooked(rows[:, :3])


def test_shapley__linear_output_gives_weight_times_distance_to_the_mean() -> None:
    weights = np.array([2.0, -1.0, 0.5])
    generator = np.random.default_rng(3)
    rows, background = generator.random((4, 3)), generator.random((10, 3))
    explained = ShapleyExplainer(lambda x: x @ weights, background).explain(rows, rows @ weights)
    assert explained.contributions == pytest.approx(weights * (rows - background.mean(axis=0)), abs=1e-12)


def test_shapley__distinct_rows_are_predicted_once_in_one_call() -> None:
    calls: list[np.ndarray] = []

    def counted(rows: np.ndarray) -> np.ndarray:
        calls.append(rows)
        return crooked(rows)

    generator = np.random.default_rng(4)
    background, rows = generator.random((6, 4)), generator.random((3, 4))
    background[:, 3], rows[:, 3] = 1.0, 1.0
    explainer = ShapleyExplainer(counted, background)
    calls.clear()
    explainer.explain(rows, crooked(rows))
    # Three features differ: of their 8 coalitions the empty and the full one are known already.
    assert [len(given) for given in calls] == [3 * 6 * 6]
    assert len(np.unique(calls[0], axis=0)) == len(calls[0])


def test_shapley__many_rows_are_explained_as_few_are() -> None:
    generator = np.random.default_rng(5)
    background, rows = generator.random((40, 5)), generator.random((700, 5))
    explainer = ShapleyExplainer(crooked, background)
    together = explainer.explain(rows, crooked(rows)).contributions
    alone = explainer.explain(rows[-3:], crooked(rows[-3:])).contributions
    assert together[-3:] == pytest.approx(alone, abs=1e-15)


def test_shapley__no_row_no_contribution() -> None:
    explained = ShapleyExplainer(crooked, np.ones((2, 3))).explain(np.zeros((0, 3)), np.zeros(0))
    assert explained.contributions.shape == (0, 3)


@pytest.mark.parametrize("shape", [(0, 3), (4, MAX_FEATURES + 1)])
def test_shapley__without_background_or_with_too_many_features_is_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="background"):
        ShapleyExplainer(lambda x: x.sum(axis=1), np.zeros(shape))


def test_background__spread_over_the_outputs_whatever_the_order_of_the_file() -> None:
    generator = np.random.default_rng(6)
    rows = generator.random((500, 3))
    outputs = np.round(rows[:, 0], 1)  # many ties
    chosen = spread_background(rows, outputs, 20)
    shuffled = generator.permutation(500)
    assert (chosen == spread_background(rows[shuffled], outputs[shuffled], 20)).all()
    assert {tuple(row) for row in chosen} <= {tuple(row) for row in rows}
    # Each twentieth of the outputs gives one row.
    assert np.abs(np.quantile(np.round(chosen[:, 0], 1), [0.25, 0.5, 0.75]) - [0.25, 0.5, 0.75]).max() <= 0.1


def test_background__few_rows_are_all_kept() -> None:
    rows = np.random.default_rng(7).random((5, 2))
    assert sorted(map(tuple, spread_background(rows, rows[:, 0], 20))) == sorted(map(tuple, rows))
