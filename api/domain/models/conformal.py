"""Intervals for days left, with the coverage that they really had on other turbines.

Split conformal, by group of predicted horizon (V. Vovk et al., *Algorithmic Learning in a Random World*,
2005; Mondrian categories), cross-fitted by turbine: coverage is counted on turbines whose rows did not set
the bounds. The method promises no coverage by *true* horizon. It is measured and published, and answers warn
where the target is not reached.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from api.domain.models.calibration import folds_of
from api.domain.models.quality import SHORT_HORIZON_DAYS
from api.domain.models.statistics import Estimate, Floats, GroupBootstrap, within

TARGET = 0.8
# Borders of the groups [days]: the week of the alert, the short horizon, then steps of about a fortnight.
BORDERS = (7.0, SHORT_HORIZON_DAYS, 30.0, 45.0)
# With fewer rows, the quantile at 10 % is one of the two extreme rows.
MIN_ROWS = 30
MIN_TURBINES = 5
# A group is also doubtful if more than this share of its rows, as many as the interval may miss, really had a
# horizon at which the target is not reached.
DOUBTFUL_SHARE = 1 - TARGET
# Coverage below the target passes if its lower bound is at most this far below it.
TOLERATED_SHORTFALL = 0.1
_ROUNDING = 1e-9


@dataclass(frozen=True)
class IntervalGroup:
    """Predictions up to ``upper`` days and above the group before.

    Args:
        upper: largest predicted number of days, None for the last group.
        low: lower bound minus prediction [days].
        high: upper bound minus prediction [days].
        rows: number of unseen rows that set the bounds.
        coverage: share of rows inside, counted on turbines that did not set the bounds.
        reliable: False if the answer must warn.
    """

    upper: float | None
    low: float
    high: float
    rows: int
    coverage: Estimate
    reliable: bool


@dataclass(frozen=True)
class HorizonCoverage:
    """Coverage on the rows that really had between ``low`` (excluded) and ``high`` days left.

    Args:
        reached: False if coverage is below the target, and may be far below it.
    """

    low: float
    high: float | None
    rows: int
    coverage: Estimate
    reached: bool


@dataclass(frozen=True)
class IntervalTable:
    """Intervals for days left, and how far they hold.

    Args:
        target: coverage aimed at.
        groups: by predicted horizon, in increasing order.
        coverage: over all rows.
        by_true_horizon: coverage by the days that really remained.
    """

    target: float
    groups: tuple[IntervalGroup, ...]
    coverage: Estimate
    by_true_horizon: tuple[HorizonCoverage, ...]

    def bounds(self, days: Floats) -> tuple[Floats, Floats]:
        """Return (n,) lower and upper bounds around (n,) predicted days, never below zero."""
        low, high, _ = self._columns
        at = self._group(days)
        return np.maximum(days + low[at], 0.0), np.maximum(days + high[at], 0.0)

    def reliable(self, days: Floats) -> NDArray[np.bool_]:
        """Return whether the target is reached where each of (n,) predictions lies."""
        flags: NDArray[np.bool_] = self._columns[2][self._group(days)]
        return flags

    def proved(self, days: Floats) -> NDArray[np.bool_]:
        """(n,) whether even the lower bound of the coverage reaches the target where the prediction lies."""
        flags: NDArray[np.bool_] = np.array(
            [group.coverage.low is not None and group.coverage.low >= self.target for group in self.groups]
        )[self._group(days)]
        return flags

    @cached_property
    def _columns(self) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        return (
            np.array([group.low for group in self.groups]),
            np.array([group.high for group in self.groups]),
            np.array([group.reliable for group in self.groups]),
        )

    def _group(self, days: Floats) -> NDArray[np.intp]:
        return np.searchsorted(self._borders, days, side="left")

    @cached_property
    def _borders(self) -> Floats:
        return np.array([math.inf if group.upper is None else group.upper for group in self.groups[:-1]])


def conformal_table(
    predicted: Floats, truth: Floats, turbines: NDArray[np.generic], target: float = TARGET
) -> IntervalTable | None:
    """Return the table from unseen rows; None if they are too few for a single group.

    Args:
        predicted: (n,) predicted days.
        truth: (n,) days that really remained.
        turbines: (n,) turbine of each row.
        target: coverage aimed at.
    """
    borders = _borders(predicted, turbines)
    if borders is None:
        return None
    residual = truth - predicted
    inside = np.zeros(len(truth), dtype=bool)
    for fitting, judged in folds_of(turbines):
        offsets = _offsets(predicted[fitting], residual[fitting], borders, target)
        low, high = offsets[np.searchsorted(borders, predicted[judged], side="left")].T
        # Bounds are shown clipped at zero, which changes nothing here: true days are never below it.
        inside[judged] = (residual[judged] >= low) & (residual[judged] <= high)
    horizons = tuple(_by_true_horizon(truth, inside, turbines, target))
    groups = _groups(predicted, truth, inside, turbines, borders, target, horizons)
    return IntervalTable(target, groups, _coverage(inside, turbines), horizons)


def _borders(predicted: Floats, turbines: NDArray[np.generic]) -> tuple[float, ...] | None:
    """Keep the borders that leave each group enough rows: a small group joins the next one up.

    None if all rows together are too few.
    """
    kept: list[float] = []
    start = -math.inf
    for border in (*BORDERS, math.inf):
        rows = (predicted > start) & (predicted <= border)
        enough = rows.sum() >= MIN_ROWS and len(np.unique(turbines[rows])) >= MIN_TURBINES
        if enough:
            kept.append(border)
            start = border
    if not kept:
        return None
    # The last group has no border: it takes what is left above.
    return tuple(kept[:-1])


def _offsets(predicted: Floats, residual: Floats, borders: tuple[float, ...], target: float) -> Floats:
    """Return (groups, 2) finite-sample quantiles of the residual at both ends."""
    group = np.searchsorted(borders, predicted, side="left")
    out = np.empty((len(borders) + 1, 2))
    for index in range(len(out)):
        ordered = np.sort(residual[group == index])
        # A fold may leave a group nearly empty: then it takes all residuals.
        if len(ordered) < MIN_TURBINES:
            ordered = np.sort(residual)
        out[index] = _finite_sample(ordered, (1 - target) / 2)
    return out


def _finite_sample(ordered: Floats, tail: float) -> tuple[float, float]:
    """Return the two values that a new row passes, each with a chance of at most ``tail``."""
    count = len(ordered)
    # (n + 1) × 0.1 must not be 9.999… for 99 rows: that would leave out one row too few on each side.
    outside = math.floor((count + 1) * tail + _ROUNDING)
    return float(ordered[max(outside, 1) - 1]), float(ordered[min(count + 1 - outside, count) - 1])


def _groups(
    predicted: Floats,
    truth: Floats,
    inside: NDArray[np.bool_],
    turbines: NDArray[np.generic],
    borders: tuple[float, ...],
    target: float,
    horizons: tuple[HorizonCoverage, ...],
) -> tuple[IntervalGroup, ...]:
    offsets = _offsets(predicted, truth - predicted, borders, target)
    group = np.searchsorted(borders, predicted, side="left")
    doubtful = np.zeros(len(truth), dtype=bool)
    for horizon in horizons:
        if not horizon.reached:
            doubtful |= within(truth, horizon.low, horizon.high)
    made = []
    for index, (low, high) in enumerate(offsets):
        rows = group == index
        coverage = _coverage(inside[rows], turbines[rows])
        sure = _reached(coverage, target) and doubtful[rows].mean() <= DOUBTFUL_SHARE
        upper = borders[index] if index < len(borders) else None
        made.append(IntervalGroup(upper, float(low), float(high), int(rows.sum()), coverage, bool(sure)))
    return tuple(made)


def _by_true_horizon(
    truth: Floats, inside: NDArray[np.bool_], turbines: NDArray[np.generic], target: float
) -> list[HorizonCoverage]:
    horizons = []
    for low, high in zip((0.0, *BORDERS[1:]), (*BORDERS[1:], None), strict=True):
        rows = within(truth, low, high)
        if rows.any():
            coverage = _coverage(inside[rows], turbines[rows])
            reached = _reached(coverage, target)
            horizons.append(HorizonCoverage(low, high, int(rows.sum()), coverage, reached))
    return horizons


def _coverage(inside: NDArray[np.bool_], turbines: NDArray[np.generic]) -> Estimate:
    return GroupBootstrap(turbines).mean(inside)


def _reached(coverage: Estimate, target: float) -> bool:
    """Tell whether coverage is at least the target, or surely close below it.

    Few rows must not hide a failure: below the target, even the lower bound must be close.
    """
    if coverage.value is None or coverage.low is None:
        return False
    return coverage.value >= target or coverage.low >= target - TOLERATED_SHORTFALL
