"""The one writer of CSV files. No cell of it is a formula: a spreadsheet runs nothing that somebody typed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

BOM = "\ufeff"  # without it Excel reads accents as Latin-1
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠\t\r|]")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?", re.ASCII)


def sheet_lines(rows: Iterable[Sequence[object]]) -> str:
    """Write rows for a French spreadsheet: semicolons, CRLF. :data:`BOM` comes before the first."""
    return _lines(rows, ";", "\r\n")


def data_lines(rows: Iterable[Sequence[object]]) -> str:
    """Write rows for programs: commas, LF, decimal dots."""
    return _lines(rows, ",", "\n")


def inert(cell: object) -> object:
    """Put an apostrophe before a text that a spreadsheet would run as a formula; a number stays a number."""
    if not isinstance(cell, str):
        return cell
    text = cell.replace("\r\n", "\n").replace("\r", "\n")  # the csv module leaves a lone CR unquoted
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def _lines(rows: Iterable[Sequence[object]], delimiter: str, end: str) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end)
    writer.writerows([inert(cell) for cell in row] for row in rows)
    return text.getvalue()


def amount_kind(amount: float | None, *, indicative: bool) -> str:
    """Say in a cell beside an amount that it is indicative; empty beside another, or none."""
    return "indicatif" if indicative and amount is not None else ""
