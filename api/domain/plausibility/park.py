"""What is usual in the park: its power curve, its season, its spread. Learnt from the past alone.

Only the park has rows enough for the shapes (a curve, a season); each turbine's own past then says where the
turbine stands on them (``past.py``).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np

from api.domain.plausibility.curve import NO_CURVE, Curve, learn_curve
from api.domain.plausibility.limits import DEFAULT, POWER, TEMPERATURE, WIND, Limits
from api.domain.plausibility.table import (
    NAN,
    Bools,
    Floats,
    Ints,
    Measurements,
    Numbers,
    by_time,
    deviation,
    median,
)
from api.domain.rhythm import usual_gaps

_MOST_ROWS = 50_000  # a median of more says nothing more; larger pasts are thinned evenly in time
_MOST_A_DAY = 500  # for a season, thinned day by day so that no later row changes an earlier season


@dataclass(frozen=True)
class Park:
    """The park's past; NaN and empty wherever there were too few rows.

    Attributes:
        until: day number before which all rows lie that the figures come from (seasons excepted, each of
            which comes from the rows before its own day).
        capacity_kw: 99th percentile of the power of running machines [kW].
        curve: power over capacity against wind.
        calm_load: median load where the wind blows below cut-in.
        heat_per_load: what full load adds to the temperature [°C]; 0 where the data show no such link.
        usual_load: median load.
        season_day: days with a known season, increasing.
        season: usual temperature at usual load on that day [°C].
        level: usual value of each sensor, and of the temperature's residual.
        spread: robust standard deviation of the same.
        repeats: share of readings that equal the turbine's previous one by rounding.
        gap: usual longest gap between two measured days of a turbine [d] (:mod:`api.domain.rhythm`).
    """

    until: float
    capacity_kw: float
    curve: Curve
    calm_load: float
    heat_per_load: float
    usual_load: float
    season_day: Floats
    season: Floats
    level: Mapping[str, float]
    spread: Mapping[str, float]
    repeats: Mapping[str, float]
    gap: float

    def residual_temperature(self, day: Numbers, temperature: Numbers, load: Numbers) -> Numbers:
        """Temperature minus what the season and the load explain [°C]; NaN where no season is known.

        A missing load counts as the usual one.
        """
        if not len(self.season_day):
            return temperature * NAN
        if isinstance(day, float) and isinstance(load, float):
            place = bisect_right(self._season_days, math.floor(day)) - 1
            return temperature - (self._season_levels[place] if place >= 0 else NAN) - self._heat(load)
        at = np.searchsorted(self.season_day, np.floor(day), side="right") - 1
        season = np.where(at >= 0, self.season[at], NAN)
        residual: Numbers = temperature - season - self._heat(load)
        return residual

    def _heat(self, load: Numbers) -> Numbers:
        extra = self.heat_per_load * (load - self.usual_load)
        if isinstance(extra, float):
            return 0.0 if math.isnan(extra) else extra
        heat: Numbers = np.where(np.isnan(extra), 0.0, extra)
        return heat

    @cached_property
    def _season_days(self) -> list[float]:
        return [float(day) for day in self.season_day]

    @cached_property
    def _season_levels(self) -> list[float]:
        return [float(level) for level in self.season]


def capacity(rated_kw: Numbers, park: Park | None, limits: Limits = DEFAULT) -> Numbers:
    """What a turbine can deliver [kW]: its rated power, else the park's highest powers, else the default."""
    usual = limits.capacity_kw if park is None or math.isnan(park.capacity_kw) else park.capacity_kw
    if isinstance(rated_kw, float):
        return usual if math.isnan(rated_kw) else rated_kw
    found: Numbers = np.where(np.isnan(rated_kw), usual, rated_kw)
    return found


def learn_park(
    measurements: Measurements, until: float, sensors: Collection[str], limits: Limits = DEFAULT
) -> Park:
    """The park as its rows before ``until`` show it.

    Args:
        measurements: the park's rows; later ones serve only for the seasons of the days after them.
        until: day number, excluded.
        sensors: names of the continuous sensors.
        limits: of the rules.
    """
    past = measurements.day < until
    sample = _thinned(measurements, past)
    wind, power = sample.column(WIND), sample.column(POWER)
    running = (wind > 0) & (power > 0)
    enough = np.count_nonzero(running) >= limits.park_rows
    highest = float(np.quantile(power[running], 0.99)) if enough else NAN
    load = power / np.where(np.isnan(sample.rated_kw), highest, sample.rated_kw)
    heat = _heat_per_load(sample.day, sample.column(TEMPERATURE), np.where(running, load, np.nan), limits)
    usual_load = median(load[running])
    season_day, season = _seasons(measurements, highest, heat, usual_load, limits)
    bare = Park(
        until=until,
        capacity_kw=highest,
        curve=learn_curve(wind[running], load[running], limits) if enough else NO_CURVE,
        calm_load=_calm(wind, load, limits),
        heat_per_load=heat,
        usual_load=usual_load,
        season_day=season_day,
        season=season,
        level={},
        spread={},
        repeats={name: _repeats(measurements, past, name, limits) for name in sensors},
        gap=_usual_gap(measurements, past, limits),
    )
    series = {name: sample.column(name) for name in sensors}
    if TEMPERATURE in series:
        residual = bare.residual_temperature(sample.day, series[TEMPERATURE], load)
        series[TEMPERATURE] = np.asarray(residual)
    known = {n: c for n, c in series.items() if np.count_nonzero(~np.isnan(c)) >= limits.park_rows}
    return _with_levels(bare, known)


