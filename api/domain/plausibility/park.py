"""What is usual in the park: its power curve, its season, its spread; learnt from the past alone.

Only the park has enough rows for the shapes (a curve, a season). Each turbine's own past then tells where the
turbine lies on them (``past.py``).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from api.domain.measurements.rhythm import usual_rank
from api.domain.plausibility.curve import NO_CURVE, Curve, learn_curve
from api.domain.plausibility.limits import DEFAULT, POWER, TEMPERATURE, WIND, Limits
from api.domain.plausibility.table import (
    NAN,
    Floats,
    Keys,
    Measurements,
    Numbers,
    deviation,
    median,
)
from api.domain.plausibility.timeline import Timeline, blocks_of, timeline

_MOST_ROWS = 50_000  # a median of more rows is no better; larger pasts are thinned evenly in time
_MOST_A_DAY = 500  # for a season, thinned day by day so that no later row changes an earlier season


@dataclass(frozen=True)
class Park:
    """The park's past; NaN and empty where there were too few rows.

    Attributes:
        until: day number that all rows behind the figures precede (except for seasons, each of which comes
            from the rows before its own day).
        capacity_kw: 99th percentile of the power of running machines [kW].
        curve: power over capacity against wind.
        calm_load: median load where the wind blows below cut-in.
        heat_per_load: temperature added by full load [°C]; 0 where the data show no such link.
        usual_load: median load.
        season_day: days with a known season, increasing.
        season: usual temperature at usual load on that day [°C].
        level: usual value of each sensor; for the temperature, of its residual.
        spread: robust standard deviation of the same.
        repeats: share of readings that equal the turbine's previous reading by rounding.
        gap: usual longest gap between two measured days of a turbine [d] (``rhythm``).
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
        """Return the temperature minus the part that season and load explain [°C]; NaN without a season.

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
    """Return a turbine's capacity [kW]: its rated power, else the park's highest powers, else the default."""
    usual = limits.capacity_kw if park is None or math.isnan(park.capacity_kw) else park.capacity_kw
    if isinstance(rated_kw, float):
        return usual if math.isnan(rated_kw) else rated_kw
    powers: Numbers = np.where(np.isnan(rated_kw), usual, rated_kw)
    return powers


def learn_park(
    measurements: Measurements, until: float, sensors: Collection[str], limits: Limits = DEFAULT
) -> Park:
    """Learn the park from its rows before ``until``.

    Args:
        measurements: the park's rows; later ones serve only for the seasons of the days after them.
        until: day number, excluded.
        sensors: names of the continuous sensors.
        limits: of the rules.
    """
    time = timeline(measurements.day)
    at = _thinned(measurements, time, until)
    days, series = measurements.day[at], {name: column[at] for name, column in measurements.values.items()}
    wind, power, heats = (series.get(name, np.full(len(at), np.nan)) for name in (WIND, POWER, TEMPERATURE))
    running = (wind > 0) & (power > 0)
    enough = np.count_nonzero(running) >= limits.park_rows
    highest = float(np.quantile(power[running], 0.99)) if enough else NAN
    rated = measurements.rated_kw[at]
    load = power / np.where(np.isnan(rated), highest, rated)
    heat = _heat_per_load(days, heats, np.where(running, load, np.nan), limits)
    usual_load = median(load[running])
    season_day, season = _seasons(measurements, time, highest, heat, usual_load, limits)
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
        repeats={name: _repeats(measurements, until, name, limits) for name in sensors},
        gap=_usual_gap(measurements, until, limits),
    )
    if TEMPERATURE in series:
        series[TEMPERATURE] = np.asarray(bare.residual_temperature(days, heats, load))
    columns = {name: series[name] for name in sensors if name in series}
    known = {n: c for n, c in columns.items() if np.count_nonzero(~np.isnan(c)) >= limits.park_rows}
    return _with_levels(bare, known)


def _with_levels(bare: Park, series: Mapping[str, Floats]) -> Park:
    level = {name: median(column) for name, column in series.items()}
    spread = {name: deviation(column) for name, column in series.items()}
    return replace(bare, level=level, spread=spread)


def _thinned(measurements: Measurements, time: Timeline, until: float) -> Keys:
    """Return positions of the rows of the past, evenly spread in time, few enough for medians."""
    rows = int(np.count_nonzero(measurements.day < until))
    return np.sort(time.order[: rows : max(1, -(-rows // _MOST_ROWS))])


def _calm(wind: Floats, load: Floats, limits: Limits) -> float:
    calm = load[(wind > 0) & (wind <= limits.cut_in)]
    present = calm[~np.isnan(calm)]
    return float(np.median(present)) if len(present) >= limits.idle_rows else NAN


def _heat_per_load(day: Floats, temperature: Floats, load: Floats, limits: Limits) -> float:
    """Return the slope of temperature on load: Tukey's resistant line through the outer thirds.

    The medians of each month-long window are first subtracted from both, so that a season which moves wind
    and air together is not mistaken for the load's heat. The slope counts only beyond three times its
    standard error (1.25 s ⁄ √n for a median); otherwise the data hold no such link and none is invented.
    """
    present = ~np.isnan(temperature) & ~np.isnan(load)
    if np.count_nonzero(present) < limits.park_rows:
        return 0.0
    day, heat, charge = day[present], temperature[present].copy(), load[present].copy()
    window = np.floor((day - day.min()) / limits.season_days)
    for month in np.unique(window):
        rows = window == month
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
    rows: Measurements, time: Timeline, highest: float, heat: float, usual_load: float, limits: Limits
) -> tuple[Floats, Floats]:
    """Return, for each day, the usual temperature of the trailing window before it, else of all its past."""
    heats = rows.column(TEMPERATURE)
    at = _thinned_by_day(time, heats)
    days: Floats = np.floor(rows.day[at])
    rated = rows.rated_kw[at]
    load = rows.column(POWER)[at] / np.where(np.isnan(rated), highest, rated)
    extra = heat * (load - usual_load)
    cooled = heats[at] - np.where(np.isnan(extra), 0.0, extra)
    if not len(at):
        return np.empty(0), np.empty(0)
    # A day without a measurement has its season too, until its window is empty: a later row may be of that
    # day.
    wanted = np.unique(np.unique(days)[:, None] + np.arange(limits.season_days + 2))
    ends = np.searchsorted(days, wanted)
    starts = np.searchsorted(days, wanted - limits.season_days)
    starts = np.where(ends - starts >= limits.park_rows, starts, 0)
    levels = [
        float(np.median(cooled[start:end])) if end - start >= limits.park_rows else NAN
        for start, end in zip(starts, ends, strict=True)
    ]
    return wanted, np.array(levels)


def _thinned_by_day(time: Timeline, column: Floats) -> Keys:
    """Return positions of at most ``_MOST_A_DAY`` present values of each day, evenly spread in time."""
    absent = np.isnan(column)
    incomplete = bool(absent.any())
    days = (rows[~absent[rows]] if incomplete else rows for rows in time.days())
    spans = [rows[:: max(1, -(-len(rows) // _MOST_A_DAY))] for rows in days]
    return np.concatenate(spans) if spans else time.order


def _repeats(rows: Measurements, until: float, name: str, limits: Limits) -> float:
    """Return the share of readings of the past equal to the one before, among those after a change.

    A sensor that stays stuck thus counts once, not once per reading, and does not excuse itself; a quantity
    that rarely changes (an age, a set point) has a share near 1, or unknown for want of changes.
    """
    column = rows.column(name)
    at = np.empty(0, dtype=np.intp)
    repeated = seen = 0
    for block in blocks_of(len(rows)):
        counted = max(0, len(at[-2:]) - 1)  # of two readings carried over, the pair was counted
        present = np.flatnonzero((rows.day[block] < until) & ~np.isnan(column[block]))
        at = np.append(at[-2:], present + block.start)
        value, turbine = column[at], rows.turbine[at]
        same = (value[1:] == value[:-1]) & (turbine[1:] == turbine[:-1])
        after_change = np.append(True, ~same[:-1])[: len(same)]
        seen += int(np.count_nonzero(after_change[counted:]))
        repeated += int(np.count_nonzero((same & after_change)[counted:]))
    return repeated / seen if seen >= limits.park_rows else NAN


def _usual_gap(rows: Measurements, until: float, limits: Limits) -> float:
    """Return the usual gap, from the gaps that ended in the past, counted by their length in days."""
    lengths = np.zeros(1, dtype=np.intp)
    for block in blocks_of(max(0, len(rows) - 1)):
        later = slice(block.start + 1, block.stop + 1)
        days, turbine = np.floor(rows.day[block.start : later.stop]), rows.turbine[block.start : later.stop]
        gaps = np.diff(days)
        gaps = gaps[(rows.day[later] < until) & (turbine[1:] == turbine[:-1]) & (gaps > 0)]
        here = np.bincount(gaps.astype(np.intp), minlength=len(lengths))
        here[: len(lengths)] += lengths
        lengths = here
    total = int(lengths.sum())
    if total < limits.park_rows:
        return NAN
    return float(np.searchsorted(np.cumsum(lengths), usual_rank(total), side="right"))
