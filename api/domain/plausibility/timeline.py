"""The rows of a table in the order of time, sorted block by block: a large park needs little memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from api.domain.plausibility.table import Floats, Keys

_BLOCK = 250_000  # rows at once: intermediate arrays then stay in the processor's cache


@dataclass(frozen=True)
class Timeline:
    """Positions of a table's rows by time.

    Attributes:
        order: positions in the order of time, those of the same instant in the order of the table, shape
            ``(rows,)``; 32 bits each.
        edges: start in ``order`` of each day that has rows, then the end of ``order``, shape ``(days + 1,)``.
    """

    order: Keys
    edges: Keys

    def days(self) -> Iterator[Keys]:
        """Yield the positions of each day's rows, day by day."""
        for start, end in pairwise(self.edges.tolist()):
            yield self.order[start:end]


def blocks_of(rows: int) -> Iterator[slice]:
    """Split the rows into blocks, in their order."""
    for start in range(0, rows, _BLOCK):
        yield slice(start, min(start + _BLOCK, rows))


def timeline(days: Floats) -> Timeline:
    """Sort rows by time.

    Args:
        days: day numbers, shape ``(rows,)``.
    """
    if not len(days):
        return Timeline(np.empty(0, dtype=np.int32), np.zeros(1, dtype=np.intp))
    first = float(np.floor(days.min()))
    # NumPy sorts integers of 8 or 16 bits digit by digit, ten times as fast as others.
    whole = np.empty(len(days), dtype=np.min_scalar_type(int(days.max() - first)))
    exact = True
    for block in blocks_of(len(days)):
        since = days[block] - first
        whole[block] = since
        exact = exact and bool((whole[block] == since).all())
    by_day = _by_whole_day(whole)
    if not exact:
        for rows in by_day.days():
            rows[:] = rows[np.argsort(days[rows], kind="stable")]
    return by_day


def _by_whole_day(whole: Keys) -> Timeline:
    """Sort by counting: the rows of a block go after those of the same day in the blocks before."""
    each_day = np.zeros(int(whole.max()) + 1, dtype=np.intp)
    for block in blocks_of(len(whole)):
        each_day += np.bincount(whole[block], minlength=len(each_day))
    ends = np.cumsum(each_day)
    free = ends - each_day
    order = np.empty(len(whole), dtype=np.int32)
    for block in blocks_of(len(whole)):
        here = np.bincount(whole[block], minlength=len(each_day))
        sorted_rows = np.argsort(whole[block], kind="stable")
        moved = np.repeat(free - (np.cumsum(here) - here), here)
        order[moved + np.arange(len(sorted_rows))] = sorted_rows + block.start
        free += here
    return Timeline(order, np.append(0, ends[each_day > 0]))
