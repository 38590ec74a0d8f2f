"""How often a turbine usually sends measurements, and whether it is late: one rule for both findings."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from datetime import date
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

WINDOW_ROWS = 21  # last measurements looked at: three weeks of daily ones
MIN_GAPS = 4  # fewer show no rhythm
Count = TypeVar("Count", int, NDArray[np.intp])


def usual_rank(gaps: Count) -> Count:
    """Return the rank, from 0 and in rising order, of the gap that a turbine seldom exceeds.

    The 95th percentile by nearest rank: a gap that really occurred, with one in twenty at most longer. In
    whole numbers, for 0.95 times a count is not always exact.
    """
    return (19 * gaps + 19) // 20 - 1


def usual_gap_of(gaps: Iterable[int]) -> int:
    """Return the gap [d] that these gaps seldom exceed.

    Raises:
        IndexError: no gap.
    """
    ordered = sorted(gaps)
    return ordered[usual_rank(len(ordered))]


def usual_gaps(gaps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the usual gap [d] of each row of a matrix.

    NaN stands for a missing gap, and is the answer where all are missing.
    """
    present = np.count_nonzero(~np.isnan(gaps), axis=1)
    ordered = np.sort(gaps, axis=1)  # NaN comes last
    rank = np.where(present > 0, usual_rank(present), 0)
    return np.take_along_axis(ordered, rank[:, None], axis=1)[:, 0]


def gaps_between(days: Iterable[int]) -> list[int]:
    """Return the days between one measured day and the next; several measurements of a day count once."""
    return [later - earlier for earlier, later in pairwise(sorted(set(days)))]


def usual_gap(counts: Mapping[date, int]) -> float | None:
    """Return the gap between two measured days that a turbine seldom exceeds [d].

    Args:
        counts: measurements per measured day, of the turbine's last :data:`WINDOW_ROWS` measurements.

    Returns:
        The gap seldom exceeded; the limit of a silent turbine is twice this. 1 where so many measurements
        fill too few days to show a gap; None where too few measurements are known.
    """
    gaps = gaps_between(day.toordinal() for day in counts)
    if len(gaps) >= MIN_GAPS:
        return float(usual_gap_of(gaps))
    return 1.0 if sum(counts.values()) >= WINDOW_ROWS else None


def park_gap(gaps: Iterable[float | None]) -> float | None:
    """Return the gap of a turbine that has none of its own: the median of the others'."""
    known = [gap for gap in gaps if gap is not None]
    return statistics.median(known) if known else None


def is_late(age_days: int | None, gap: float | None, *, in_service: bool) -> bool:
    """Tell whether more days went by than usual; a machine stopped on purpose is never late."""
    if not in_service:
        return False
    if age_days is None:
        return True
    return gap is not None and age_days > gap
