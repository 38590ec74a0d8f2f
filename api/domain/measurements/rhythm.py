"""How often a turbine sends measurements, how old the last one is, and what that means.

The one rule behind every page, file and answer.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from datetime import date
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from api.schemas.vocabulary import Freshness

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


def age_days(measured_on: date, as_of: date) -> int:
    """Return the age of a measurement on a day [d]."""
    return (as_of - measured_on).days


def too_old(age: int, limit: int) -> bool:
    """Tell whether a measurement is older than the policy allows: no risk is read from it."""
    return age > limit


def freshness(age: int | None, *, usual_gap: float | None, limit: int, in_service: bool) -> Freshness:
    """Return how fresh the last measurement of a turbine is.

    Args:
        age: of the measurement [d]; None where there is none.
        usual_gap: gap that the turbine seldom exceeds [d]; None where no rhythm is known.
        limit: greatest age that the policy allows [d]; beyond, the rhythm does not matter.
        in_service: a machine stopped on purpose owes no measurement.
    """
    if not in_service:
        return Freshness.A_L_ARRET
    if age is None:
        return Freshness.JAMAIS_MESUREE
    if too_old(age, limit):
        return Freshness.TROP_ANCIENNE
    late = usual_gap is not None and age > usual_gap
    return Freshness.EN_RETARD if late else Freshness.A_JOUR
