"""From a text to the time of a measurement: a day stays a day, an hour becomes an instant in UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple

from api.domain.measurements.day_format import ISO
from api.domain.measurements.readings import MISSING, UnreadableCell, is_missing
from api.schemas import french

# A logger whose clock was never set answers 1970 (Unix) or 1980 (GPS); France's first wind farm,
# Port-la-Nouvelle, dates from 1991.
EARLIEST = date(1990, 1, 1)
_YEARS_AHEAD, _YEARS_BACK = timedelta(days=5 * 366), timedelta(days=366)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2}(:\d{2})?)?",
    re.ASCII,
)


class MeasuredTime(NamedTuple):
    """The time of a measurement: the day in Europe/Paris, and the UTC instant where the source gives it."""

    on: date
    at: datetime | None


@lru_cache(maxsize=4_096)  # a file names the same days again and again
def read_day(text: str) -> date:
    """Read a calendar day written YYYY-MM-DD, and in no other way.

    Raises:
        UnreadableCell: empty, another format, or a day that does not exist.
    """
    stripped = text.strip()
    if stripped.casefold() in MISSING:
        raise UnreadableCell("la date est vide.")
    if not _DAY.fullmatch(stripped):
        raise UnreadableCell("date attendue au format AAAA-MM-JJ.")
    try:
        return date.fromisoformat(stripped)
    except ValueError as error:
        raise UnreadableCell("cette date n’existe pas dans le calendrier.") from error


def read_time(text: str, today: date, zone: tzinfo = french.PARIS) -> MeasuredTime:
    """Read the time of a measurement; a day stays a day, no hour is invented.

    Args:
        text: an ISO day, or an ISO instant as real systems write it, with or without its offset.
        today: the present day in Europe/Paris; later ones are refused.
        zone: of the hours without an offset.

    Raises:
        UnreadableCell: another format, an hour that a change of clocks skips or repeats, the future, or a day
            before any wind farm.
    """
    time = _read_time(text.strip(), zone)
    if time.on > today:
        raise UnreadableCell(f"date future (aujourd’hui : {french.date(today)}).")
    if time.on < EARLIEST:
        raise UnreadableCell(f"date antérieure au {french.date(EARLIEST)} ; vérifiez l’horloge de la source.")
    return time


def read_plan(text: str, known_on: date) -> date | None:
    """Read the day of a planned visit; None where there is none.

    Raises:
        UnreadableCell: not a day, or so far from the measurement that the year must be wrong.
    """
    if is_missing(text):
        return None
    planned = _read_time(text.strip(), french.PARIS).on
    if planned - known_on > _YEARS_AHEAD:
        raise UnreadableCell("visite prévue plus de 5 ans après la mesure ; vérifiez l’année.")
    if known_on - planned > _YEARS_BACK:
        raise UnreadableCell("visite prévue plus d’un an avant la mesure ; vérifiez l’année.")
    return planned


@lru_cache(maxsize=4096)
def _read_time(text: str, zone: tzinfo) -> MeasuredTime:
    """Read a time; cached, since the rows of a file share few days."""
    if _DAY.fullmatch(text) or text.casefold() in MISSING:
        return MeasuredTime(read_day(text), None)
    if not _INSTANT.fullmatch(text):
        text = ISO.iso(text)
        if _DAY.fullmatch(text):
            return MeasuredTime(read_day(text), None)
    try:
        moment = datetime.fromisoformat(text)
        instant = _from_zone(moment, zone) if moment.tzinfo is None else moment.astimezone(UTC)
        return MeasuredTime(french.paris_day(instant), instant)
    except (ValueError, OverflowError) as error:
        raise UnreadableCell(
            error.reason if isinstance(error, UnreadableCell) else "cette date ou ce décalage n’existe pas."
        ) from error


def _from_zone(naive: datetime, zone: tzinfo) -> datetime:
    """Return the instant at which clocks in a zone show ``naive``."""
    instant = naive.replace(tzinfo=zone)
    first, second = instant.utcoffset(), instant.replace(fold=1).utcoffset()
    if first != second:
        exists = instant.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == naive
        choice = " ou ".join(
            f"{each:%z}"[:3] + ":" + f"{each:%z}"[3:] for each in (instant, instant.replace(fold=1))
        )
        raise UnreadableCell(
            f"heure qui existe deux fois (passage à l’heure d’hiver) : ajoutez le décalage, {choice}."
            if exists
            else f"heure qui n’existe pas (passage à l’heure d’été) : ajoutez le décalage, {choice}, ou dites"
            " le fuseau de la source."
        )
    return instant.astimezone(UTC)
