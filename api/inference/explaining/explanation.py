"""Exact Shapley values of a prediction, by enumeration of every coalition of features.

The value of a coalition is the mean output over stored background rows when the coalition's features take the
turbine's values and the others keep the background's: the interventional game (S. Lundberg, S.-I. Lee, *A
Unified Approach to Interpreting Model Predictions*, NeurIPS 2017; D. Janzing et al., AISTATS 2020).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# 2^12 coalitions × 48 background rows is what one call to a forest bears in a fraction of a second.
MAX_FEATURES = 12
BACKGROUND_ROWS = 48
# Turbine × background × coalition cells treated at once: bounds the memory, and the length of one model call.
_CELLS_PER_CALL = 262_144


class Explanation(NamedTuple):
    """Contributions in the unit of the model's output.

    ``contributions.sum(axis=1)`` is the raw output minus ``base``.
    """

    base: float
    contributions: Floats


class Explainer(Protocol):
    """Explains the outputs of one model."""

    def explain(self, features: Floats, outputs: Floats) -> Explanation:
        """Return the Shapley values of (n, k) rows, whose (n,) outputs the caller knows already."""


def coalitions_of(features: int) -> NDArray[np.bool_]:
    """Return the (2^k, k) members of each coalition: bit i of its number tells whether feature i is in it."""
    return (np.arange(1 << features)[:, None] & (1 << np.arange(features))) > 0


class ShapleyExplainer:
    """Explains the outputs of one model against its background.

    Args:
        predict: (n, k) features to (n,) outputs.
        background: (m, k) rows that stand for the park that the model learnt from.

    Raises:
        ValueError: more than :data:`MAX_FEATURES` features, or no background row.
    """

    def __init__(self, predict: Callable[[Floats], Floats], background: Floats) -> None:
        rows, features = background.shape
        if features > MAX_FEATURES or rows == 0:
            raise ValueError(f"exact enumeration needs background rows and at most {MAX_FEATURES} features")
        self._predict = predict
        self._background = background
        self._outputs = predict(background)
        self._bits = 1 << np.arange(features)
        self._coalitions = np.arange(1 << features)
        self._members = coalitions_of(features)
        self._shares = shapley_shares(self._members)

    def explain(self, features: Floats, outputs: Floats) -> Explanation:
        """Return the Shapley values of each row.

        Args:
            features: (n, k) rows to explain.
            outputs: (n,) the model's outputs on them, already known to the caller.

        Returns:
            The mean output over the background, and (n, k) contributions.
        """
        step = max(1, _CELLS_PER_CALL // (len(self._coalitions) * len(self._background)))
        contributions = [
            self._values(features[start : start + step], outputs[start : start + step]) @ self._shares
            for start in range(0, len(features), step)
        ]
        empty = np.zeros((0, len(self._bits)))
        return Explanation(float(self._outputs.mean()), np.concatenate([empty, *contributions]))

    def _values(self, features: Floats, outputs: Floats) -> Floats:
        """Return the (n, 2^k) value of each coalition.

        Where a turbine and a background row share a feature's value, joining the coalition changes nothing:
        coalitions are reduced to the features that differ, and each distinct mixed row is predicted once. The
        empty coalition is the background row and the full one the turbine's row: both outputs are known
        already.
        """
        differs = ((features[:, None, :] != self._background) * self._bits).sum(axis=2)
        reduced = differs[:, :, None] & self._coalitions
        values = np.empty(reduced.shape)
        distinct = (reduced == self._coalitions) & (reduced > 0) & (reduced < differs[:, :, None])
        row, other, coalition = np.nonzero(distinct)
        if len(row):
            mixed = np.where(self._members[coalition], features[row], self._background[other])
            values[row, other, coalition] = self._predict(mixed)
        rows, others = np.indices(differs.shape)
        values[rows, others, differs] = outputs[:, None]
        values[:, :, 0] = self._outputs
        # Last, so that a row equal to a background row keeps that row's own output.
        result: Floats = np.take_along_axis(values, reduced, axis=2).mean(axis=1)
        return result


def shapley_shares(members: NDArray[np.bool_]) -> Floats:
    """Return the (2^k, k) matrix that turns coalition values into Shapley values.

    A coalition of size s counts (s−1)! (k−s)! / k! for its members and −s! (k−s−1)! / k! for the others
    (L. S. Shapley, 1953).
    """
    count = members.shape[1]
    sizes = members.sum(axis=1)
    joined = [0.0, *(1 / (count * math.comb(count - 1, s - 1)) for s in range(1, count + 1))]
    apart = [*(1 / (count * math.comb(count - 1, s)) for s in range(count)), 0.0]
    return np.where(members, np.array(joined)[sizes, None], -np.array(apart)[sizes, None])


def spread_background(features: Floats, outputs: Floats, count: int = BACKGROUND_ROWS) -> Floats:
    """Return rows at equal steps through the rows sorted by output: few, yet as spread as the whole.

    Args:
        features: (n, k) training rows.
        outputs: (n,) the model's outputs on them.
        count: number of rows wanted; all of them where there are fewer.
    """
    # Features break ties, so that the choice does not depend on the order of the file.
    order = np.lexsort((*features.T[::-1], outputs))
    if len(order) > count:
        order = order[((np.arange(count) + 0.5) * len(order) / count).astype(int)]
    return features[order]
