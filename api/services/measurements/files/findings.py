"""What one reading of a file collects: its dates, a sample of its rows, the names of its turbines."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from api.domain.measurements.columns import DATE, HOUR, PLANNED, TURBINE, Columns
from api.domain.measurements.times.clock import has_offset, is_midnight
from api.services.measurements.files.table_file import TableFile

_SAMPLE = 4_000  # rows whose numbers are examined, spread over the file
_LOOK_AT_CLOCK = 4_096  # rows
_MANY = 100_000  # different texts of a column: more dates would be instants of one format
_DAY = 11  # characters that hold a day in every format, and the mark behind


@dataclass(slots=True)
class Findings:
    """What a reading collects.

    Attributes:
        days: the different texts of each column of dates, by column, hours cut.
        turbines: the different texts of the turbines' column.
        rows: a sample, spread over the whole file.
        hours: some time shows an hour that is not midnight's.
        local: some of these hours has no offset of its own.
        midnights: some time shows midnight.
        stopped_after: rows read if time ran out, else None.
    """

    days: dict[str, set[str]] = field(default_factory=dict)
    turbines: set[str] = field(default_factory=set)
    rows: list[list[str]] = field(default_factory=list)
    hours: bool = False
    local: bool = False
    midnights: set[str] = field(default_factory=set)
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

    def look_at_hour(self, text: str) -> None:
        """Learn from a time whether the file has hours."""
        stripped = text.strip()
        if len(stripped) < _DAY:
            return
        if is_midnight(stripped):
            self.midnights.add(text)
        else:
            self.hours = True
            self.local = not has_offset(stripped)


def read_findings(file: TableFile, columns: Columns, patience_s: float) -> Findings:
    """Read a file once, for as long as ``patience_s`` allows."""
    apart = HOUR in columns.fixed
    findings, started = Findings(hours=apart, local=apart), time.monotonic()
    places = [(columns.fixed[name], findings.days.setdefault(name, set())) for name in _dates(columns)]
    turbine, date = columns.fixed[TURBINE], columns.fixed[DATE]
    names, midnights = findings.turbines, findings.midnights
    for index, line in enumerate(file.lines()):
        if index and index % _LOOK_AT_CLOCK == 0 and time.monotonic() - started > patience_s:
            findings.stopped_after = index
            break
        if line.defect is not None:
            continue
        cells = line.cells
        findings.keep(index, cells)
        for position, texts in places:
            if len(texts) < _MANY:
                texts.add(cells[position][:_DAY])
        if len(names) < _MANY:
            names.add(cells[turbine])
        if not findings.local and len(text := cells[date]) >= _DAY and text not in midnights:
            findings.look_at_hour(text)
    for name, texts in findings.days.items():
        findings.days[name] = {text.strip().split(" ")[0].split("T")[0].rstrip(",") for text in texts}
    return findings


def times_of(file: TableFile, columns: Columns, turbines: frozenset[str]) -> dict[str, set[str]]:
    """Return the texts of the times at which some turbines, by their texts, have rows."""
    times: dict[str, set[str]] = {name: set() for name in turbines}
    for line in file.lines():
        if line.defect is None and (name := line.cells[columns.fixed[TURBINE]].strip()) in times:
            times[name].add(columns.time_text(line.cells).strip())
    return times


def _dates(columns: Columns) -> list[str]:
    return [name for name in (DATE, PLANNED) if name in columns.fixed]
