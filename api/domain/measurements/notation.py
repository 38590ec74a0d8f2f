"""The notation of numbers and days in a file, and cells rewritten in the cockpit's own.

A cell is rewritten only where its meaning is beyond doubt: a text that could mean two numbers is refused by
name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from api.domain.measurements import day_format
from api.domain.measurements.day_format import DayFormat
from api.domain.measurements.readings import UnreadableCell
from api.domain.measurements.units import Conversion
from api.schemas import french

_SPACES = " \u00a0\u202f\u2009'’"
_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_GROUPED = re.compile(rf"([+-]?\d{{1,3}})((?:[{_SPACES}]\d{{3}})+)([.,]\d+)?", re.ASCII)
_ONE_MARK = re.compile(r"[+-]?(\d*)([.,])(\d+)(?:[eE][+-]?\d+)?", re.ASCII)


def _thousands(mark: str, decimal: str) -> re.Pattern[str]:
    """Return the pattern of thousands separated by a mark, beyond doubt.

    A decimal mark follows, or there are several groups.
    """
    mark, decimal = re.escape(mark), re.escape(decimal)
    return re.compile(rf"[+-]?\d{{1,3}}(?:(?:{mark}\d{{3}})+{decimal}\d+|(?:{mark}\d{{3}}){{2,}})", re.ASCII)


_THOUSANDS = {".": _thousands(",", "."), ",": _thousands(".", ",")}


@dataclass(frozen=True)
class Notation:
    """Decimal mark and date format of one file."""

    decimal: str = "."
    days: DayFormat = field(default=day_format.ISO)

    def number(self, text: str, conversion: Conversion | None = None) -> str:
        """Rewrite a number with a decimal dot, in the cockpit's unit; other texts are returned unchanged.

        Raises:
            UnreadableCell: the text could mean two numbers, or its decimal mark is not the file's.
        """
        dotted = self._dotted(text.strip())
        return dotted if conversion is None else conversion.text(dotted)

    def day(self, text: str) -> str:
        """Rewrite a day or instant in ISO 8601.

        Raises:
            UnreadableCell: another format than the file's.
        """
        return text if self.days is day_format.ISO else self.days.iso(text)

    def _dotted(self, text: str) -> str:
        text = text.replace(french.MINUS, "-")  # the typographic minus
        if self.decimal == "." and _PLAIN.fullmatch(text):
            return text
        if grouped := _GROUPED.fullmatch(text):
            mark = grouped[3][0] if grouped[3] else self.decimal
            if mark == self.decimal:
                digits = "".join(c for c in grouped[2] if c.isdecimal())
                return grouped[1] + digits + (grouped[3] or "").replace(",", ".")
        if _THOUSANDS[self.decimal].fullmatch(text):
            other = "," if self.decimal == "." else "."
            return text.replace(other, "").replace(",", ".")
        if match := _ONE_MARK.fullmatch(text):
            if match[2] == self.decimal:
                return text.replace(",", ".")
            raise UnreadableCell(_two_readings(text, match[2], match[1], match[3]))
        return text


def _two_readings(text: str, mark: str, whole: str, decimals: str) -> str:
    other = text.replace(mark, "," if mark == "." else ".")
    if len(decimals) == 3 and 1 <= len(whole) <= 3:
        return f"milliers ou décimales ? écrivez {text.replace(mark, '')} ou {other}."
    return f"{'virgule décimale' if mark == ',' else 'point décimal'} : écrivez {other}."


def decimal_evidence(text: str) -> str | None:
    """Return what a cell shows of the file's decimal mark.

    ``.`` or ``,``; ``?,`` where the comma may separate thousands or decimals; None where it shows nothing.
    """
    stripped = text.strip().replace(french.MINUS, "-")
    for decimal, pattern in _THOUSANDS.items():
        if pattern.fullmatch(stripped) and decimal in stripped:
            return decimal
    grouped = _GROUPED.fullmatch(stripped)
    if grouped and grouped[3]:
        return grouped[3][0]
    match = _ONE_MARK.fullmatch(stripped)
    if match is None:
        return None
    if len(match[3]) == 3 and 1 <= len(match[1]) <= 3 and match[1].lstrip("0"):
        return "?," if match[2] == "," else None
    return match[2]
