"""Excel workbooks (.xlsx): the one sheet with measurements, its cells read as the texts of a CSV."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl

from api.domain.shared.exceptions import InvalidInput
from api.services.measurements.files.limits import (
    LARGEST_STRINGS,
    LARGEST_WORKBOOK,
    MOST_COLUMNS,
    MOST_SHEET_ROWS,
    refuse_columns,
    refuse_expansion,
    refuse_rows,
)
from api.services.measurements.files.table_file import (
    FIELD,
    SEARCHED_LINES,
    IsHeader,
    Line,
    Signature,
    TableFile,
    fitted,
)

_MIDNIGHT, _DAY_ZERO = time(), datetime(1900, 1, 1)  # noqa: DTZ001 - a spreadsheet's clock has no zone
_NOT_ONE = "archive ou classeur abîmé ; ouvrez-le dans Excel et enregistrez-le en .xlsx ou en CSV."


@dataclass(frozen=True, kw_only=True)
class Workbook(TableFile):
    """A workbook and the sheet to read."""

    sheet: str

    def rows(self) -> Iterator[Line]:
        """Yield the rows below the header, with the sheet's row numbers."""
        width = len(self.header)
        with _opened(self.path) as book:
            # One more than may be: a row numbered in billions would be preceded by as many empty ones.
            rows = _rows_of(book[self.sheet], MOST_SHEET_ROWS + 1)
            for number, row in enumerate(rows, start=1):
                refuse_rows(number, MOST_SHEET_ROWS)
                if number <= self.header_line:
                    continue
                cells = [_text(cell) for cell in row]
                if any(cells):
                    yield fitted(number, cells, width)


def open_workbook(path: Path, sha256: str, signature: Signature, is_header: IsHeader) -> Workbook:
    """Find the one sheet whose header has the required names.

    Raises:
        InvalidInput: not a workbook, no sheet or several with such a header, or too large once uncompressed.
    """
    _refuse_archives(path)
    with _opened(path) as book:
        headers = [found for sheet in book.worksheets for found in _headers(sheet, is_header)]
        # Without one, the first line that is not blank, so that the error names the missing columns.
        headers = headers or [found for sheet in book.worksheets for found in _headers(sheet, any)][:1]
        epoch = book.epoch
    if not headers:
        raise InvalidInput.single(FIELD, "il ne contient aucune ligne.")
    sheets = sorted({header.sheet for header in headers})
    if len(sheets) > 1:
        raise InvalidInput.single(
            FIELD, f"plusieurs feuilles contiennent des mesures ({', '.join(sheets)}) ; n’en gardez qu’une."
        )
    header = headers[0]
    return Workbook(
        path=path,
        sha256=sha256,
        signature=signature,
        kind="xlsx",
        header=header.names,
        header_line=header.number,
        approximate_rows=max(0, header.last - header.number),
        above=header.above,
        epoch=epoch,
        sheet=header.sheet,
    )


class _Header(NamedTuple):
    """The header of a sheet: where it stands, its names, the lines above, and the sheet's last line."""

    sheet: str
    number: int
    names: tuple[str, ...]
    above: tuple[tuple[int, str], ...]
    last: int


def _headers(sheet: Any, is_header: IsHeader) -> Iterator[_Header]:
    """Yield the first line of a sheet that is a header, or nothing."""
    above: list[tuple[int, str]] = []
    for number, row in enumerate(_rows_of(sheet, SEARCHED_LINES), start=1):
        names = [" ".join(_text(cell).split()) for cell in row]
        while names and not names[-1]:
            names.pop()
        refuse_columns(len(names))
        if is_header(names):
            yield _Header(sheet.title, number, tuple(names), tuple(above), sheet.max_row or 0)
            return
        if names:
            above.append((number, " ".join(filter(None, names))))


def _rows_of(sheet: Any, most: int) -> Iterator[Any]:
    """Yield the first rows of a sheet; a width that it only claims does not fill them with empty cells."""
    width = sheet.max_column
    rows: Iterator[Any] = sheet.iter_rows(max_row=most, max_col=width and min(width, MOST_COLUMNS + 1))
    return rows


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, datetime):
        # A format may hide the hour, and the value keeps it; midnight formatted as a day is no hour.
        day = value.time() == _MIDNIGHT and "h" not in str(cell.number_format).casefold()
        return value.date().isoformat() if day else value.isoformat()
    if isinstance(value, timedelta):
        value = (_DAY_ZERO + value).time()
    elif isinstance(value, bool) or (isinstance(value, float) and value.is_integer()):
        value = int(value)
    return value.isoformat() if isinstance(value, date | time) else str(value)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    with path.open("rb") as stream:  # a stream: openpyxl refuses some file extensions
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # ignored styles and print areas change no value
                book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
        except (KeyError, ValueError, zipfile.BadZipFile, OSError) as error:
            raise InvalidInput.single(FIELD, _NOT_ONE) from error
        try:
            yield book
        finally:
            book.close()


def _refuse_archives(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            size = sum(info.file_size for info in archive.infolist())
            strings = sum(info.file_size for info in archive.infolist() if "sharedStrings" in info.filename)
    except (zipfile.BadZipFile, OSError) as error:
        raise InvalidInput.single(FIELD, _NOT_ONE) from error
    if "xl/workbook.xml" not in names:
        raise InvalidInput.single(FIELD, "c’est une archive .zip ; sortez-en le fichier de mesures.")
    refuse_expansion(path.stat().st_size, size, largest=LARGEST_WORKBOOK)
    refuse_expansion(path.stat().st_size, strings, largest=LARGEST_STRINGS)
