"""What the cells of a table are sorted by, read back from their French texts. No Streamlit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

from api.schemas import french
from api.schemas.vocabulary import RiskLevel, folded

_DATE = re.compile(r"(\d{2})/(\d{2})/(\d{4})(?: (?:à )?([\d:]+))?")
_NUMBER = re.compile(rf"[<>+\s]*({french.MINUS}?\d[\d{french.THIN}]*(?:,\d+)?)\s*(\D*)")
_MILLI = "ms"


def order_of(value: Any) -> tuple[Any, ...]:
    """Return what a cell is sorted by: a number, a day, else its text, in which 2 stands before 10.

    French texts are read back: « 02/12/2026 à 06:00 », « 1 234 € », « 12 ms ».
    """
    if isinstance(value, RiskLevel):
        return (0, -list(RiskLevel).index(value))
    if not isinstance(value, str):
        return (0, value)
    if day := _DATE.match(value):
        return (1, *day.group(3, 2, 1), day.group(4) or "")
    if number := _NUMBER.fullmatch(value):
        digits, unit = number.group(1, 2)
        size = float(digits.replace(french.THIN, "").replace(",", ".").replace(french.MINUS, "-"))
        return (0, size / 1000 if unit.strip() == _MILLI else size)
    parts = [part for part in re.split(r"(\d+)", folded(value)) if part]
    return (2, *((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts))


def missing(value: Any) -> bool:
    """Tell whether a cell holds nothing."""
    return value is None or value is pd.NaT or value != value or value in ("", french.NOTHING)  # noqa: PLR0124 - NaN


def are_figures(cells: Sequence[str]) -> bool:
    """Tell whether the cells are quantities, which are compared digit under digit."""
    filled = [cell for cell in cells if cell != french.NOTHING]
    return bool(filled) and all(_NUMBER.fullmatch(cell) for cell in filled)
