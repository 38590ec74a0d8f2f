"""The shape of what is judged, and of what a rule answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from api.domain.plausibility.limits import POWER, VIBRATION, WIND, Limits
from api.domain.plausibility.park import Park, capacity
from api.domain.plausibility.past import Past
from api.domain.plausibility.table import NAN, Flags, Numbers, any_of


class Rows:
    """What is judged: numbers for one row, arrays of one shape for many. Written once, then only read.

    Attributes:
        day: day number.
        values: sensor name to value in the catalogue's unit; missing is NaN, or None for one row.
        in_service: False where the turbine is stopped on purpose.
        wind: [m/s], as ``power`` [kW] and ``vibration`` taken from ``values`` once, for most rules ask.
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
        """A sensor's value; missing where the rows do not have it."""
        found = self.values.get(sensor)
        return self.day * NAN if found is None else found


@dataclass(frozen=True)
class Verdict:
    """One rule's answer: which rows it flags, about which sensor, and the figures for the sentence."""

    code: str
    sensor: str
    flags: Flags
    figures: Mapping[str, Numbers]


def given(code: str, sensor: str, flags: Flags, figures: Mapping[str, Numbers]) -> Verdict | None:
    """The verdict, or None where it flags nothing."""
    return Verdict(code, sensor, flags, figures) if any_of(flags) else None


@dataclass(frozen=True)
class Known:
    """What the rules that need no history take from it when it is there.

    Attributes:
        capacity_kw: what the turbine can deliver [kW].
        nothing_kw: power up to which it delivers nothing [kW].
        usual_vibration: NaN where unknown.
        park_idles: True where the park is known to stop in calm weather.
    """

    capacity_kw: Numbers
    nothing_kw: Numbers
    usual_vibration: Numbers
    park_idles: bool


def _known_of(rated_kw: Numbers, past: Past | None, park: Park | None, limits: Limits) -> Known:
    """The turbine's own usual vibration where its past tells it, else the park's."""
    usual: Numbers = NAN if park is None else park.level.get(VIBRATION, NAN)
    if past is not None and VIBRATION in past.usual:
        usual = past.usual[VIBRATION].level
    idles = park is not None and park.calm_load < limits.idle_share
    able = capacity(rated_kw, park, limits)
    return Known(able, limits.nothing_share * able, usual, idles)


@dataclass(frozen=True)
class Standing:
    """All that a turbine's rows are judged against; it may be kept until the turbine's next measurement.

    Attributes:
        names: of the continuous sensors, in the order in which they are judged.
        limits: of the rules.
        known: what the rules on one row alone take from the past.
        park: the park's past; None where unknown, and then only the rules on one row alone speak.
        past: the turbine's own; None likewise.
    """

    names: tuple[str, ...]
    limits: Limits
    known: Known
    park: Park | None = None
    past: Past | None = None


def standing(
    names: Collection[str],
    limits: Limits,
    *,
    park: Park | None = None,
    past: Past | None = None,
    rated_kw: Numbers = NAN,
) -> Standing:
    """What is judged against, from the park's past, the turbine's, and its rated power [kW]."""
    known = _known_of(rated_kw, past, park, limits)
    return Standing(tuple(names), limits, known, park, None if park is None else past)
