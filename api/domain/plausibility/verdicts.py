"""The rows to judge, what they are judged against, and the verdict of a rule."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from api.domain.plausibility.limits import POWER, VIBRATION, WIND, Limits
from api.domain.plausibility.park import Park, capacity
from api.domain.plausibility.past import Past
from api.domain.plausibility.table import NAN, Flags, Numbers, any_of


class Rows:
    """Rows to judge: numbers for one row, arrays of the same shape for many. Written once, then only read.

    Attributes:
        day: day number.
        values: sensor name to value in the catalogue's unit; missing is NaN, or None for one row.
        in_service: False where the turbine is stopped on purpose.
        wind, power, vibration: [m/s], [kW], as in ``values``; taken once, for most rules use them.
    """

    __slots__ = ("day", "in_service", "power", "values", "vibration", "wind")

    def __init__(self, day: Numbers, values: Mapping[str, Numbers | None], in_service: Flags) -> None:
        self.day = day
        self.values = values
        self.in_service = in_service
        self.wind = self[WIND]
        self.power = self[POWER]
        self.vibration = self[VIBRATION]

    def __getitem__(self, sensor: str) -> Numbers:
        """Return a sensor's values; missing where the rows do not have it."""
        values = self.values.get(sensor)
        return self.day * NAN if values is None else values


@dataclass(frozen=True)
class Verdict:
    """The answer of a rule: the rows flagged, the sensor, and the figures for the sentence."""

    code: str
    sensor: str
    flags: Flags
    figures: Mapping[str, Numbers]


def verdict_if_any(code: str, sensor: str, flags: Flags, figures: Mapping[str, Numbers]) -> Verdict | None:
    """Return the verdict; None where it flags nothing."""
    return Verdict(code, sensor, flags, figures) if any_of(flags) else None


@dataclass(frozen=True)
class Known:
    """Facts of the turbine and the park that the rules on one row alone use, where they are known.

    Attributes:
        capacity_kw: the most that the turbine can deliver [kW].
        nothing_kw: power up to which it delivers nothing [kW].
        usual_vibration: NaN where unknown.
        park_idles: True where the park is known to stop in calm weather.
    """

    capacity_kw: Numbers
    nothing_kw: Numbers
    usual_vibration: Numbers
    park_idles: bool


def _known_of(rated_kw: Numbers, past: Past | None, park: Park | None, limits: Limits) -> Known:
    """Gather the facts; the usual vibration is the turbine's own where its past has it, else the park's."""
    usual: Numbers = NAN if park is None else park.level.get(VIBRATION, NAN)
    if past is not None and VIBRATION in past.usual:
        usual = past.usual[VIBRATION].level
    idles = park is not None and park.calm_load < limits.idle_share
    able = capacity(rated_kw, park, limits)
    return Known(able, limits.nothing_share * able, usual, idles)


@dataclass(frozen=True)
class Reference:
    """All that a turbine's rows are judged against; valid until the turbine's next measurement.

    Attributes:
        names: of the continuous sensors, in the order in which they are judged.
        limits: of the rules.
        known: facts for the rules on one row alone.
        park: the park's past; None where unknown: only the rules on one row alone are then applied.
        past: the turbine's own; None likewise.
    """

    names: tuple[str, ...]
    limits: Limits
    known: Known
    park: Park | None = None
    past: Past | None = None


def reference_for(
    names: Collection[str],
    limits: Limits,
    *,
    park: Park | None = None,
    past: Past | None = None,
    rated_kw: Numbers = NAN,
) -> Reference:
    """Return the reference made of the park's past, the turbine's past, and its rated power [kW]."""
    known = _known_of(rated_kw, past, park, limits)
    return Reference(tuple(names), limits, known, park, None if park is None else past)
