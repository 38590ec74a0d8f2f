"""Tools of the corpus of files: a plain table, and other ways to write it."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from api.domain.measurements.column_map import ColumnMap, Target
from api.services.measurements.files.options import ImportOptions

HEADER = (
    "turbine_id", "date_measure", "wind_speed", "vibration_level", "temperature", "power_output",
    "maintenance_done", "failure_within_7d", "time_to_failure_days", "technician_id",
    "planned_intervention_date",
)  # fmt: skip
BASE = [
    ("5", "2024-08-14", "12.26", "3.57", "49.6", "557.2", "0", "0", "33.2", "139", "2024-09-02"),
    ("39", "2024-10-29", "10.14", "3.91", "48.8", "627.7", "0", "0", "25.3", "134", "2024-11-23"),
    ("E-2", "2024-08-21", "7.94", "2.24", "45.7", "317.5", "1", "1", "6.5", "147", "2024-08-30"),
    ("33", "2024-02-05", "11.5", "2.75", "-5.25", "1234.5", "0", "", "", "", ""),
    ("33", "2024-02-05", "9.05", "2.5", "30.15", "490.0", "0", "0", "12.0", "T-12", "2024-03-01"),
    ("7", "2024-12-30", "15.75", "", "52.4", "1041.4", "1", "1", "2.0", "120", "2025-01-15"),
]
NUMBERS = ("wind_speed", "vibration_level", "temperature", "power_output", "time_to_failure_days")
DAYS = ("date_measure", "planned_intervention_date")
Rows = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Case:
    """A file and its expected result.

    Attributes:
        name: the peculiarity of the file.
        data: bytes of the file.
        same: the database must end up as after the plain file.
        counts: rows stored and rejected, if not ``same``.
        refused: part of the refusal; empty where the file is accepted.
        reported: (line, column, part of the reason) of each entry of the report.
        unknown: columns that the report must name as unknown.
    """

    name: str
    data: bytes
    filename: str = "mesures.csv"
    same: bool = False
    counts: tuple[int, int] | None = None
    refused: str = ""
    reported: tuple[tuple[int, str, str], ...] = ()
    unknown: tuple[str, ...] = ()
    options: ImportOptions = field(default_factory=ImportOptions)


def rewritten(rows: Rows = BASE, **change: Callable[[str], str]) -> list[list[str]]:
    """Return the rows with some columns rewritten; missing cells stay missing."""
    return [
        [
            change[name](cell) if name in change and cell else cell
            for name, cell in zip(HEADER, row, strict=True)
        ]
        for row in rows
    ]


def replaced(line: int, **cells: str) -> list[list[str]]:
    """Return the base rows with cells of one line replaced; line 2 is the first row."""
    rows = [list(row) for row in BASE]
    for name, cell in cells.items():
        rows[line - 2][HEADER.index(name)] = cell
    return rows


def text(rows: Rows = BASE, header: Sequence[str] = HEADER, sep: str = ",", end: str = "\n") -> str:
    return end.join(sep.join(row) for row in (header, *rows)) + end


def csv(*arguments: object, **options: object) -> bytes:
    return text(*arguments, **options).encode()  # type: ignore[arg-type]


def comma(rows: Rows = BASE) -> list[list[str]]:
    return rewritten(rows, **dict.fromkeys(NUMBERS, lambda cell: cell.replace(".", ",")))


def days(form: str, rows: Rows = BASE) -> list[list[str]]:
    return rewritten(rows, **dict.fromkeys(DAYS, lambda cell: date.fromisoformat(cell).strftime(form)))


def scaled(name: str, convert: Callable[[float], float]) -> list[list[str]]:
    return rewritten(BASE, **{name: lambda cell: f"{convert(float(cell)):.10g}"})


def renamed(**names: str) -> list[str]:
    return [names.get(name, name) for name in HEADER]


def without(*names: str) -> bytes:
    kept = [index for index, name in enumerate(HEADER) if name not in names]
    return csv([[row[i] for i in kept] for row in BASE], [HEADER[i] for i in kept])


def native(name: str, cell: str) -> object:
    """Return a cell's value in a spreadsheet or a data frame."""
    if not cell:
        return None
    if name in DAYS:
        return datetime.fromisoformat(cell)
    return float(cell) if name in NUMBERS else int(cell) if cell.isdecimal() else cell


def workbook(rows: Sequence[Sequence[object]], titles: Sequence[str] = (), sheets: int = 1) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number in range(sheets):
        sheet = book.create_sheet(f"Feuille {number + 1}")
        for title in titles:
            sheet.append([title])
        for row in rows:
            sheet.append(list(row))
        for cells in sheet.iter_rows():
            for cell in cells:
                if isinstance(cell.value, datetime):
                    cell.number_format = "DD/MM/YYYY"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def cells() -> list[list[object]]:
    return [list(HEADER), *([native(n, c) for n, c in zip(HEADER, row, strict=True)] for row in BASE)]


def parquet(floats: pa.DataType, instants: bool = False) -> bytes:
    columns: dict[str, pa.Array] = {}
    for index, name in enumerate(HEADER):
        texts = [row[index] for row in BASE]
        if name in NUMBERS:
            columns[name] = pa.array([float(cell) if cell else None for cell in texts], floats)
        elif name in DAYS:
            moments = [datetime.fromisoformat(cell) if cell else None for cell in texts]
            columns[name] = pa.array(moments, pa.timestamp("ns") if instants else pa.date32())
        else:
            columns[name] = pa.array([cell or None for cell in texts])
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


def mapped(columns: dict[str, Target] | None = None, **options: Any) -> ImportOptions:
    return ImportOptions(map=ColumnMap(columns or {}, **options))


FRENCH = {
    "turbine_id": "Éolienne", "date_measure": "Jour", "wind_speed": "Vent (km/h)", "temperature": "T nacelle",
    "power_output": "P",
}  # fmt: skip
FRENCH_MAP = {
    "Éolienne": Target("turbine_id"),
    "Jour": Target("date_measure"),
    "Vent (km/h)": Target("wind_speed", "km/h"),
    "T nacelle": Target("temperature", "K"),
    "P": Target("power_output", "MW"),
}


def french_units() -> list[list[str]]:
    """Return the base rows with wind in km/h, temperature in kelvin and power in megawatts."""
    return rewritten(
        wind_speed=lambda cell: f"{float(cell) * 3.6:.3f}",
        temperature=lambda cell: f"{float(cell) + 273.15:.2f}",
        power_output=lambda cell: f"{float(cell) / 1000:.4f}",
    )
