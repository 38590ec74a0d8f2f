"""The power curve of a park: the power of its machines by wind."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from api.domain.plausibility.limits import Limits
from api.domain.plausibility.table import NAN, TO_DEVIATION, Floats, Numbers, deviation

_FEWEST_BINS = 3  # fewer do not show a curve's shape
_THINNEST_SPREAD = 0.2  # share of the whole curve's spread; a smaller spread of a bin is an accident


@dataclass(frozen=True)
class Curve:
    """Median load and its spread by wind: IEC 61400-12-1's method of bins, with medians."""

    wind: Floats
    load: Floats
    spread: Floats

    def expected(self, wind: Numbers) -> Numbers:
        """Return the load [share of capacity] at this wind.

        It starts from zero in a calm and is level beyond the last bin.
        """
        return self._at(wind, self._loads)

    def scatter(self, wind: Numbers) -> Numbers:
        """Return the robust standard deviation of the load around the curve at this wind."""
        return self._at(wind, self._spreads)

    @cached_property
    def strongest(self) -> float:
        """The wind beyond which the load is only known not to fall [m/s]; NaN without a curve."""
        return float(self.wind[-1]) if len(self.wind) else NAN

    def _at(self, wind: Numbers, knots: list[float]) -> Numbers:
        if len(self._winds) == 1:
            return wind * NAN
        if isinstance(wind, float):
            return _interpolated(wind, self._winds, knots)
        values: Numbers = np.interp(wind, self._winds, knots)
        return values

    @cached_property
    def _winds(self) -> list[float]:
        return [0.0, *map(float, self.wind)]

    @cached_property
    def _loads(self) -> list[float]:
        return [0.0, *map(float, self.load)]

    @cached_property
    def _spreads(self) -> list[float]:
        return [*map(float, self.spread[:1]), *map(float, self.spread)]


NO_CURVE = Curve(np.empty(0), np.empty(0), np.empty(0))


def learn_curve(wind: Floats, load: Floats, limits: Limits) -> Curve:
    """Learn the curve of running machines; empty where the rows are too few.

    Bins of 1 m/s, merged until each has enough rows.

    Args:
        wind: [m/s], positive, shape ``(rows,)``.
        load: share of capacity, likewise.
        limits: of the rules.
    """
    order = np.argsort(wind)
    wind, load = wind[order], load[order]
    edges = np.searchsorted(wind, np.arange(1.0, np.floor(wind[-1]) + 1.0))
    cuts = [0]
    for edge in edges:
        if edge - cuts[-1] >= limits.bin_rows and len(wind) - edge >= limits.bin_rows:
            cuts.append(int(edge))
    if len(cuts) < _FEWEST_BINS:
        return NO_CURVE
    bins = [slice(a, b) for a, b in zip(cuts, [*cuts[1:], len(wind)], strict=True)]
    middles, loads = (np.array([np.median(column[b]) for b in bins]) for column in (wind, load))
    bare = Curve(middles, loads, np.empty(0))
    away = load - bare.expected(wind)
    spreads = np.array([TO_DEVIATION * np.median(np.abs(away[b])) for b in bins])
    thinnest = max(_THINNEST_SPREAD * deviation(away), limits.nothing_share)
    return Curve(middles, loads, np.maximum(spreads, thinnest))


def _interpolated(at: float, places: list[float], knots: list[float]) -> float:
    """Return ``numpy.interp`` of a single number, to the last bit and at a tenth of its cost."""
    if math.isnan(at):
        return NAN
    left = bisect_right(places, at) - 1
    if left < 0:
        return knots[0]
    if left == len(places) - 1:
        return knots[-1]
    slope = (knots[left + 1] - knots[left]) / (places[left + 1] - places[left])
    return slope * (at - places[left]) + knots[left]
