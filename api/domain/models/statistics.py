"""Intervals for measured quality: Wilson's for a proportion, a bootstrap by group for the rest.

Rows of one turbine resemble each other, so intervals resample whole turbines, never rows
(A. C. Davison, D. V. Hinkley, *Bootstrap Methods and their Application*, 1997, §3.8).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Method = Literal["wilson", "bootstrap_turbine", "aucun"]

REPLICATES = 2000
SEED = 20240101
# Under this many independent groups a percentile bootstrap says nothing about what was not drawn: one group
# alone would even give an interval of width zero.
MIN_GROUPS = 5
# A replicate without a failure has no ranking; above this share of them the interval is not given.
MAX_UNDEFINED = 0.2
_CELLS_PER_CHUNK = 2_000_000


@dataclass(frozen=True)
class Estimate:
    """A measured figure with its 95 % interval.

    Args:
        value: the figure, None where it is not defined (precision without any alert).
        low: lower bound, None where too little was observed to give one.
        high: upper bound, likewise.
        method: how the interval was made.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    method: Method = "aucun"


def wilson(successes: int, trials: int) -> Estimate:
    """Return a proportion with its 95 % score interval (E. B. Wilson, JASA 22, 1927).

    Args:
        successes: between 0 and ``trials``.
        trials: number of independent observations; without any, nothing is defined.
    """
    from scipy.stats import binomtest  # noqa: PLC0415 - reading a manifest needs no SciPy

    if trials == 0:
        return Estimate(None)
    bounds = binomtest(successes, trials).proportion_ci(method="wilson")
    return Estimate(successes / trials, float(bounds.low), float(bounds.high), "wilson")


class GroupBootstrap:
    """Replicates of a sample made by drawing whole groups with replacement.

    Args:
        groups: (n,) group of each row, here its turbine.
        replicates: number of replicates.
        seed: of the generator; the same seed gives the same intervals.
    """

    def __init__(self, groups: NDArray[np.generic], replicates: int = REPLICATES, seed: int = SEED) -> None:
        names, self._index = np.unique(groups, return_inverse=True)
        self.count = len(names)
        generator = np.random.default_rng(seed)
        shares = np.full(max(self.count, 1), 1 / max(self.count, 1))
        # (replicates, groups): how often each group was drawn.
        self._draws = generator.multinomial(self.count, shares, size=replicates)

    def weights(self) -> Iterator[Floats]:
        """Row weights (some replicates, n), in chunks that bound the memory used."""
        step = max(1, _CELLS_PER_CHUNK // max(len(self._index), 1))
        for start in range(0, len(self._draws), step):
            yield self._draws[start : start + step][:, self._index].astype(np.float64)

    def interval(
        self, value: float | None, statistic: Callable[[Floats], Floats], groups: int | None = None
    ) -> Estimate:
        """``value`` with the percentile interval of ``statistic`` over the replicates.

        Args:
            value: the figure on the sample itself.
            statistic: (replicates, n) row weights to (replicates,) figures, NaN where undefined.
            groups: independent groups that really carry the figure (failure events, for a ranking); all of
                them where None.
        """
        if value is None:
            return Estimate(None)
        if min(self.count, self.count if groups is None else groups) < MIN_GROUPS:
            return Estimate(value)
        figures = np.concatenate([statistic(weights) for weights in self.weights()])
        defined = figures[np.isfinite(figures)]
        if len(defined) < (1 - MAX_UNDEFINED) * len(figures):
            return Estimate(value)
        low, high = np.percentile(defined, [2.5, 97.5])
        return Estimate(value, float(low), float(high), "bootstrap_turbine")


def weighted_mean(values: Floats, weights: Floats) -> Floats:
    """Mean of ``values`` (n,) under each row of ``weights`` (b, n); NaN where nothing weighs."""
    return ratio(weights @ values, weights.sum(axis=1))


def ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Element-wise quotient, NaN where the denominator is zero."""
    out = np.full(np.shape(numerator), np.nan)
    np.divide(numerator, denominator, out=out, where=denominator > 0)
    return out


class WeightedRanking:
    """ROC AUC and average precision under many sets of row weights at once.

    scikit-learn computes the same two figures for one set of weights at a time; two thousand replicates need
    the sort to be done once.

    Args:
        truth: (n,) 1 for a failure, 0 otherwise.
        score: (n,) the higher, the more at risk.
    """

    def __init__(self, truth: Floats, score: Floats) -> None:
        self._order = np.argsort(-score, kind="stable")
        ordered = score[self._order]
        # Equal scores are one threshold: figures are read where the score changes.
        self._ends = np.flatnonzero(np.append(np.diff(ordered) != 0, True))
        self._truth = truth[self._order]

    def roc_auc(self, weights: Floats) -> Floats:
        """Area under the ROC curve for each row of ``weights`` (b, n), by trapezoids."""
        hits, alerts = self._curves(weights)
        false = alerts - hits
        hits, false = _from_zero(hits), _from_zero(false)
        area = (np.diff(false) * (hits[:, 1:] + hits[:, :-1]) / 2).sum(axis=1)
        return ratio(area, hits[:, -1] * false[:, -1])

    def average_precision(self, weights: Floats) -> Floats:
        """Sum of precision × gain of recall for each row of ``weights`` (b, n)."""
        hits, alerts = self._curves(weights)
        precision = np.nan_to_num(ratio(hits, alerts))
        return ratio((np.diff(_from_zero(hits)) * precision).sum(axis=1), hits[:, -1])

    def _curves(self, weights: Floats) -> tuple[Floats, Floats]:
        """Cumulated weights of failures and of all rows at each distinct score."""
        ordered = weights[:, self._order]
        hits = np.cumsum(ordered * self._truth, axis=1)[:, self._ends]
        return hits, np.cumsum(ordered, axis=1)[:, self._ends]


def _from_zero(curve: Floats) -> Floats:
    return np.concatenate([np.zeros((len(curve), 1)), curve], axis=1)
