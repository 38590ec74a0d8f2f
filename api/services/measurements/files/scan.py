"""Scans a file to learn how it writes days and numbers, and whether its units look right; stores nothing."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from api.domain.measurements import day_format, units
from api.domain.measurements.columns import DATE, DAYS_LEFT, PLANNED, Columns, holds_measurements
from api.domain.measurements.notation import Notation, decimal_evidence
from api.domain.measurements.readings import UnreadableCell, read_number
from api.domain.measurements.sensors import Sensor
from api.domain.shared.exceptions import FieldError, UnclearFile
from api.schemas.measurements import FileFormat
from api.services.measurements.files.json_rows import open_rows
from api.services.measurements.files.options import ImportOptions
from api.services.measurements.files.table_file import TableFile, open_table

_SAMPLE = 4_000  # rows whose numbers are examined, spread over the file
_LOOK_AT_CLOCK = 4_096  # rows
_MANY_DAYS = 100_000  # different texts in the date columns: more of them would be instants of one format


@dataclass(frozen=True, slots=True)
class Understood:
    """A file and how to read it.

    ``doubts`` are the columns whose values look like another unit's. ``scanned`` is the number of rows
    read if time ran out before the end of the file, else None.
    """

    file: TableFile
    columns: Columns
    notation: Notation
    doubts: tuple[FieldError, ...]
    scanned: int | None = None

    @property
    def format(self) -> FileFormat:
        """The format as the report shows it."""
        encoding = {
            "utf-8-sig": "utf-8",
            "utf-16-le": "utf-16",
            "utf-16-be": "utf-16",
            "cp1252": "windows-1252",
        }
        return FileFormat(
            kind=self.file.kind,
            encoding=encoding.get(self.file.encoding or "", self.file.encoding),
            separator=self.file.separator,
            decimal=self.notation.decimal,
            date_format=self.notation.days.name,
            header_line=self.file.header_line,
        )


@dataclass(slots=True)
class _Findings:
    """What the scan collects."""

    days: set[str] = field(default_factory=set)
    decimals: Counter[str] = field(default_factory=Counter)
    rows: list[list[str]] = field(default_factory=list)
    stride: int = 1
    stopped_after: int | None = None

    def keep(self, index: int, cells: list[str]) -> None:
        """Keep a row out of every ``stride``, so that the sample spreads over the whole file."""
        if index % self.stride:
            return
        self.rows.append(cells)
        if len(self.rows) > _SAMPLE:
            self.rows = self.rows[::2]
            self.stride *= 2


def understand(
    path: Path,
    sensors: Mapping[str, Sensor],
    options: ImportOptions,
    *,
    patience_s: float = math.inf,
) -> Understood:
    """Open a file and determine how to read it.

    Args:
        path: of the file.
        sensors: the catalogue, by column name.
        options: names, units and date format that a person stated.
        patience_s: seconds after which the rows read so far decide, for a preview; by default all rows are
            read.

    Raises:
        InvalidInput: the file as a whole cannot be taken, with the remedy in French.
    """
    named = options.date_format or (options.map.date_format if options.map else None)
    days = day_format.named_format(named) if named else None
    if options.sent_as_json:
        file: TableFile = open_rows(path, sensors)
    else:
        file = open_table(path, lambda names: holds_measurements(names, options.map))
    columns = Columns.of(file.header, sensors, options.map)
    findings = _read(file, columns, days is None, patience_s)
    numeric = _numeric(columns)
    decimal = options.map.decimal if options.map else None
    notation = Notation(
        decimal or _decimal(findings, numeric),
        days if days is not None else day_format.find_format(findings.days),
    )
    reasons = units.doubts(
        [sensor for _position, sensor in columns.sensors], _numbers(findings, columns, notation)
    )
    position = {sensor.name: index for index, sensor in columns.sensors}
    doubts = tuple(
        FieldError(file.header[position[name]].strip(), reason) for name, reason in reasons.items()
    )
    return Understood(file, columns, notation, doubts, findings.stopped_after)


def _read(file: TableFile, columns: Columns, wants_days: bool, patience_s: float) -> _Findings:
    findings, started = _Findings(), time.monotonic()
    positions = (
        [columns.fixed[name] for name in (DATE, PLANNED) if name in columns.fixed] if wants_days else []
    )
    for index, line in enumerate(file.lines()):
        if index and index % _LOOK_AT_CLOCK == 0 and time.monotonic() - started > patience_s:
            findings.stopped_after = index
            break
        if line.defect is not None:
            continue
        findings.keep(index, line.cells)
        if len(findings.days) < _MANY_DAYS:
            for position in positions:
                findings.days.add(line.cells[position][:11])
    findings.days = {text.strip().split(" ")[0].split("T")[0] for text in findings.days}
    return findings


def _numeric(columns: Columns) -> list[int]:
    own = [position for position, _sensor in columns.sensors]
    return [*own, columns.fixed[DAYS_LEFT]] if DAYS_LEFT in columns.fixed else own


def _decimal(findings: _Findings, numeric: list[int]) -> str:
    """Return the file's decimal mark: the one that most numbers prove.

    Raises:
        UnclearFile: every mark could separate thousands or decimals.
    """
    for cells in findings.rows:
        for position in numeric:
            if mark := decimal_evidence(cells[position]):
                findings.decimals[mark] += 1
    commas, dots, either = (findings.decimals[mark] for mark in (",", ".", "?,"))
    if commas > dots:
        return ","
    if either and not dots:
        raise UnclearFile.single(
            "decimal",
            "les nombres comme « 1,234 » peuvent être des milliers ou des décimales ; dites lequel dans une"
            " correspondance : decimal = « , » ou « . ».",
        )
    return "."


def _numbers(findings: _Findings, columns: Columns, notation: Notation) -> dict[str, list[float]]:
    """Return the sample's numbers by sensor, converted to the catalogue's units by the mapping."""
    numbers: dict[str, list[float]] = {sensor.name: [] for _position, sensor in columns.sensors}
    for cells in findings.rows:
        for position, sensor in columns.sensors:
            try:
                value = read_number(notation.number(cells[position], columns.conversions.get(position)))
            except UnreadableCell:
                continue
            if value is not None:
                numbers[sensor.name].append(value)
    return numbers
