"""Scans a file to learn how it writes days and numbers, and whether its units look right; stores nothing."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from api.domain.measurements import day_format, units
from api.domain.measurements.column_map import ColumnMap
from api.domain.measurements.columns import DATE, DAYS_LEFT, HOUR, PLANNED, Columns
from api.domain.measurements.day_format import DayFormat
from api.domain.measurements.mapping.shape import holds_measurements, shape_of
from api.domain.measurements.notation import Notation, decimal_evidence
from api.domain.measurements.readings import UnreadableCell, is_missing, read_number
from api.domain.measurements.sensors import Sensor, repeated_codes
from api.domain.measurements.times.serial import serial_format
from api.domain.measurements.times.swapped import likely_swapped
from api.domain.measurements.times.zones import OWN_OFFSETS, PARIS, Zone, zone_of
from api.domain.shared.exceptions import FieldError, UnclearFile
from api.schemas.measurements import FileFormat
from api.services.measurements.files.by_day import DayFile, by_day
from api.services.measurements.files.findings import Findings, read_findings
from api.services.measurements.files.json_rows import open_rows
from api.services.measurements.files.options import ImportOptions
from api.services.measurements.files.same_turbine import turbine_doubts
from api.services.measurements.files.shaped import shaped
from api.services.measurements.files.table_file import TableFile, open_table

TEMPERATURE = "temperature"


@dataclass(frozen=True, slots=True)
class Written:
    """How the file itself is written."""

    header: tuple[str, ...]
    columns: Columns
    notation: Notation


@dataclass(frozen=True, slots=True)
class Understood:
    """A file and how to read it.

    ``doubts`` are the columns whose values look like another unit's, and the turbines that may be one.
    ``hours`` tells whether some time has an hour; ``remarks`` are sentences for the report. ``scanned`` is
    the number of rows read if time ran out before the end of the file, else None. Where the rows are days
    made of records, ``written`` says how those were written.
    """

    file: TableFile
    columns: Columns
    notation: Notation
    doubts: tuple[FieldError, ...]
    scanned: int | None = None
    hours: bool = False
    remarks: tuple[str, ...] = ()
    written: Written | None = None

    @property
    def as_written(self) -> Written:
        """The header, columns and notation of the file itself."""
        return self.written or Written(self.file.header, self.columns, self.notation)

    @property
    def days(self) -> DayFile | None:
        """The days made of the file's records; None where its rows are measurements."""
        return self.file if isinstance(self.file, DayFile) else None

    @property
    def format(self) -> FileFormat:
        """The format as the report shows it."""
        encoding = {
            "utf-8-sig": "utf-8",
            "utf-16-le": "utf-16",
            "utf-16-be": "utf-16",
            "cp1252": "windows-1252",
        }
        notation = self.as_written.notation
        return FileFormat(
            kind=self.file.kind,
            encoding=encoding.get(self.file.encoding or "", self.file.encoding),
            separator=self.file.separator,
            decimal=notation.decimal,
            date_format=notation.days.name,
            planned_format=None if notation.planned is None else notation.planned.name,
            timezone=notation.zone.words if self.hours else None,
            header_line=self.file.header_line,
        )


def understand(
    path: Path,
    sensors: Mapping[str, Sensor],
    options: ImportOptions,
    *,
    patience_s: float = math.inf,
    park: Collection[str] = (),
) -> Understood:
    """Open a file and determine how to read it.

    Args:
        path: of the file.
        sensors: the catalogue, by column name.
        options: names, units and date format that a person stated.
        patience_s: seconds after which the rows read so far decide, for a preview; by default all rows are
            read.
        park: names of the real park's turbines, which those of the file may resemble.

    Raises:
        InvalidInput: the file as a whole cannot be taken, with the remedy in French.
    """
    mapping = options.map
    named = options.date_format or (mapping.date_format if mapping else None)
    chosen = day_format.named_format(named) if named else None
    if options.sent_as_json:
        file: TableFile = open_rows(path, sensors)
    else:
        file = open_table(path, lambda names: holds_measurements(names, mapping))
    if (shape := shape_of(file.header, mapping, options.filename or path.name)) is not None:
        file = shaped(file, shape)
    columns = Columns.of(file.header, sensors, mapping)
    findings = read_findings(file, columns, patience_s)
    numeric = _numeric(columns)
    decimal = mapping.decimal if mapping else None
    days, planned = (_format(findings.days.get(name), chosen, name, file.epoch) for name in (DATE, PLANNED))
    notation = Notation(
        decimal or _decimal(findings, numeric),
        days or day_format.ISO,
        planned if planned != days else None,
        zone=_zone(file, columns, findings, mapping),
        whole_days=bool(findings.midnights) and not findings.hours,
    )
    numbers = _numbers(findings, columns, notation)
    columns = replace(columns, error_codes=_codes(columns, numbers), silent=_silent(findings, columns))
    doubts, remarks = turbine_doubts(file, columns, findings, park)
    swapped = likely_swapped(*_seasons(findings, columns, notation))
    understood = Understood(
        file,
        columns,
        notation,
        (*_unit_doubts(columns, numbers, file.header), *doubts),
        findings.stopped_after,
        findings.hours,
        (*remarks, *((swapped,) if swapped else ())),
    )
    return understood if mapping is None or not mapping.by_day else _by_day(understood, mapping)


