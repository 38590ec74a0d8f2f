"""Exact Shapley values of a sum of trees, from its leaves: the same figures as by enumeration, far sooner.

A leaf adds its value to the output of every row that lies in its box. What it adds to a coalition depends
only on which sides of the box hold the row. So each leaf's contributions are worked out once per set of
sides, over the whole background, and an explanation looks them up.
"""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass

import numpy as np

from api.inference.explaining.explanation import Explanation, Floats, coalitions_of, shapley_shares

# Leaves × sets of sides × features: above it, coalitions are enumerated through the runtime instead.
MAX_TABLE_BYTES = 96 * 1024**2


@dataclass(frozen=True)
class Leaves:
    """The leaves of a sum of trees; a row lies in a box where ``lower < value <= upper`` for every feature.

    Args:
        lower: (k, leaves).
        upper: (k, leaves).
        value: (leaves,) what each leaf adds to the sum.
        offset: the constant that the sum starts from.
        single: whether values are rounded to float32 before they are compared.
    """

    lower: Floats
    upper: Floats
    value: Floats
    offset: float
    single: bool

    @property
    def table_bytes(self) -> int:
        """Memory of the table that explains them."""
        features, leaves = self.lower.shape
        return int(leaves * (1 << features) * features * 8)

    def to_bytes(self) -> bytes:
        """Return the leaves as one compressed array: the same bytes for the same leaves."""
        first = np.full((1, len(self.value)), self.offset)
        kind = np.full((1, len(self.value)), float(self.single))
        stream = io.BytesIO()
        np.save(
            stream, np.vstack([first, kind, self.value[None], self.lower, self.upper]), allow_pickle=False
        )
        return zlib.compress(stream.getvalue(), 9)

    @classmethod
    def from_bytes(cls, data: bytes) -> Leaves:
        """Return the leaves that :meth:`to_bytes` stored.

        Raises:
            ValueError: the array has another shape.
        """
        stored: Floats = np.load(io.BytesIO(zlib.decompress(data)), allow_pickle=False)
        if stored.ndim != 2 or len(stored) < 5 or len(stored) % 2 == 0 or not stored.shape[1]:
            raise ValueError("not the leaves of a sum of trees")
        lower, upper = np.split(stored[3:], 2)
        return cls(lower, upper, stored[2], float(stored[0, 0]), bool(stored[1, 0]))


class LeafExplainer:
    """Explains a sum of trees against its background.

    Args:
        leaves: of the sum.
        background: (m, k) rows that stand for the park that the model learnt from.

    Raises:
        ValueError: no background row.
    """

    def __init__(self, leaves: Leaves, background: Floats) -> None:
        if not len(background):
            raise ValueError("background rows are needed")
        self._leaves = leaves
        features, count = leaves.lower.shape
        self._bits = (1 << np.arange(features)).astype(np.uint16)
        self._first = np.arange(count, dtype=np.intp) << features
        members = coalitions_of(features)
        # (leaves, coalitions): background rows that lie in the box by exactly these features, …
        held = np.zeros((count, len(members)))
        everywhere = np.arange(count)
        for row in background:
            held[everywhere, self._sides(row)] += 1
        # … then by at least these features.
        for bit in range(features):
            without = ~members[:, bit]
            held[:, without] += held[:, np.flatnonzero(without) | (1 << bit)]
        # A coalition's value: the row gives its members, the background the others.
        full = len(members) - 1
        worth = leaves.value[:, None] * held[:, full ^ np.arange(full + 1)] / len(background)
        table = worth[:, :, None] * shapley_shares(members)
        for bit in range(features):
            inside = members[:, bit]
            table[:, inside] += table[:, np.flatnonzero(inside) ^ (1 << bit)]
        self._table = table.reshape(-1, features)
        self._base = float(worth[:, 0].sum() + leaves.offset)

    def explain(self, features: Floats, outputs: Floats) -> Explanation:
        """Return the Shapley values of each row; ``outputs`` are not needed here."""
        values = [self._table[self._first + self._sides(row)].sum(axis=0) for row in features]
        return Explanation(self._base, np.array(values).reshape(-1, features.shape[1]))

    def _sides(self, row: Floats) -> np.ndarray[tuple[int], np.dtype[np.uint16]]:
        """Return for each leaf, as bits, the features of a row that lie in its box: (leaves,)."""
        leaves = self._leaves
        if leaves.single:
            row = row.astype(np.float32).astype(np.float64)
        sides = np.zeros(len(leaves.value), dtype=np.uint16)
        for value, low, high, bit in zip(row, leaves.lower, leaves.upper, self._bits, strict=True):
            sides |= ((low < value) & (value <= high)) * bit
        return sides
