"""The notation of numbers, days and hours in a file, and cells read by it.

A cell is rewritten only where its meaning is beyond doubt: a text that could mean two numbers is refused by
name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from api.domain.measurements import day_format
from api.domain.measurements.day_format import DayFormat
from api.domain.measurements.readings import UnreadableCell
from api.domain.measurements.times.clock import is_midnight
from api.domain.measurements.times.instants import MeasuredTime, read_plan, read_time
from api.domain.measurements.times.zones import PARIS, Zone
from api.domain.measurements.units import Conversion
from api.schemas import french

_DAY = len("AAAA-MM-JJ")
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
    """Decimal mark, date formats and time zone of one file.

    Attributes:
        decimal: ``.`` or ``,``.
        days: format of the measurements' dates.
        planned: format of the planned visits'; None: the same.
        zone: of the hours that have no offset of their own.
        whole_days: every time shows midnight and none an offset: they are days, written by a program that
            writes an hour behind each date.
    """

    decimal: str = "."
    days: DayFormat = field(default=day_format.ISO)
    planned: DayFormat | None = None
    zone: Zone = PARIS
    whole_days: bool = False

    def number(self, text: str, conversion: Conversion | None = None) -> str:
        """Rewrite a number with a decimal dot, in the cockpit's unit; other texts are returned unchanged.

        Raises:
            UnreadableCell: the text could mean two numbers, or its decimal mark is not the file's.
        """
        dotted = self._dotted(text.strip())
        return dotted if conversion is None else conversion.text(dotted)

    def time(self, text: str, today: date) -> MeasuredTime:
        """Read the time of a measurement; see :func:`read_time`.

        Raises:
            UnreadableCell: another format than the column's, or a time that cannot be.
        """
        iso = text if self.days is day_format.ISO else self.days.iso(text)
        if self.whole_days and is_midnight(text.strip()):
            iso = self.days.iso(text)[:_DAY]
        return read_time(iso, today, self.zone.tz)

    def plan(self, text: str, known_on: date) -> date | None:
        """Read the day of a planned visit; see :func:`read_plan`.

        Raises:
            UnreadableCell: another format than the column's, or a day too far from the measurement.
        """
        form = self.planned or self.days
        return read_plan(text if form is day_format.ISO else form.iso(text), known_on)

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
