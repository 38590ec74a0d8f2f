"""Shapley values from sampled orders of the features, for models that read too many to enumerate.

Each background row is turned into the turbine's row one feature at a time, in a random order and in that
order reversed (antithetic permutation sampling: R. Mitchell et al., *Sampling Permutations for Shapley Value
Estimation*, JMLR 23, 2022). The gains of one order add up to the difference of the two outputs whatever the
order, so contributions sum exactly to output minus base.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from api.inference.explaining.explanation import Explanation, Floats

PAIRS_PER_BACKGROUND_ROW = 2
_SEED = 3
# Mixed rows predicted in one call: bounds the memory.
_ROWS_PER_CALL = 65_536


class SampledExplainer:
    """Explains the outputs of one model against its background, without enumerating coalitions.

    Args:
        predict: (n, k) features to (n,) outputs.
        background: (m, k) rows that stand for the park that the model learnt from.

    Raises:
        ValueError: no background row.
    """

    def __init__(self, predict: Callable[[Floats], Floats], background: Floats) -> None:
        rows, features = background.shape
        if rows == 0:
            raise ValueError("background rows are needed")
        self._predict = predict
        self._outputs = predict(background)
        self._start = np.repeat(background, 2 * PAIRS_PER_BACKGROUND_ROW, axis=0)
        self._start_outputs = np.repeat(self._outputs, 2 * PAIRS_PER_BACKGROUND_ROW)
        generator = np.random.default_rng(_SEED)
        orders = generator.permuted(
            np.tile(np.arange(features), (rows * PAIRS_PER_BACKGROUND_ROW, 1)), axis=1
        )
        # (walks, k): each order is followed by its reverse.
        self._orders = np.stack([orders, orders[:, ::-1]], axis=1).reshape(-1, features)
        # (walks, k − 1, k): features already replaced after each step but the last.
        rank = np.argsort(self._orders, axis=1)
        self._replaced = rank[:, None, :] <= np.arange(features - 1)[None, :, None]

    def explain(self, features: Floats, outputs: Floats) -> Explanation:
        """Return the Shapley values of each row, as :meth:`ShapleyExplainer.explain`."""
        values = [
            self._explain_row(row, float(output)) for row, output in zip(features, outputs, strict=True)
        ]
        return Explanation(float(self._outputs.mean()), np.array(values).reshape(features.shape))

    def _explain_row(self, row: Floats, output: float) -> Floats:
        walks, steps, count = self._replaced.shape
        between = np.empty((walks, steps))
        chunk = max(1, _ROWS_PER_CALL // max(steps, 1))
        for at in range(0, walks, chunk):
            part = slice(at, at + chunk)
            mixed = np.where(self._replaced[part], row, self._start[part, None, :])
            between[part] = self._predict(mixed.reshape(-1, count)).reshape(-1, steps)
        path = np.column_stack([self._start_outputs, between, np.full(walks, output)])
        gains = np.empty((walks, count))
        np.put_along_axis(gains, self._orders, np.diff(path, axis=1), axis=1)
        mean: Floats = gains.mean(axis=0)
        return mean