def _with_levels(bare: Park, series: Mapping[str, Floats]) -> Park:
    level = {name: median(column) for name, column in series.items()}
    spread = {name: deviation(column) for name, column in series.items()}
    return replace(bare, level=level, spread=spread)


def _thinned(measurements: Measurements, past: Bools) -> Measurements:
    """Rows of the past evenly spread in time, few enough for medians."""
    stride = -(-int(np.count_nonzero(past)) // _MOST_ROWS)
    if stride <= 1:
        return measurements.kept(past)
    order = by_time(measurements.day)
    wanted = np.zeros(len(measurements), dtype=np.bool_)
    wanted[order[past[order]][::stride]] = True
    return measurements.kept(wanted)


def _calm(wind: Floats, load: Floats, limits: Limits) -> float:
    calm = load[(wind > 0) & (wind <= limits.cut_in)]
    present = calm[~np.isnan(calm)]
    return float(np.median(present)) if len(present) >= limits.idle_rows else NAN


def _heat_per_load(day: Floats, temperature: Floats, load: Floats, limits: Limits) -> float:
    """Slope of temperature on load: Tukey's resistant line through the outer thirds.

    Both are first taken from their medians of the same month-long window, so that a season which moves wind
    and air together is not mistaken for the load's heat. The slope counts only beyond three times its
    standard error (1.25 s ⁄ √n for a median); otherwise these data hold no such link and none is invented.
    """
    present = ~np.isnan(temperature) & ~np.isnan(load)
    if np.count_nonzero(present) < limits.park_rows:
        return 0.0
    day, heat, charge = day[present], temperature[present].copy(), load[present].copy()
    window = np.floor((day - day.min()) / limits.season_days)
    for one in np.unique(window):
        rows = window == one
        heat[rows] -= np.median(heat[rows])
        charge[rows] -= np.median(charge[rows])
    low, high = charge <= np.quantile(charge, 1 / 3), charge >= np.quantile(charge, 2 / 3)
    run = float(np.median(charge[high]) - np.median(charge[low]))
    if run <= 0:
        return 0.0
    rise = float(np.median(heat[high]) - np.median(heat[low]))
    error = 1.25 * deviation(heat) * float(np.sqrt(1 / np.count_nonzero(low) + 1 / np.count_nonzero(high)))
    return rise / run if abs(rise) > 3 * error else 0.0


def _seasons(
    rows: Measurements, highest: float, heat: float, usual_load: float, limits: Limits
) -> tuple[Floats, Floats]:
    """For each day, the usual temperature of the days before it: those of the trailing window, else all."""
    heats = rows.column(TEMPERATURE)
    order = by_time(rows.day)
    absent = np.isnan(heats)[order]
    if absent.any():
        order = order[~absent]
    known_days = rows.day[order]
    at = order[_thinned_by_day(np.floor(known_days, out=known_days))]
    days: Floats = np.floor(rows.day[at])
    rated = rows.rated_kw[at]
    load = rows.column(POWER)[at] / np.where(np.isnan(rated), highest, rated)
    extra = heat * (load - usual_load)
    cooled = heats[at] - np.where(np.isnan(extra), 0.0, extra)
    if not len(days):
        return np.empty(0), np.empty(0)
    # A day without a measurement has its season too, until its window is empty: a row to come may be of it.
    wanted = np.unique(np.unique(days)[:, None] + np.arange(limits.season_days + 2))
    ends = np.searchsorted(days, wanted)
    starts = np.searchsorted(days, wanted - limits.season_days)
    starts = np.where(ends - starts >= limits.park_rows, starts, 0)
    levels = [
        float(np.median(cooled[start:end])) if end - start >= limits.park_rows else NAN
        for start, end in zip(starts, ends, strict=True)
    ]
    return wanted, np.array(levels)


def _thinned_by_day(days: Floats) -> Ints:
    """Positions of at most ``_MOST_A_DAY`` rows of each day, evenly spread; ``days`` must not decrease."""
    if not len(days):
        return np.empty(0, dtype=np.intp)
    edges = [0, *(np.flatnonzero(days[1:] != days[:-1]) + 1).tolist(), len(days)]
    spans = [np.arange(start, end, -(-(end - start) // _MOST_A_DAY)) for start, end in pairwise(edges)]
    return np.concatenate(spans)


def _repeats(rows: Measurements, past: Bools, name: str, limits: Limits) -> float:
    """Share of readings of the past equal to the one before, among those that come after a change.

    A sensor that stays stuck thus counts once, not once per reading, and does not excuse itself; a quantity
    that rarely changes (an age, a set point) has a share near 1, or unknown for want of changes.
    """
    present = past & ~np.isnan(rows.column(name))
    column, turbine = rows.column(name)[present], rows.turbine[present]
    same = (column[1:] == column[:-1]) & (turbine[1:] == turbine[:-1])
    after_change = np.append(True, ~same[:-1]) if len(same) else same
    seen = int(np.count_nonzero(after_change))
    return float(np.count_nonzero(same & after_change)) / seen if seen >= limits.park_rows else NAN


def _usual_gap(rows: Measurements, past: Bools, limits: Limits) -> float:
    """Over the gaps that ended in the past; whole days need no more than half the digits."""
    gaps = np.diff(np.floor(rows.day).astype(np.float32))
    gaps = gaps[past[1:] & (rows.turbine[1:] == rows.turbine[:-1]) & (gaps > 0)]
    if len(gaps) < limits.park_rows:
        return NAN
    return float(usual_gaps(gaps[None, :].astype(np.float64))[0])
