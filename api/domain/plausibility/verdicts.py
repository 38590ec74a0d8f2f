"""The shape of what is judged, and of what a rule answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from api.domain.plausibility.limits import VIBRATION, Limits
from api.domain.plausibility.park import Park, capacity
from api.domain.plausibility.past import Past
from api.domain.plausibility.table import NAN, Flags, Numbers


@dataclass(frozen=True)
class Rows:
    """What is judged: numbers for one row, arrays of one shape for many.

    Attributes:
        day: day number.
        values: sensor name to value in the catalogue's unit, NaN where missing.
        rated_kw: rated power [kW], NaN where unknown.
        in_service: False where the turbine is stopped on purpose.
    """

    day: Numbers
    values: Mapping[str, Numbers]
    rated_kw: Numbers
    in_service: Flags

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


@dataclass(frozen=True)
class Known:
    """What the rules that need no history take from it when it is there.

    Attributes:
        capacity_kw: what the turbine can deliver [kW].
        usual_vibration: NaN where unknown.
        calm_load: the park's median load in calm weather, NaN where unknown.
    """

    capacity_kw: Numbers
    usual_vibration: Numbers
    calm_load: float


def known_of(rows: Rows, past: Past | None, park: Park | None, limits: Limits) -> Known:
    """The turbine's own usual vibration where its past tells it, else the park's."""
    usual: Numbers = NAN if park is None else park.level.get(VIBRATION, NAN)
    if past is not None and VIBRATION in past.usual:
        usual = past.usual[VIBRATION].level
    calm = NAN if park is None else park.calm_load
    return Known(capacity(rows.rated_kw, park, limits), usual, calm)
