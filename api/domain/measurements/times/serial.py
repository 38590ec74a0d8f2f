"""Days as spreadsheets count them, where a cell lost its date format: 45628.25 is 2 December 2024, 6 a.m."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.domain.measurements.day_format import ISO, DayFormat
from api.domain.measurements.readings import is_missing

# From 1990 to 2063 in both calendars of Excel, that of 1900 and that of 1904.
_NUMBER = re.compile(r"[3-5]\d{4}(?:\.\d+)?", re.ASCII)
_MILLISECOND = 86_400_000  # of a day: a double is finer by far, its arithmetic is not


@dataclass(frozen=True)
class SerialFormat(DayFormat):
    """A column of day numbers of a workbook; other texts are read as ISO dates."""

    epoch: datetime = datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet's clock has no zone

    def iso(self, text: str) -> str:
        """Rewrite a day number as ISO 8601 does, to the millisecond; a whole number is a day.

        Raises:
            UnreadableCell: neither a day number nor an ISO date.
        """
        stripped = text.strip()
        if not _NUMBER.fullmatch(stripped):
            return ISO.iso(text)
        moment = self.epoch + timedelta(milliseconds=round(float(stripped) * _MILLISECOND))
        return moment.isoformat() if "." in stripped else moment.date().isoformat()


def serial_format(texts: Iterable[str], epoch: datetime) -> SerialFormat | None:
    """Return the format of a workbook's column of dates where most of its cells are day numbers."""
    cells = [text.strip() for text in texts if not is_missing(text)]
    if not cells or 2 * sum(_NUMBER.fullmatch(cell) is not None for cell in cells) <= len(cells):
        return None
    return SerialFormat("numéro de jour du tableur", ISO.pattern, epoch)
