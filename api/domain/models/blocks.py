"""What is drawn again for an interval: whole turbines, or, in a small farm, blocks of their time.

With fewer than five turbines, resampled turbines say nothing about those not drawn. A turbine's months, or
its failures where these are fewer, are then the observations: nearly independent, and the card says so.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from api.domain.models.statistics import MIN_GROUPS, Floats

EVENT_GAP_DAYS = 7
"""Two failure rows of one turbine closer than the label's horizon may announce the same failure."""


def groups_of(
    turbines: NDArray[np.str_], days: NDArray[np.datetime64], failing_on: NDArray[np.datetime64]
) -> tuple[NDArray[np.str_], int | None]:
    """Return the group of each row, and the number of blocks.

    Args:
        turbines: (n,) turbine of each row.
        days: (n,) day of each row.
        failing_on: (n,) day of the failure that the row announces, NaT where it announces none.

    Returns:
        (n,) groups; None as the number where they are the turbines themselves.
    """
    if len(np.unique(turbines)) >= MIN_GROUPS:
        return turbines, None
    months = np.char.add(np.char.add(turbines, " "), days.astype("datetime64[M]").astype(str))
    failures = _by_failure(turbines, days, failing_on)
    blocks = min(months, failures, key=lambda names: len(np.unique(names)))
    return blocks, len(np.unique(blocks))


def _by_failure(
    turbines: NDArray[np.str_], days: NDArray[np.datetime64], failing_on: NDArray[np.datetime64]
) -> NDArray[np.str_]:
    """Cut each turbine's time at the beginning of each failure but the first: a block holds one at most."""
    number = np.zeros(len(days), dtype=int)
    for turbine in np.unique(turbines):
        own = turbines == turbine
        announced = np.unique(failing_on[own & ~np.isnat(failing_on)])
        apart = np.diff(announced, prepend=announced[:1]).astype("timedelta64[D]").astype(int)
        starts = announced[apart > EVENT_GAP_DAYS]
        number[own] = np.searchsorted(starts, np.where(np.isnat(failing_on), days, failing_on)[own], "right")
    return np.char.add(np.char.add(turbines, " n"), number.astype(str))


def days_of_failure(days: NDArray[np.datetime64], failed: Floats) -> NDArray[np.datetime64]:
    """Return the (n,) days of rows that announce a failure, NaT for the others."""
    return np.where(failed > 0, days.astype("datetime64[D]"), np.datetime64("NaT"))


def days_after(days: NDArray[np.datetime64], left: Floats) -> NDArray[np.datetime64]:
    """Return the (n,) days on which the days left end."""
    ends: NDArray[np.datetime64] = days.astype("datetime64[D]") + np.rint(left).astype("timedelta64[D]")
    return ends
