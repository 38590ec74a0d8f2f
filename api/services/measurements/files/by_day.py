"""A file of ten-minute records, read as one row per turbine and day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from itertools import islice
from typing import Any

from api.domain.measurements.column_map import ColumnMap, target_of
from api.domain.measurements.columns import DATE, DAYS_LEFT, FAILURE, PLANNED, TURBINE, Columns
from api.domain.measurements.mapping.daily import DayRow, Days, rule_of, rule_words
from api.domain.measurements.notation import Notation
from api.domain.measurements.readings import UnreadableCell, printable, read_sensor
from api.domain.measurements.rows import CellProblem
from api.domain.measurements.sensors import Sensor
from api.schemas import french
from api.services.measurements.files.table_file import Line, TableFile

_KEPT_REMARKS = 10_000
_NOT_BY_DAY = (FAILURE, DAYS_LEFT, PLANNED)
Remark = tuple[int, CellProblem]
Basis = Mapping[tuple[str, date], Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class DayFile(TableFile):
    """The days of a file of records.

    Attributes:
        days: one row per turbine and day.
        basis: what each day's values rest on.
        remarks: what became of the records, for the report.
    """

    days: Sequence[Line]
    basis: Basis
    remarks: Sequence[Remark]

    @property
    def summary(self) -> str:
        """How many records made the days, and by which rule."""
        return self.remarks[0][1].reason

    def rows(self) -> Iterator[Line]:
        """Yield the days; each has the line number of its first record."""
        yield from self.days


@dataclass(slots=True)
class _Records:
    """Reads the records of a file into days; cells that cannot be read are remarks, and no value."""

    columns: Columns
    notation: Notation
    days: Days
    remarks: list[Remark]

    def take(self, line: Line) -> None:
        """Add one record."""
        if line.defect is not None:
            self._remark(line.number, CellProblem("", None, line.defect))
            return
        cells, fixed = line.cells, self.columns.fixed
        try:
            turbine_id = self.columns.turbine(cells[fixed[TURBINE]])
        except UnreadableCell as error:
            self._remark(line.number, _problem(TURBINE, cells[fixed[TURBINE]], error))
            return
        try:
            on, at = self._time(text := self.columns.time_text(cells))
        except UnreadableCell as error:
            self._remark(line.number, _problem(DATE, text, error))
            return
        read = partial(self._value, line)
        self.days.add(
            line.number, turbine_id, on, at, [read(at, sensor) for at, sensor in self.columns.sensors]
        )

    def _time(self, text: str) -> tuple[date, datetime]:
        time = self.notation.time(text, date.max)
        if time.at is None:
            raise UnreadableCell("heure attendue : des relevés sans heure ne font pas un jour.")
        return time.on, time.at

    def _value(self, line: Line, position: int, sensor: Sensor) -> float | None:
        text = line.cells[position]
        try:
            return read_sensor(self.notation.number(text, self.columns.conversions.get(position)), sensor)
        except UnreadableCell as error:
            self._remark(line.number, _problem(sensor.name, text, error))
            return None

    def _remark(self, line: int, problem: CellProblem) -> None:
        if len(self.remarks) < _KEPT_REMARKS:
            self.remarks.append((line, problem))


def by_day(
    file: TableFile, columns: Columns, notation: Notation, mapping: ColumnMap, most: int | None
) -> DayFile:
    """Read the records of a file and return its days.

    Args:
        file: of records.
        columns: of the file.
        notation: of the file.
        mapping: with a rule for the sensors that have one.
        most: records to read, for a preview; None: all.

    Raises:
        InvalidInput: the records have no hour, or the file changed while it was read.
    """
    sensors = [sensor for _position, sensor in columns.sensors]
    stated = {(target := target_of(name, mapping)).name: target.rule for name in file.header}
    days = Days(sensors, [rule_of(sensor, stated.get(sensor.name)) for sensor in sensors])
    records = _Records(columns, notation, days, [])
    for line in islice(file.lines(), most):
        records.take(line)
    rows = days.rows()
    words = rule_words(days, rows[0].basis["step_min"])
    header = [CellProblem(name, None, reason) for name, reason in words.items()]
    header += [CellProblem(n, None, _LEFT) for n in _NOT_BY_DAY if n in columns.fixed]
    return DayFile(
        path=file.path,
        sha256=file.sha256,
        signature=file.signature,
        kind=file.kind,
        header=(TURBINE, DATE, *(sensor.name for sensor in sensors)),
        header_line=file.header_line,
        approximate_rows=len(rows),
        encoding=file.encoding,
        separator=file.separator,
        above=file.above,
        days=[_line(row) for row in rows],
        basis={(row.turbine_id, row.on): row.basis for row in rows},
        remarks=[*((file.header_line, problem) for problem in header), *records.remarks],
    )


_LEFT = "laissée de côté : une issue ou une visite ne se déduit pas de relevés réunis par jour."


def _line(row: DayRow) -> Line:
    if all(value is None for value in row.values):
        expected = french.number(row.basis["expected"])
        return Line(
            row.line,
            [],
            f"turbine {printable(row.turbine_id)}, {french.date(row.on)} : moins d’une demi-journée de"
            f" valeurs valides ({french.counted(row.basis['records'], 'relevé')} sur {expected}) ; jour"
            " laissé de côté.",
        )
    texts = ["" if value is None else repr(value) for value in row.values]
    return Line(row.line, [row.turbine_id, row.on.isoformat(), *texts], None)


def _problem(column: str, text: str, error: UnreadableCell) -> CellProblem:
    return CellProblem(column, printable(text), f"relevé laissé de côté : {error.reason}")
