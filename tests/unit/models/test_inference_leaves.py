"""Explanations from the leaves of trees: the same as enumerating coalitions through the model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)

from api.inference.explaining.explanation import ShapleyExplainer
from api.inference.explaining.leaves import LeafExplainer, Leaves
from api.inference.importing.child.trees import leaves_of, tree_sum
from api.inference.serving.loaded import explainer_of

pytestmark = pytest.mark.slow

GENERATOR = np.random.default_rng(6)
ROWS = np.round(GENERATOR.random((300, 4)), 2)
ROWS[:, 3] = GENERATOR.integers(0, 2, 300)
DAYS = 40 * ROWS[:, 0] * ROWS[:, 1] - 10 * ROWS[:, 3] + GENERATOR.normal(0, 2, 300)
BACKGROUND = ROWS[:20]


def thresholds_too(leaves: Leaves) -> np.ndarray:
    """Rows of the sample, then rows that lie exactly on sides of boxes."""
    on = ROWS[100:160].copy()
    for feature in range(4):
        sides = leaves.upper[feature][np.isfinite(leaves.upper[feature])]
        if len(sides):
            on[:, feature] = GENERATOR.choice(sides, 60)
    return np.vstack([ROWS[:60], on])


@pytest.mark.parametrize(
    "template",
    [
        RandomForestClassifier(12, random_state=0),
        GradientBoostingRegressor(n_estimators=15),
        HistGradientBoostingRegressor(max_iter=10),
    ],
    ids=lambda m: type(m).__name__,
)
def test_leaves__explain_as_enumeration_does(template: Any) -> None:
    classifier = isinstance(template, RandomForestClassifier)
    fitted = template.fit(ROWS, DAYS > 5 if classifier else DAYS)

    def predict(rows: np.ndarray) -> np.ndarray:
        return np.asarray(fitted.predict_proba(rows)[:, 1] if classifier else fitted.predict(rows))

    leaves = Leaves.from_bytes(leaves_of(tree_sum(fitted, 1 if classifier else None)).to_bytes())
    rows = thresholds_too(leaves)
    explainer = explainer_of(predict, BACKGROUND, leaves)
    assert isinstance(explainer, LeafExplainer)
    found = explainer.explain(rows, predict(rows))
    expected = ShapleyExplainer(predict, BACKGROUND).explain(rows, predict(rows))
    assert found.base == pytest.approx(expected.base, abs=1e-9)
    assert found.contributions == pytest.approx(expected.contributions, abs=1e-9)
    assert found.contributions.sum(axis=1) == pytest.approx(predict(rows) - found.base, abs=1e-9)


def test_leaves__of_a_probability_that_is_not_the_sum_itself_are_not_used() -> None:
    fitted = GradientBoostingClassifier(n_estimators=3).fit(ROWS, DAYS > 5)
    assert leaves_of(tree_sum(fitted, 1)) is None


def test_leaves__are_stored_as_the_same_bytes_and_other_arrays_are_refused() -> None:
    fitted = RandomForestClassifier(3, random_state=0).fit(ROWS, DAYS > 5)
    data = leaves_of(tree_sum(fitted, 1)).to_bytes()
    assert Leaves.from_bytes(data).to_bytes() == data
    short = Leaves(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(3), 0.0, True).to_bytes()
    with pytest.raises(ValueError, match="leaves"):
        Leaves.from_bytes(short)
