"""What a park remembers of its turbines, so that one measurement costs microseconds to judge against it.

The figures are those of the park's audit (``judge_park``): same rows, same park, same pasts, same rules. Only
days before the judged one are looked at, for a measurement may be asked about after it was stored.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from api.domain.measurements.sensors import Sensor
from api.domain.plausibility.judging import continuous
from api.domain.plausibility.limits import DEFAULT, Limits
from api.domain.plausibility.park import Park, learn_park
from api.domain.plausibility.past import Past, learn_past
from api.domain.plausibility.table import NAN, Floats, Ints, Measurements, day_number
from api.domain.plausibility.verdicts import Standing, standing

MOST_KEPT = 10_000  # turbines' pasts ready for use, a few kilobytes each
_BEFORE_LAST_DAY, _SINCE = 0, 1
_OUT_OF_DATE = -1


@dataclass(frozen=True)
class Machine:
    """A turbine of the park.

    Attributes:
        place: among the machines of the memory.
        number: of the turbine in the table.
        start: position of its first row in the table, or where it would stand.
        days: whole day number of each of its rows, never decreasing.
        rated_kw: rated power [kW], NaN where unknown.
        in_service: False where it is stopped on purpose.
    """

    place: int
    number: int
    start: int
    days: tuple[float, ...]
    rated_kw: float
    in_service: bool


@dataclass(frozen=True)
class ParkMemory:
    """The recent rows of a park and what they show; only ``_kept`` grows, with what was asked for.

    Attributes:
        table: recent rows of the park.
        park: the park's past.
        sensors: the catalogue.
        machines: by turbine identifier.
        limits: of the rules.
    """

    table: Measurements
    park: Park
    sensors: Mapping[str, Sensor]
    machines: Mapping[str, Machine]
    limits: Limits
    _names: tuple[str, ...]
    _pasts: Past
    _kept: dict[tuple[int, int], Standing] = field(default_factory=dict)

    def against(self, machine: Machine, day: float) -> Standing:
        """What a measurement of ``day`` (day number) of this turbine is judged against."""
        key = (machine.number, self._end(machine, day))
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            found = self._kept[key] = self._learnt(machine, key[1])
        return found

    def against_many(self, machines: Sequence[Machine], days: Floats) -> list[tuple[Ints, Standing]]:
        """The same for many measurements: parts of them, each with arrays of one entry per measurement."""
        ends = np.array(
            [self._end(m, day) for m, day in zip(machines, days.tolist(), strict=True)], dtype=np.intp
        )
        rated = np.array([machine.rated_kw for machine in machines], dtype=np.float64)
        ready = np.array([_ready(machine, int(end)) for machine, end in zip(machines, ends, strict=True)])
        old, others = ends == _OUT_OF_DATE, (ready < 0) & (ends != _OUT_OF_DATE)
        parts: list[tuple[Ints, Past | None]] = [(np.flatnonzero(old), None)]
        if (known := np.flatnonzero(ready >= 0)).size:
            parts.append((known, self._pasts.at(ready[known])))
        if (asked := np.flatnonzero(others)).size:
            parts.append((asked, self._learnt_many([machines[row] for row in asked.tolist()], ends[asked])))
        return [(rows, self._standing(past, rated[rows])) for rows, past in parts if rows.size]

    def _end(self, machine: Machine, day: float) -> int:
        """How many of the turbine's rows lie before that day; ``_OUT_OF_DATE`` before the park's figures."""
        if self.park.until > day:
            return _OUT_OF_DATE
        return bisect_left(machine.days, math.floor(day))

    def _learnt(self, machine: Machine, end: int) -> Standing:
        if end == _OUT_OF_DATE:
            return self._standing(None, machine.rated_kw)
        ready = _ready(machine, end)
        if ready >= 0:
            return self._standing(self._pasts.one(ready), machine.rated_kw)
        past = self._learnt_many([machine], np.array([end]))
        return self._standing(past.one(0), machine.rated_kw)

    def _learnt_many(self, machines: Sequence[Machine], ends: Ints) -> Past:
        keys = [(machine.number, machine.start + end) for machine, end in zip(machines, ends, strict=True)]
        each, where = np.unique(np.array(keys, dtype=np.intp), axis=0, return_inverse=True)
        past = learn_past(self.table, each[:, 1], self.park, self._names, self.limits, turbines=each[:, 0])
        return past.at(where.reshape(-1))

    def _standing(self, past: Past | None, rated_kw: float | Floats) -> Standing:
        park = None if past is None else self.park
        return standing(self._names, self.limits, park=park, past=past, rated_kw=rated_kw)


def _ready(machine: Machine, end: int) -> int:
    """Where among the pasts learnt beforehand this one stands; -1 where it is not one of them."""
    if end == len(machine.days):
        return 2 * machine.place + _SINCE
    if end >= 0 and end == bisect_left(machine.days, machine.days[-1]):
        return 2 * machine.place + _BEFORE_LAST_DAY
    return -1


@dataclass(frozen=True)
class Registered:
    """A turbine as the register has it: its number in the table, and the same figures as :class:`Machine`."""

    number: int
    rated_kw: float | None
    in_service: bool


def remember(
    table: Measurements,
    as_of: date,
    sensors: Mapping[str, Sensor],
    register: Mapping[str, Registered],
    limits: Limits = DEFAULT,
    *,
    fresh_days: int = 7,
) -> ParkMemory:
    """The memory of a park whose newest measurements are of ``as_of``.

    Args:
        table: recent rows of the park, not empty, ``limits.depth + 1`` per turbine being enough.
        as_of: last day that may be seen.
        sensors: the catalogue.
        register: the park's turbines by identifier.
        limits: of the rules.
        fresh_days: measurements older than this are judged without history, as in the park's audit.
    """
    seen = table.kept(table.day < day_number(as_of) + 1)
    names = continuous(sensors)
    park = learn_park(seen, day_number(as_of) - fresh_days, names, limits)
    machines = _machines(seen, register)
    ends = [
        machine.start + end
        for machine in machines.values()
        for end in (bisect_left(machine.days, machine.days[-1]) if machine.days else 0, len(machine.days))
    ]
    numbers = [number for machine in machines.values() for number in (machine.number, machine.number)]
    rows, turbines = np.array(ends, dtype=np.intp), np.array(numbers, dtype=np.intp)
    pasts = learn_past(seen, rows, park, names, limits, turbines=turbines)
    return ParkMemory(seen, park, sensors, machines, limits, names, pasts)


def _machines(seen: Measurements, register: Mapping[str, Registered]) -> dict[str, Machine]:
    numbers = np.array([own.number for own in register.values()], dtype=np.intp)
    starts = np.searchsorted(seen.turbine, numbers, side="left").tolist()
    stops = np.searchsorted(seen.turbine, numbers, side="right").tolist()
    days = np.floor(seen.day).tolist()
    return {
        name: Machine(
            place,
            own.number,
            start,
            tuple(days[start:stop]),
            own.rated_kw if own.rated_kw is not None and own.rated_kw > 0 else NAN,
            own.in_service,
        )
        for place, ((name, own), start, stop) in enumerate(zip(register.items(), starts, stops, strict=True))
    }
