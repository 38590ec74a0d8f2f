"""The judgment of each row of a file of measurements on its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial
from typing import NamedTuple, TypeVar

from api.domain.measurements.columns import DATE, DAYS_LEFT, FAILURE, PLANNED, TECHNICIAN, TURBINE, Columns
from api.domain.measurements.notation import Notation
from api.domain.measurements.readings import (
    ImpossibleValue,
    UnreadableCell,
    printable,
    read_days_left,
    read_failure,
    read_pseudonym,
    read_sensor,
)
from api.domain.measurements.sensors import Sensor
from api.domain.measurements.times.instants import MeasuredTime
from api.domain.measurements.units import Conversion

__all__ = [
    "DATE", "DAYS_LEFT", "FAILURE", "PLANNED", "TECHNICIAN", "TURBINE",
    "CellProblem", "Columns", "MeasurementRow", "RowVerdict", "Visit", "judge_row", "labels_contradict",
]  # fmt: skip

_NATIVE = Notation()
_CONTRADICTION = (
    "étiquettes contradictoires : failure_within_7d vaut {failure}, et ce délai dit le contraire ; corrigez"
    " l’une des deux."
)
_Value = TypeVar("_Value")


class CellProblem(NamedTuple):
    """A wrong cell: its column, the text received, and the French reason."""

    column: str
    value: str | None
    reason: str


class Visit(NamedTuple):
    """A visit planned for a turbine; the technician is a pseudonym."""

    planned_on: date
    technician: str | None


class MeasurementRow(NamedTuple):
    """A row that may be stored; ``values`` holds the sensors with a value, in their own units."""

    turbine_id: str
    time: MeasuredTime
    values: dict[str, float | int]
    failure_within_7d: bool | None
    time_to_failure_days: float | None
    visit: Visit | None

    @property
    def measured_on(self) -> date:
        """Calendar day in Europe/Paris."""
        return self.time.on

    @property
    def measured_at(self) -> datetime | None:
        """UTC instant, where the source gives it."""
        return self.time.at

    @property
    def labelled(self) -> bool:
        """Whether the row holds an outcome."""
        return self.failure_within_7d is not None or self.time_to_failure_days is not None


class RowVerdict(NamedTuple):
    """The verdict on a row.

    ``row`` is all that could be identified, even where only the labels were wrong and the row is not
    accepted. It still counts among its equals, so that the mended file finds the same rows.
    """

    row: MeasurementRow | None
    accepted: bool
    problems: list[CellProblem]

    @property
    def refused_values(self) -> int:
        """How many impossible values an accepted row goes without; ``problems`` names them."""
        if not self.accepted:
            return 0
        return sum(problem.column not in {PLANNED, TECHNICIAN} for problem in self.problems)


def judge_row(
    cells: Sequence[str], columns: Columns, today: date, notation: Notation = _NATIVE
) -> RowVerdict:
    """Judge a row: every wrong cell is reported.

    A wrong planned visit does not reject the measurement, nor does an impossible value of one sensor the
    others.

    Args:
        cells: the row's texts, as many as the header has names.
        columns: of the file.
        today: the present day in Europe/Paris.
        notation: how the file writes numbers and days.
    """
    problems: list[CellProblem] = []
    impossible: list[CellProblem] = []
    cell = _Cells(cells, columns, notation, problems, impossible)
    turbine_id = cell.read(TURBINE, columns.turbine)
    time = cell.time(lambda text: notation.time(text, today))
    values = _values(cell)
    if not values and not problems:
        problems.append(CellProblem("", None, "aucune valeur de capteur sur cette ligne."))
    identified = bool(values) and len(problems) == len(impossible)
    failure = cell.read(FAILURE, lambda text: read_failure(notation.number(text)))
    days_left = cell.read(DAYS_LEFT, lambda text: read_days_left(notation.number(text)))
    if not identified or turbine_id is None or time is None:
        return RowVerdict(None, False, problems)
    if labels_contradict(failure, days_left):
        received = printable(cells[columns.fixed[DAYS_LEFT]])
        problems.append(CellProblem(DAYS_LEFT, received, _CONTRADICTION.format(failure=int(bool(failure)))))
    accepted = len(problems) == len(impossible)
    visit = _visit(cell, time.on) if accepted else None
    told = [_alone(each) if accepted and each in impossible else each for each in problems]
    return RowVerdict(MeasurementRow(turbine_id, time, values, failure, days_left, visit), accepted, told)


def _alone(problem: CellProblem) -> CellProblem:
    return problem._replace(reason=f"{problem.reason} Les autres capteurs de la ligne sont gardés.")


def labels_contradict(failure: bool | None, days_left: float | None) -> bool:
    """Tell whether one label says failure within 7 days and the other does not; day 7 agrees with both."""
    if failure is None or days_left is None:
        return False
    return days_left > 7 if failure else days_left < 7


class _Cells(NamedTuple):
    """The cells of a row, and the list that collects their problems; ``impossible`` are those of values."""

    texts: Sequence[str]
    columns: Columns
    notation: Notation
    problems: list[CellProblem]
    impossible: list[CellProblem]

    def read(self, name: str, read: Callable[[str], _Value]) -> _Value | None:
        position = self.columns.fixed.get(name)
        if position is None:
            return None
        return self.at(position, name, read)

    def at(self, position: int, name: str, read: Callable[[str], _Value]) -> _Value | None:
        return self._judged(self.texts[position], name, read)

    def time(self, read: Callable[[str], _Value]) -> _Value | None:
        return self._judged(self.columns.time_text(self.texts), DATE, read)

    def _judged(self, text: str, name: str, read: Callable[[str], _Value]) -> _Value | None:
        try:
            return read(text)
        except UnreadableCell as error:
            received = printable(text) if error.repeatable else None
            self.problems.append(CellProblem(name, received, error.reason))
            if isinstance(error, ImpossibleValue):
                self.impossible.append(self.problems[-1])
            return None


def _values(cell: _Cells) -> dict[str, float | int]:
    values: dict[str, float | int] = {}
    for position, sensor in cell.columns.sensors:
        how = cell.columns.conversions.get(position)
        codes = cell.columns.error_codes.get(sensor.name, frozenset())
        value = cell.at(position, sensor.name, partial(_sensor_value, cell.notation, how, sensor, codes))
        if value is not None:
            values[sensor.name] = value
    return values


def _sensor_value(
    notation: Notation, how: Conversion | None, sensor: Sensor, codes: frozenset[float], text: str
) -> float | int | None:
    return read_sensor(notation.number(text, how), sensor, codes)


def _visit(cell: _Cells, known_on: date) -> Visit | None:
    planned_on = cell.read(PLANNED, lambda text: cell.notation.plan(text, known_on))
    if planned_on is None:
        return None
    return Visit(planned_on, cell.read(TECHNICIAN, read_pseudonym))
