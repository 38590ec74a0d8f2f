"""How often a turbine usually speaks: the one rule behind « en retard » and « turbine muette »."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Count = TypeVar("Count", int, NDArray[np.intp])


def usual_rank(gaps: Count) -> Count:
    """Where, among so many gaps in rising order and counted from 0, the one seldom exceeded stands.

    The 95th percentile by nearest rank, so that it is a gap that was really seen and one in twenty at most is
    longer. In whole numbers, for 0.95 times a count is not always exact.
    """
    return (19 * gaps + 19) // 20 - 1


def usual_gap_of(gaps: Iterable[int]) -> int:
    """The gap [d] that these seldom exceed.

    Raises:
        IndexError: there is none.
    """
    ordered = sorted(gaps)
    return ordered[usual_rank(len(ordered))]


def usual_gaps(gaps: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same for each row of a matrix of gaps [d]; NaN stands for none, and is the answer where all are."""
    present = np.count_nonzero(~np.isnan(gaps), axis=1)
    ordered = np.sort(gaps, axis=1)  # NaN comes last
    rank = np.where(present > 0, usual_rank(present), 0)
    return np.take_along_axis(ordered, rank[:, None], axis=1)[:, 0]


def gaps_between(days: Iterable[int]) -> list[int]:
    """Days between one measured day and the next, in order of time; several measurements of a day are one."""
    return [later - earlier for earlier, later in pairwise(sorted(set(days)))]
