"""How often a turbine usually speaks, and whether it is late."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from datetime import date

from api.domain.measurements.rhythm import gaps_between, usual_gap_of

WINDOW_ROWS = 21  # last measurements looked at: three weeks of daily ones
MIN_GAPS = 4  # fewer tell no rhythm


def usual_gap(counts: Mapping[date, int]) -> float | None:
    """The gap between two measured days that a turbine seldom exceeds [d].

    Args:
        counts: measurements per measured day, of the turbine's last :data:`WINDOW_ROWS` measurements.

    Returns:
        The gap seldom exceeded (``rhythm``, as for the silent turbine, whose limit is twice
        this); 1 where so many measurements fill too few days to show a gap; None where it has sent too
        little to tell.
    """
    gaps = gaps_between(day.toordinal() for day in counts)
    if len(gaps) >= MIN_GAPS:
        return float(usual_gap_of(gaps))
    return 1.0 if sum(counts.values()) >= WINDOW_ROWS else None


def park_gap(gaps: Iterable[float | None]) -> float | None:
    """The gap that stands for a turbine without its own: the median of the others'."""
    known = [gap for gap in gaps if gap is not None]
    return statistics.median(known) if known else None


def is_late(age_days: int | None, gap: float | None, *, in_service: bool) -> bool:
    """Whether more days went by than usual; a machine stopped on purpose is never late."""
    if not in_service:
        return False
    if age_days is None:
        return True
    return gap is not None and age_days > gap
