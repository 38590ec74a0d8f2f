"""What is usual for a turbine: its own past, completed with the park's where it is short."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np

from api.domain.measurements.rhythm import usual_gaps
from api.domain.plausibility.limits import DEFAULT, POWER, TEMPERATURE, WIND, Limits
from api.domain.plausibility.park import Park, capacity
from api.domain.plausibility.table import (
    NAN,
    Bools,
    Floats,
    Ints,
    Measurements,
    Numbers,
    counts,
    deviations,
    medians,
    taken,
)

_CURVE_FROM = 0.1  # load from which power over curve shows the turbine's own yield; below it is noise


@dataclass(frozen=True)
class Usual:
    """The usual values of a sensor of a turbine: long level, recent level, robust standard deviation."""

    level: Numbers
    recent: Numbers
    spread: Numbers


@dataclass(frozen=True)
class Held:
    """The last value of a sensor, its number of readings in a row, and its first day number."""

    value: Numbers
    readings: Numbers
    since: Numbers


@dataclass(frozen=True)
class Past:
    """The past of one turbine (numbers) or of one turbine per row (arrays); NaN where unknown.

    Attributes:
        last_day: day number of the newest earlier reading.
        gap: usual longest gap between two measured days [d] (:mod:`api.domain.measurements.rhythm`).
        yield_factor: own power over the park's curve.
        curve_spread: own scatter around that curve, over the park's.
        usual: by sensor; for the temperature, of its residual (``Park.residual_temperature``).
        held: by sensor.
    """

    last_day: Numbers
    gap: Numbers
    yield_factor: Numbers
    curve_spread: Numbers
    usual: Mapping[str, Usual]
    held: Mapping[str, Held]

    def of_row(self, row: int) -> Past:
        """Return the past of a row, as plain numbers."""
        return self._each(lambda numbers: float(np.asarray(numbers)[row]))

    def at(self, rows: Ints) -> Past:
        """Return the pasts of these rows, in this order; a row may come more than once."""
        return self._each(lambda numbers: np.asarray(numbers)[rows])

    def _each(self, change: Callable[[Numbers], Numbers]) -> Past:
        return Past(
            change(self.last_day),
            change(self.gap),
            change(self.yield_factor),
            change(self.curve_spread),
            {n: Usual(change(u.level), change(u.recent), change(u.spread)) for n, u in self.usual.items()},
            {n: Held(change(h.value), change(h.readings), change(h.since)) for n, h in self.held.items()},
        )


def learn_past(
    measurements: Measurements,
    rows: Ints,
    park: Park,
    sensors: Collection[str],
    limits: Limits = DEFAULT,
    *,
    turbines: Ints | None = None,
) -> Past:
    """Learn the past of each of ``rows``: the earlier readings of its turbine, at most ``limits.depth``.

    Args:
        measurements: the rows of the turbines.
        rows: positions of the rows to judge, shape ``(n,)``; ``len(measurements)`` stands for a new row of
            the last turbine.
        park: the park's past.
        sensors: names of the continuous sensors.
        limits: of the rules.
        turbines: number of each row's turbine, shape ``(n,)``, where new rows lie between stored ones; None
            where each position is a row of its own turbine.

    Returns:
        Arrays of shape ``(n,)``.
    """
    earlier = measurements.before(rows, limits.depth, turbines)
    days = taken(measurements.day, earlier)
    # A turbine's rated power stands on all its rows; without an earlier one there is no power to compare.
    own = np.minimum(rows, len(measurements) - 1) if turbines is None else np.maximum(rows - 1, 0)
    rated = measurements.rated_kw[own]
    able = capacity(rated, park, limits)
    columns = {name: taken(measurements.column(name), earlier) for name in sensors}
    load = taken(measurements.column(POWER), earlier) / np.asarray(able)[:, None]
    factor, spread = _on_curve(taken(measurements.column(WIND), earlier), load, park, limits)
    held = {name: _held(column, days) for name, column in columns.items()}
    if TEMPERATURE in columns:
        residual = park.residual_temperature(days, columns[TEMPERATURE], load)
        columns[TEMPERATURE] = np.asarray(residual)
    return Past(
        last_day=days[:, 0],
        gap=_usual_gaps(days, park, limits),
        yield_factor=factor,
        curve_spread=spread,
        usual={name: _usual(column, name, park, limits) for name, column in columns.items()},
        held=held,
    )


def _on_curve(wind: Floats, load: Floats, park: Park, limits: Limits) -> tuple[Floats, Floats]:
    """Return the turbine's yield against the park's curve, and its scatter in units of the park's."""
    running = (wind > 0) & (load > 0)
    curve = np.asarray(park.curve.expected(wind))
    loaded = running & (curve >= _CURVE_FROM)
    ratios = np.full(load.shape, np.nan)
    np.divide(load, curve, out=ratios, where=loaded)
    own = counts(ratios) >= limits.enough_rows
    factor = np.where(own, medians(ratios), 1.0)
    away = (load - factor[:, None] * curve) / np.asarray(park.curve.scatter(wind))
    away[~running] = np.nan
    return factor, np.where(own, _pooled(away, np.zeros(len(away)), 1.0, limits), 1.0)


def _usual(column: Floats, name: str, park: Park, limits: Limits) -> Usual:
    park_level, park_spread = park.level.get(name, NAN), park.spread.get(name, NAN)
    own = counts(column) >= limits.enough_rows
    level = np.where(own, medians(column), park_level)
    # Without a reading of its own a turbine has no recent level, and nothing can depart from it.
    recent = medians(column[:, : limits.recent])
    spread = np.where(own, _pooled(column, level, park_spread, limits), park_spread)
    return Usual(level, recent, np.where(spread > 0, spread, np.nan))


def _pooled(column: Floats, centres: Floats, park_spread: float, limits: Limits) -> Floats:
    """Return the own spread weighed with the park's by the number of readings.

    The own spread alone where the park's is unknown.
    """
    own, weight = deviations(column, centres), counts(column)
    if np.isnan(park_spread):
        return own
    squares = np.where(weight > 0, weight * own**2, 0.0) + limits.park_weight * park_spread**2
    pooled: Floats = np.sqrt(squares / (weight + limits.park_weight))
    return pooled


def _held(column: Floats, days: Floats) -> Held:
    """Return the newest run of equal readings; missing ones neither lengthen nor break it."""
    absent = np.isnan(column)
    newest = np.argmin(absent, axis=1)[:, None]
    value = np.take_along_axis(column, newest, axis=1)
    equal: Bools = column == value
    unbroken = np.logical_and.accumulate(equal | absent, axis=1)
    run = unbroken & equal
    oldest = np.where(run, days, np.inf).min(axis=1)
    readings = np.count_nonzero(run, axis=1)
    return Held(value[:, 0], readings.astype(np.float64), np.where(readings > 0, oldest, np.nan))


def _usual_gaps(days: Floats, park: Park, limits: Limits) -> Floats:
    gaps = -np.diff(np.floor(days), axis=1)
    gaps[gaps == 0] = np.nan
    return np.where(counts(gaps) >= limits.enough_rows, usual_gaps(gaps), park.gap)
