"""The memory of a park's turbines, with which a measurement is judged in microseconds.

The figures are those of the park's audit (``judge_park``): same rows, same park, same pasts, same rules. Only
days before the judged one count, for a measurement may be asked about after it was stored.
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
from api.domain.plausibility.verdicts import Reference, reference_for

MOST_KEPT = 10_000  # references ready for use, a few kilobytes each
_BEFORE_LAST_DAY, _SINCE = 0, 1
_OUT_OF_DATE = -1


@dataclass(frozen=True)
class Machine:
    """A turbine of the park.

    Attributes:
        place: of the machine in the memory.
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
    """The recent rows of a park and their figures; only ``_kept`` grows, with each new request.

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
    _kept: dict[tuple[int, int], Reference] = field(default_factory=dict)

    def against(self, machine: Machine, day: float) -> Reference:
        """Return the reference of a measurement of ``day`` (day number) of this turbine."""
        key = (machine.number, self._end(machine, day))
        reference = self._kept.get(key)
        if reference is None:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            reference = self._kept[key] = self._learnt(machine, key[1])
        return reference

    def against_many(self, machines: Sequence[Machine], days: Floats) -> list[tuple[Ints, Reference]]:
        """Return the same for many measurements, in parts, each with one entry per measurement."""
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
        return [(rows, self._reference(past, rated[rows])) for rows, past in parts if rows.size]

    def _end(self, machine: Machine, day: float) -> int:
        """Count the turbine's rows before that day; ``_OUT_OF_DATE`` before the park's figures."""
        if self.park.until > day:
            return _OUT_OF_DATE
        return bisect_left(machine.days, math.floor(day))

    def _learnt(self, machine: Machine, end: int) -> Reference:
        if end == _OUT_OF_DATE:
            return self._reference(None, machine.rated_kw)
        ready = _ready(machine, end)
        if ready >= 0:
            return self._reference(self._pasts.of_row(ready), machine.rated_kw)
        past = self._learnt_many([machine], np.array([end]))
        return self._reference(past.of_row(0), machine.rated_kw)

    def _learnt_many(self, machines: Sequence[Machine], ends: Ints) -> Past:
        keys = [(machine.number, machine.start + end) for machine, end in zip(machines, ends, strict=True)]
        each, where = np.unique(np.array(keys, dtype=np.intp), axis=0, return_inverse=True)
        past = learn_past(self.table, each[:, 1], self.park, self._names, self.limits, turbines=each[:, 0])
        return past.at(where.reshape(-1))

    def _reference(self, past: Past | None, rated_kw: float | Floats) -> Reference:
        park = None if past is None else self.park
        return reference_for(self._names, self.limits, park=park, past=past, rated_kw=rated_kw)


def _ready(machine: Machine, end: int) -> int:
    """Return the place of this past among those learnt beforehand; -1 where it is not one of them."""
    if end == len(machine.days):
        return 2 * machine.place + _SINCE
    if end >= 0 and end == bisect_left(machine.days, machine.days[-1]):
        return 2 * machine.place + _BEFORE_LAST_DAY
    return -1


@dataclass(frozen=True)
class Registered:
    """A turbine of the register: its number in the table, and the same figures as :class:`Machine`."""

    number: int
    rated_kw: float | None
    in_service: bool


def remember(
    table: Measurements,
    as_of: date,
    sensors: Mapping[str, Sensor],
    register: Mapping[str, Registered],
    *,
    fresh_days: int = 7,
) -> ParkMemory:
    """Build the memory of a park whose newest measurements are of ``as_of``.

    Args:
        table: recent rows of the park, not empty, ``DEFAULT.depth + 1`` per turbine being enough.
        as_of: last day that may be used.
        sensors: the catalogue.
        register: the park's turbines by identifier.
        fresh_days: measurements older than this are judged without history, as in the park's audit.
    """
    known = table.kept(table.day < day_number(as_of) + 1)
    names = continuous(sensors)
    park = learn_park(known, day_number(as_of) - fresh_days, names, DEFAULT)
    machines = _machines(known, register)
    ends = [
        machine.start + end
        for machine in machines.values()
        for end in (bisect_left(machine.days, machine.days[-1]) if machine.days else 0, len(machine.days))
    ]
    numbers = [number for machine in machines.values() for number in (machine.number, machine.number)]
    rows, turbines = np.array(ends, dtype=np.intp), np.array(numbers, dtype=np.intp)
    pasts = learn_past(known, rows, park, names, DEFAULT, turbines=turbines)
    return ParkMemory(known, park, sensors, machines, DEFAULT, names, pasts)


def _machines(known: Measurements, register: Mapping[str, Registered]) -> dict[str, Machine]:
    numbers = np.array([own.number for own in register.values()], dtype=np.intp)
    starts = np.searchsorted(known.turbine, numbers, side="left").tolist()
    stops = np.searchsorted(known.turbine, numbers, side="right").tolist()
    days = np.floor(known.day).tolist()
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
