"""The shortest way from a plain line to a row: nine lines in ten hold only plain cells.

It reads the lines that :func:`api.domain.measurements.rows.judge_row` would accept, to the same row, and
leaves every line with an unusual cell to that function. A property test holds the two together.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from api.domain.measurements.columns import HOUR
from api.domain.measurements.notation import Notation
from api.domain.measurements.readings import (
    UnreadableCell,
    read_pseudonym,
    read_turbine_id,
)
from api.domain.measurements.rows import (
    DATE,
    DAYS_LEFT,
    FAILURE,
    PLANNED,
    TECHNICIAN,
    TURBINE,
    Columns,
    MeasurementRow,
    Visit,
    labels_contradict,
)
from api.domain.measurements.times.instants import MeasuredTime

_BITS = {"0": (0, "0.0"), "1": (1, "1.0")}
_LABELS = {"0": False, "1": True, "": None}
_REMEMBERED = 50_000


class _Reading(NamedTuple):
    """One sensor's column; ``prefix`` is its name as JSON, and a colon."""

    position: int
    name: str
    prefix: str
    low: float
    high: float
    binary: bool


class QuickReader:
    """Reads plain lines of a file; other lines are left to the judgment that reports problems."""

    def __init__(self, columns: Columns, today: date, notation: Notation) -> None:
        self._columns, self._fixed, self._today, self._notation = columns, columns.fixed, today, notation
        # Without an hour of its own, a date is read where it stands: this is the hot path.
        self._date = None if HOUR in columns.fixed else columns.fixed[DATE]
        self._turbine = columns.turbine if columns.names else read_turbine_id
        self._usable = not columns.conversions and all(s.dtype != "int" for _p, s in columns.sensors)
        mark = re.escape(notation.decimal)
        self._plain = re.compile(rf"-?\d{{1,15}}(?:{mark}\d{{1,15}})?", re.ASCII).fullmatch
        self._comma = notation.decimal == ","
        self._readings = [
            _Reading(
                position,
                sensor.name,
                json.dumps(sensor.name) + ":",
                float("-inf") if sensor.physical[0] is None else sensor.physical[0],
                float("inf") if sensor.physical[1] is None else sensor.physical[1],
                sensor.dtype == "binary",
            )
            for position, sensor in sorted(columns.sensors, key=lambda pair: pair[1].name)
        ]
        self._times: dict[str, MeasuredTime] = {}
        self._visits: dict[tuple[str, str, date], Visit | None] = {}

    def read(self, cells: Sequence[str]) -> tuple[MeasurementRow, str] | None:
        """Return the row and its canonical values; None where the line needs a closer look."""
        if not self._usable:
            return None
        read = self._values(cells)
        if read is None:
            return None
        try:
            turbine_id = self._turbine(cells[self._fixed[TURBINE]])
            at = self._date
            time = self._time(self._columns.time_text(cells) if at is None else cells[at])
            failure = self._failure(cells)
            days_left = self._days_left(cells)
            visit = self._visit(cells, time.on)
        except (UnreadableCell, KeyError):
            return None
        if labels_contradict(failure, days_left):
            return None
        values, text = read
        return MeasurementRow(turbine_id, time, values, failure, days_left, visit), text

    def _values(self, cells: Sequence[str]) -> tuple[dict[str, float | int], str] | None:
        values: dict[str, float | int] = {}
        texts = []
        plain, comma = self._plain, self._comma
        for position, name, prefix, low, high, binary in self._readings:
            text = cells[position]
            if binary:
                if (bit := _BITS.get(text)) is None:
                    return None
                values[name] = bit[0]
                texts.append(prefix + bit[1])
            else:
                if plain(text) is None:
                    return None
                value = float(text.replace(",", ".") if comma else text) + 0.0
                if not low <= value <= high:
                    return None
                values[name] = value
                texts.append(prefix + repr(value))
        return values, "{" + ",".join(texts) + "}"

    def _time(self, text: str) -> MeasuredTime:
        time = self._times.get(text)
        if time is None:
            if len(self._times) > _REMEMBERED:
                self._times.clear()
            time = self._times[text] = self._notation.time(text, self._today)
        return time

    def _failure(self, cells: Sequence[str]) -> bool | None:
        position = self._fixed.get(FAILURE)
        return None if position is None else _LABELS[cells[position]]

    def _days_left(self, cells: Sequence[str]) -> float | None:
        position = self._fixed.get(DAYS_LEFT)
        text = "" if position is None else cells[position]
        if not text:
            return None
        if self._plain(text) is None or text[0] == "-":
            raise UnreadableCell("")
        return float(text.replace(",", ".") if self._comma else text)

    def _visit(self, cells: Sequence[str], known_on: date) -> Visit | None:
        position = self._fixed.get(PLANNED)
        if position is None or not cells[position]:
            return None
        who = self._fixed.get(TECHNICIAN)
        key = (cells[position], "" if who is None else cells[who], known_on)
        if key not in self._visits:
            if len(self._visits) > _REMEMBERED:
                self._visits.clear()
            planned_on = self._notation.plan(key[0], known_on)
            self._visits[key] = None if planned_on is None else Visit(planned_on, read_pseudonym(key[1]))
        return self._visits[key]
