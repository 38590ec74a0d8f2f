"""Labelled rows in any format that ``data import`` reads, for the importer's child, which reads the plainest.

The child parses nothing but plain CSV: workbooks, archives and the guesses of notation stay in this process,
with the one reader of measurements.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from api.domain.measurements import day_format
from api.domain.measurements.column_map import target_of
from api.domain.measurements.columns import DATE, DAYS_LEFT, FAILURE
from api.domain.measurements.mapping.shape import holds_measurements
from api.domain.measurements.readings import UnreadableCell, printable
from api.domain.measurements.sensors import Sensor
from api.domain.shared.exceptions import FieldError, InvalidInput
from api.schemas.csv_text import data_lines
from api.services.measurements.files.options import NATIVE
from api.services.measurements.files.scan import Understood, understand
from api.services.measurements.files.table_file import FIELD, TableFile, open_table

_FIELD = "labelled"
_CSV = "csv"


@dataclass(frozen=True)
class LabelledFile:
    """A file of labelled rows as the child reads it.

    Args:
        path: plain CSV: commas, UTF-8, ISO days, decimal dots, names and units of the catalogue.
        sha256: of the file that the person gave, where this one was written from it.
    """

    path: Path | None
    sha256: str | None = None


@contextmanager
def plain_rows(path: Path | None, sensors: Mapping[str, Sensor]) -> Iterator[LabelledFile]:
    """Give labelled rows in the form that the child reads: the file itself where it is plain already.

    Args:
        path: of the file; None where there is none.
        sensors: the catalogue, by column name; other columns are kept as they are.

    Raises:
        InvalidInput: the file as a whole cannot be read, or a cell of it, with line and remedy.
    """
    if path is None or not path.is_file():
        yield LabelledFile(path)  # the importer says that it is absent
        return
    try:
        file = open_table(path, holds_measurements)
        if file.kind == _CSV and not holds_measurements(file.header):
            understood = None  # the importer names the columns that are missing
        else:
            understood = understand(path, _columns_of(file, sensors), NATIVE)
    except InvalidInput as error:
        raise InvalidInput([_renamed(entry) for entry in error.errors]) from error
    if understood is None or _is_plain(understood):
        yield LabelledFile(path)
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name  # the card names the file that the person gave
        _write(understood, copy)
        yield LabelledFile(copy, understood.file.sha256)


def _columns_of(file: TableFile, sensors: Mapping[str, Sensor]) -> dict[str, Sensor]:
    """Return a sensor for each column that is none of the catalogue's: a model may read any of them."""
    targets = [target_of(name, None) for name in file.header]
    return {t.name: Sensor(t.name, t.name, t.unit or "", "float") for t in targets if t.name} | dict(sensors)


def _is_plain(understood: Understood) -> bool:
    file, notation = understood.file, understood.notation
    return (
        (file.kind, file.encoding, file.separator, file.header_line) == (_CSV, "utf-8-sig", ",", 1)
        and notation.decimal == "."
        and notation.days is day_format.ISO
        and not notation.whole_days
        and not understood.columns.conversions
        and all(target_of(name, None).name == name for name in file.header)
    )


def _write(understood: Understood, copy: Path) -> None:
    names = [target_of(name, None).name for name in understood.file.header]
    with copy.open("w", encoding="utf-8", newline="") as stream:
        stream.write(data_lines([names]))
        for line in understood.file.lines():
            if line.defect is not None:
                raise InvalidInput.single(_FIELD, f"ligne {line.number} : {line.defect}")
            stream.write(data_lines([_cells(understood, names, line.number, line.cells)]))


def _cells(understood: Understood, names: list[str], number: int, cells: list[str]) -> list[str]:
    written = []
    for position, (name, cell) in enumerate(zip(names, cells, strict=True)):
        try:
            written.append(_cell(understood, position, name, cell))
        except UnreadableCell as error:
            reason = f"ligne {number}, {name} : {error.reason}"
            raise InvalidInput.single(_FIELD, reason, printable(cell)) from error
    return written


def _cell(understood: Understood, position: int, name: str, cell: str) -> str:
    """Return a cell as plain CSV has it: an ISO time, a number in the catalogue's unit, or its text."""
    if name == DATE:
        time = understood.notation.time(cell, date.max)
        return (time.on if time.at is None else time.at).isoformat()
    measured = any(position == own for own, _sensor in understood.columns.sensors)
    if measured or name in {DAYS_LEFT, FAILURE}:
        return understood.notation.number(cell, understood.columns.conversions.get(position))
    return cell


def _renamed(entry: FieldError) -> FieldError:
    """Name the field of the form; a column's own name moves into the sentence."""
    message = entry.message if entry.field == FIELD else f"{entry.field} : {entry.message}"
    return FieldError(_FIELD, message, entry.value)
