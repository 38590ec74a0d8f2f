"""Ten-minute records become the days that the models were fitted on, by a stated rule for each sensor.

A day is that of Europe/Paris. A sensor's value needs valid records for half a day at least: fewer say nothing
of the day, so the cell stays empty.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from api.domain.measurements.sensors import Sensor
from api.domain.shared.exceptions import InvalidInput
from api.schemas import french

RULES = {"mean": "moyenne", "max": "maximum", "min": "minimum", "share": "part de relevés valides, de 0 à 1"}
HALF_DAY_MIN = 12 * 60
_EXAMINED_DAYS = 200  # to learn the step between records
_DECIMALS = 6
_FIELD = "aggregate"


class DayRow(NamedTuple):
    """One turbine's day.

    ``line`` is that of its first record. ``values`` are in the order of the sensors, None where too few
    records were valid. ``basis`` is what the values rest on: records of the day, expected ones, the step
    [min], and valid records by sensor.
    """

    turbine_id: str
    on: date
    line: int
    values: list[float | int | None]
    basis: dict[str, Any]


class _Sums:
    """What is known of one turbine's day; ``minutes`` has a bit for each minute with a record."""

    __slots__ = ("counts", "highs", "line", "lows", "minutes", "records", "totals")

    def __init__(self, line: int, sensors: int) -> None:
        self.line, self.minutes, self.records = line, 0, 0
        self.counts, self.totals = [0] * sensors, [0.0] * sensors
        self.highs, self.lows = [float("-inf")] * sensors, [float("inf")] * sensors


@dataclass(slots=True)
class Days:
    """Collects records, in any order; ``repeated`` counts those whose turbine and minute came before."""

    sensors: Sequence[Sensor]
    rules: Sequence[str]
    records: int = 0
    repeated: int = 0
    _sums: dict[tuple[str, date], _Sums] = field(default_factory=dict)

    def add(self, line: int, turbine_id: str, on: date, at: datetime, values: Sequence[float | None]) -> None:
        """Add one record; ``values`` are in the order of the sensors, None where there is no valid one."""
        sums = self._sums.get((turbine_id, on))
        if sums is None:
            sums = self._sums[turbine_id, on] = _Sums(line, len(self.sensors))
        bit = 1 << int((at - _midnight(on)).total_seconds() // 60)
        if sums.minutes & bit:
            self.repeated += 1
            return
        sums.minutes |= bit
        sums.records += 1
        self.records += 1
        counts, totals, highs, lows = sums.counts, sums.totals, sums.highs, sums.lows
        for index, value in enumerate(values):
            if value is not None:
                counts[index] += 1
                totals[index] += value
                highs[index] = max(highs[index], value)
                lows[index] = min(lows[index], value)

    def step_min(self) -> int:
        """Return the usual time between two records of a turbine [min].

        Raises:
            InvalidInput: no two records of a day, or more than half a day between them.
        """
        gaps: Counter[int] = Counter()
        for _key, sums in zip(range(_EXAMINED_DAYS), self._sums.values(), strict=False):
            minutes = [minute for minute in range(sums.minutes.bit_length()) if sums.minutes >> minute & 1]
            gaps.update(later - earlier for earlier, later in pairwise(minutes))
        step = max(gaps, key=lambda gap: (gaps[gap], -gap), default=0)
        if not 0 < step <= HALF_DAY_MIN:
            raise InvalidInput.single(
                _FIELD,
                "aucune turbine n’a plusieurs relevés dans un même jour : retirez « aggregate » de la"
                " correspondance.",
            )
        if self.repeated > self.records:
            raise InvalidInput.single(
                _FIELD,
                "plusieurs relevés par minute : le cockpit réunit en jours des relevés d’une minute ou plus ;"
                " réduisez-les d’abord à dix minutes.",
            )
        return step

    def rows(self) -> list[DayRow]:
        """Return the days, in the order of their first records.

        Raises:
            InvalidInput: as :meth:`step_min`.
        """
        step = self.step_min()
        return [self._row(turbine_id, on, sums, step) for (turbine_id, on), sums in self._sums.items()]

    def _row(self, turbine_id: str, on: date, sums: _Sums, step: int) -> DayRow:
        length = (_midnight(on + timedelta(days=1)) - _midnight(on)).total_seconds() / 60
        expected = round(length / step)
        enough = sums.records * step >= HALF_DAY_MIN
        values = [self._value(index, sums, step, expected) if enough else None for index in self._indexes()]
        basis = {
            "records": sums.records,
            "expected": expected,
            "step_min": step,
            "valid": {sensor.name: n for sensor, n in zip(self.sensors, sums.counts, strict=True)},
        }
        return DayRow(turbine_id, on, sums.line, values, basis)

    def _indexes(self) -> range:
        return range(len(self.sensors))

    def _value(self, index: int, sums: _Sums, step: int, expected: int) -> float | int | None:
        count, rule = sums.counts[index], self.rules[index]
        if rule == "share":
            return round(min(1.0, count / expected), _DECIMALS)
        if count * step < HALF_DAY_MIN:
            return None
        value = {"mean": sums.totals[index] / count, "max": sums.highs[index], "min": sums.lows[index]}[rule]
        return round(value, _DECIMALS) if self.sensors[index].dtype == "float" else round(value)


def rule_of(sensor: Sensor, stated: str | None) -> str:
    """Return the rule that makes a sensor's day: the stated one, else the mean, or the maximum of a flag.

    Raises:
        InvalidInput: a rule that would make of 0 and 1 something else.
    """
    if sensor.dtype != "binary":
        return stated or "mean"
    if stated not in (None, "max", "min"):
        raise InvalidInput.single(
            sensor.name, "vaut 0 ou 1 : sa règle du jour est « max » ou « min » dans la correspondance."
        )
    return stated or "max"


def rule_words(days: Days, step: int) -> Mapping[str, str]:
    """Say in French, by sensor, how the day's value was made; an empty name for all of them."""
    enough = -(-HALF_DAY_MIN // step)
    joined = (
        f"{french.counted(days.records, 'relevé')} de {french.quantity(step, 'min')}, réunis par jour (heure"
        f" de Paris) ; une cellule reste vide sous {french.counted(enough, 'relevé valide')}, une"
        " demi-journée."
    )
    if days.repeated:
        joined += f" Relevés répétés, laissés de côté : {french.number(days.repeated)}."
    rules = {
        s.name: f"{RULES[r]} des relevés du jour." for s, r in zip(days.sensors, days.rules, strict=True)
    }
    return {"": joined, **rules}


@lru_cache(maxsize=4_096)
def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(), french.PARIS).astimezone(UTC)
