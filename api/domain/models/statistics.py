"""Intervals for measured quality: Wilson's for a proportion, a bootstrap by group for the rest.

Rows of one turbine resemble each other. So intervals resample whole turbines, never rows (A. C. Davison,
D. V. Hinkley, *Bootstrap Methods and their Application*, 1997, §3.8).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# From the number of draws of each group, (replicates, groups), to (replicates,) figures, NaN if undefined.
Statistic = Callable[[Floats], Floats]
Method = Literal["wilson", "bootstrap_turbine", "aucun"]

REPLICATES = 2000
SEED = 20240101
# With fewer independent groups, a percentile bootstrap says nothing about what was not drawn: with one group,
# its interval would even have no width.
MIN_GROUPS = 5
# A replicate without a failure has no ranking. If more than this share of replicates have none, no interval
# is given.
MAX_UNDEFINED = 0.2
_CHUNK = 100  # replicates at a time: bounds the memory of a ranking with many failures


@dataclass(frozen=True)
class Estimate:
    """A measured figure with its 95 % interval.

    Args:
        value: the figure; None if it is undefined, as precision is without any alert.
        low: lower bound; None if too little was observed to give one.
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

    Sums by group are all that a replicate needs: its cost does not grow with the rows.

    Args:
        groups: (n,) group of each row, here its turbine.
        replicates: number of replicates.
        seed: of the generator; the same seed gives the same intervals.

    Attributes:
        group: (n,) number of each row's group, from 0.
        count: number of groups.
    """

    def __init__(self, groups: NDArray[np.generic], replicates: int = REPLICATES, seed: int = SEED) -> None:
        names, self.group = np.unique(groups, return_inverse=True)
        self.count = len(names)
        generator = np.random.default_rng(seed)
        shares = np.full(max(self.count, 1), 1 / max(self.count, 1))
        # (replicates, groups): how often each group was drawn.
        self._draws = generator.multinomial(self.count, shares, size=replicates).astype(np.float64)

    def sums(self, values: Floats | NDArray[np.bool_]) -> Floats:
        """Return the (groups,) sums of (n,) values."""
        return np.bincount(self.group, values, self.count).astype(np.float64)

    def mean(self, values: Floats | NDArray[np.bool_], independent: int | None = None) -> Estimate:
        """Return the mean of (n,) values with its interval; see :meth:`interval`."""
        return self.quotient(self.sums(values), self.sums(np.ones(len(values))), independent)

    def quotient(self, top: Floats, bottom: Floats, independent: int | None = None) -> Estimate:
        """Return the quotient of two sums with its interval, from their (groups,) parts.

        Undefined if ``bottom`` sums to zero; see :meth:`interval`.
        """
        return self.interval(lambda draws: ratio(draws @ top, draws @ bottom), independent)

    def interval(self, statistic: Statistic, independent: int | None = None) -> Estimate:
        """Return a figure with its percentile interval over the replicates.

        Args:
            statistic: gives the figure.
            independent: number of independent groups that really carry the figure (failure events, for a
                ranking); all groups if None.
        """
        # The figure of the sample itself is that of a replicate in which each group was drawn once.
        value = float(statistic(np.ones((1, self.count)))[0])
        if not np.isfinite(value):
            return Estimate(None)
        if min(self.count, self.count if independent is None else independent) < MIN_GROUPS:
            return Estimate(value)
        chunks = range(0, len(self._draws), _CHUNK)
        figures = np.concatenate([statistic(self._draws[start : start + _CHUNK]) for start in chunks])
        defined = figures[np.isfinite(figures)]
        if len(defined) < (1 - MAX_UNDEFINED) * len(figures):
            return Estimate(value)
        low, high = np.percentile(defined, [2.5, 97.5])
        return Estimate(value, float(low), float(high), "bootstrap_turbine")


def ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Return the quotient element by element, NaN where the denominator is zero."""
    out = np.full(np.shape(numerator), np.nan)
    np.divide(numerator, denominator, out=out, where=denominator > 0)
    return out


def within(days: Floats, low: float, high: float | None) -> NDArray[np.bool_]:
    """Tell which of (n,) days lie in the range from ``low`` to ``high``, which has no end if None.

    A range holds its end and not its beginning, except zero.
    """
    after = days >= low if low == 0 else days > low
    return after & (days <= (np.inf if high is None else high))


class GroupedRanking:
    """ROC AUC and average precision when whole groups are drawn.

    scikit-learn computes both figures for one set of weights at a time. Two thousand replicates need the sort
    to be done once. Both figures change only at the failures' scores, so counts by group at those scores and
    between them are enough.

    Args:
        truth: (n,) 1 for a failure, 0 otherwise.
        score: (n,) the higher, the more at risk.
        group: (n,) number of each row's group, from 0.
    """

    def __init__(self, truth: Floats, score: Floats, group: NDArray[np.intp]) -> None:
        from scipy.sparse import csr_array  # noqa: PLC0415 - as in wilson

        failing = truth > 0
        marks = np.unique(score[failing])
        # Odd levels are a failure's score, even ones lie between two of them.
        level = np.searchsorted(marks, score, side="left") + np.searchsorted(marks, score, side="right")
        shape = int(group.max()) + 1, 2 * len(marks) + 1
        self._failures, self._others = (
            csr_array((np.ones(kept.sum()), (group[kept], level[kept])), shape)
            for kept in (failing, ~failing)
        )

    def roc_auc(self, draws: Floats) -> Floats:
        """Return the share of (failure, other) pairs in the right order; a tie counts for half a pair."""
        failures, others = draws @ self._failures, draws @ self._others
        below = others.cumsum(axis=1) - others / 2
        return ratio((failures * below).sum(axis=1), failures.sum(axis=1) * others.sum(axis=1))

    def average_precision(self, draws: Floats) -> Floats:
        """Return the sum of precision × gain of recall."""
        failures, others = draws @ self._failures, draws @ self._others
        hits, alerts = (_from_the_top(counts) for counts in (failures, failures + others))
        precision = np.nan_to_num(ratio(hits, alerts))
        return ratio((failures * precision).sum(axis=1), failures.sum(axis=1))


def _from_the_top(counts: Floats) -> Floats:
    """Return how many rows stand at each level or above, from (b, levels) counts."""
    return counts[:, ::-1].cumsum(axis=1)[:, ::-1]