def _by_day(read: Understood, mapping: ColumnMap) -> Understood:
    """Return the days that the file's records make, in the cockpit's own names, units and notation."""
    days = by_day(read.file, read.columns, read.notation, mapping, read.scanned)
    own = Columns.of(days.header, {sensor.name: sensor for _position, sensor in read.columns.sensors})
    return replace(read, file=days, columns=own, notation=Notation(), written=read.as_written)


def _format(
    texts: set[str] | None, chosen: DayFormat | None, column: str, epoch: datetime | None
) -> DayFormat | None:
    """Return the format of a column of dates; None where it is absent or empty and nobody named one."""
    if texts is None or not any(not is_missing(text) for text in texts):
        return chosen
    if epoch is not None and (numbers := serial_format(texts, epoch)) is not None:
        return numbers
    return day_format.column_format(texts, chosen, column)


def _zone(file: TableFile, columns: Columns, findings: Findings, mapping: ColumnMap | None) -> Zone:
    if not findings.local:
        return OWN_OFFSETS if findings.hours else PARIS
    names = [file.header[columns.fixed[name]].strip() for name in (DATE, HOUR) if name in columns.fixed]
    stated = [mapping.columns[name].unit for name in names if name in mapping.columns] if mapping else []
    return zone_of(mapping.timezone if mapping else None, [*names, *filter(None, stated)], file.above)


def _codes(columns: Columns, numbers: Mapping[str, Sequence[float]]) -> dict[str, frozenset[float]]:
    return {sensor.name: repeated_codes(sensor, numbers[sensor.name]) for _, sensor in columns.sensors}


def _unit_doubts(
    columns: Columns, numbers: Mapping[str, Sequence[float]], header: Sequence[str]
) -> list[FieldError]:
    # What a sensor writes where it has no value says nothing of the column's unit.
    codes = columns.error_codes
    sound = {name: [value for value in own if value not in codes[name]] for name, own in numbers.items()}
    reasons = units.doubts([sensor for _position, sensor in columns.sensors], sound)
    position = {sensor.name: index for index, sensor in columns.sensors}
    return [FieldError(header[position[name]].strip(), reason) for name, reason in reasons.items()]


def _seasons(
    findings: Findings, columns: Columns, notation: Notation
) -> tuple[set[date], list[tuple[date, float]]]:
    """Return the days of a file, and the temperatures of its sample with their days."""
    days = {day for text in findings.days[DATE] if (day := _day(text, notation)) is not None}
    at = next((index for index, sensor in columns.sensors if sensor.name == TEMPERATURE), None)
    if at is None:
        return days, []
    how, date_at = columns.conversions.get(at), columns.fixed[DATE]
    pairs = []
    for cells in findings.rows:
        try:
            value = read_number(notation.number(cells[at], how))
        except UnreadableCell:
            continue
        day = _day(cells[date_at].strip()[:10].split(" ")[0], notation)
        if value is not None and day is not None:
            pairs.append((day, value))
    return days, pairs


def _day(text: str, notation: Notation) -> date | None:
    try:
        return notation.time(text, date.max).on
    except UnreadableCell:
        return None


def _silent(findings: Findings, columns: Columns) -> tuple[Sensor, ...]:
    """Return the sensors that are missed and whose column is empty in every row that was kept."""
    served = any(sensor.used_by for _position, sensor in columns.sensors)
    return tuple(
        sensor
        for position, sensor in columns.sensors
        if findings.rows
        and (sensor.used_by or not served)
        and all(is_missing(cells[position]) for cells in findings.rows)
    )


def _numeric(columns: Columns) -> list[int]:
    own = [position for position, _sensor in columns.sensors]
    return [*own, columns.fixed[DAYS_LEFT]] if DAYS_LEFT in columns.fixed else own


def _decimal(findings: Findings, numeric: list[int]) -> str:
    """Return the file's decimal mark: the one that most numbers prove.

    Raises:
        UnclearFile: every mark could separate thousands or decimals.
    """
    marks = Counter(decimal_evidence(cells[position]) for cells in findings.rows for position in numeric)
    commas, dots, either = (marks[mark] for mark in (",", ".", "?,"))
    if commas > dots:
        return ","
    if either and not dots:
        raise UnclearFile.single(
            "decimal",
            "les nombres comme « 1,234 » peuvent être des milliers ou des décimales ; dites lequel dans une"
            " correspondance : decimal = « , » ou « . ».",
        )
    return "."


def _numbers(findings: Findings, columns: Columns, notation: Notation) -> dict[str, list[float]]:
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
