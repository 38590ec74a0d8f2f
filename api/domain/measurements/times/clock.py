"""The hours that real systems write behind a day.

.NET writes seven decimals of a second, PostgreSQL ``+00``, pandas ``+00:00``, Java a zone in brackets, an
American spreadsheet ``1:20 PM``, a day's last record ``24:00``.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from api.domain.measurements.readings import UnreadableCell

GAP = r"(?:[Tt]|,?[ \t\u00a0\u202f]+)"
_OFFSET = r"(?:Z|UTC|GMT)?[+-]\d{1,2}(?::?\d{2}(?::?\d{2})?)?|Z|UTC|GMT"
HOUR = (
    r"(?P<hour>\d{1,2})[:hH](?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?:[ \u00a0\u202f]*(?P<half>[AaPp])\.?[Mm]\.?)?"
    rf"(?:[ \u00a0\u202f]*(?P<offset>(?i:{_OFFSET}))(?:\[[\w/+-]{{1,40}}\])?)?"
)
_MIDNIGHT = re.compile(
    rf".*\d{GAP}(?:0{{1,2}}[:h]00(?::00(?:[.,]0+)?)?|12:00(?::00)? ?[Aa]\.?[Mm]\.?)", re.ASCII
)
_WITH_OFFSET = re.compile(rf".*:\d.*?(?i:{_OFFSET})(?:\[[\w/+-]{{1,40}}\])?", re.ASCII)
_LAST_HOUR, _LAST_SIXTIETH, _NOON = 23, 59, 12
_DIGITS = 6  # of a second: finer ones are cut


def is_midnight(text: str) -> bool:
    """Tell whether a time without offset shows midnight: what programs write where they know only the day."""
    return _MIDNIGHT.fullmatch(text) is not None


def has_offset(text: str) -> bool:
    """Tell whether a time says its own offset from UTC."""
    return _WITH_OFFSET.fullmatch(text) is not None


def moment(day: date, match: re.Match[str]) -> str:
    """Write a day and the hour that ``HOUR`` matched as ISO 8601; the day alone where there is no hour.

    Raises:
        UnreadableCell: the hour does not exist.
    """
    if match["hour"] is None:
        return day.isoformat()
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    fraction = (match["fraction"] or "")[:_DIGITS]
    if match["half"]:
        if not 1 <= hour <= _NOON:
            raise UnreadableCell("cette heure n’existe pas : avant AM ou PM, de 1 à 12.")
        hour = hour % _NOON + (_NOON if match["half"] in "pP" else 0)
    if (hour, minute, second) == (24, 0, 0) and not fraction.strip("0"):
        day, hour = day + timedelta(days=1), 0
    if hour > _LAST_HOUR or minute > _LAST_SIXTIETH or second > _LAST_SIXTIETH:
        raise UnreadableCell("cette heure n’existe pas (de 00:00:00 à 23:59:59, ou 24:00).")
    whole = f"{hour:02d}:{minute:02d}" + (f":{second:02d}" if match["second"] else "")
    return f"{day}T{whole}{'.' + fraction if fraction else ''}{offset(match['offset'])}"


def offset(text: str | None) -> str:
    """Write an offset as ISO 8601 does: ``+01:00`` or ``Z``; empty where there is none."""
    if text is None:
        return ""
    stripped = text.upper().removeprefix("UTC").removeprefix("GMT").removeprefix("Z")
    if not stripped:
        return "Z"
    digits = stripped[1:].replace(":", "")
    digits = digits.zfill(len(digits) + len(digits) % 2).ljust(4, "0")
    return stripped[0] + ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))
