"""The time zone of a file's hours: stated by a mapping, a column's name or a comment, else that of Paris."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from api.domain.measurements.readings import printable
from api.domain.shared.exceptions import InvalidInput, UnclearFile
from api.schemas import french

FIELD = "timezone"
_FIXED = re.compile(r"(?:UTC|GMT)? ?([+-])(\d{1,2})(?::?(\d{2}))?", re.ASCII | re.IGNORECASE)
_NAMED = re.compile(r"[A-Z][A-Za-z_]+(?:/[A-Za-z0-9_+-]+){1,2}", re.ASCII)
_UTC = frozenset({"utc", "gmt", "z", "zulu", "utc+0", "utc±0", "temps universel"})
# A fixed offset for some programs, the legal time with its summer for others.
_TWO_MEANINGS = frozenset({"cet", "cest", "met", "mest", "mez", "mesz", "wet", "eet", "est", "bst", "ist"})
_WORDS = (
    r"UTC ?[+-]\d{1,2}(?::?\d{2})?|GMT ?[+-]\d{1,2}(?::?\d{2})?|[+-]\d{2}:\d{2}|UTC|GMT|"
    r"[A-Z][A-Za-z_]+/[A-Za-z_]+(?:/[A-Za-z_]+)?|" + "|".join(sorted(each.upper() for each in _TWO_MEANINGS))
)
_IN_NAME = re.compile(rf"(?:^|[\s_(\[])({_WORDS})[)\]]?\s*$", re.ASCII)
_IN_COMMENT = re.compile(
    r"(?:time[ _-]?zone|\btz\b|fuseau(?: horaire)?|zeitzone|huso horario|"
    r"(?:times?|timestamps?|heures?|horaires?|dates?)\b[^:=;,.()]{0,30}?)"
    rf"\s*(?:[:=;,]|\bis\b|\bare\b|\bin\b|\ben\b|\(|\s)\s*({_WORDS})\b",
    re.ASCII | re.IGNORECASE,
)
_MOMENT = re.compile(r"\d{1,2}:\d{2}")  # « exported at 10:00 UTC » speaks of the export


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone, its name, and where it was stated (French; empty where it is the default)."""

    tz: tzinfo
    name: str
    stated: str = ""

    @property
    def words(self) -> str:
        """How the report names it."""
        return f"{self.name} ({self.stated or 'par défaut : le fichier n’en donne pas'})"


PARIS = Zone(french.PARIS, french.PARIS.key)
OWN_OFFSETS = Zone(french.PARIS, "décalage de chaque heure", "donné par le fichier")


def read_zone(text: str, stated: str) -> Zone:
    """Return the zone of that name: ``UTC``, ``UTC+01:00`` or ``Europe/Paris``.

    Raises:
        UnclearFile: no such zone, or a name with two meanings, such as ``CET``.
    """
    name = text.strip()
    if name.casefold() in _UTC:
        return Zone(UTC, "UTC", stated)
    if match := _FIXED.fullmatch(name):
        shift = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        if shift < timedelta(hours=15):  # +14:00 is the world's largest
            signed = -shift if match[1] == "-" else shift
            return Zone(timezone(signed), f"UTC{match[1]}{int(match[2]):02d}:{match[3] or '00'}", stated)
    if _NAMED.fullmatch(name):
        try:
            return Zone(ZoneInfo(name), name, stated)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass
    raise UnclearFile.single(FIELD, _unknown(name), printable(name))


def named_zone(text: str) -> str:
    """Check the zone that a mapping states, and return its name.

    Raises:
        InvalidInput: no such zone, or a name with two meanings.
    """
    try:
        return read_zone(text, "").name
    except UnclearFile as error:
        raise InvalidInput(error.errors) from error


def zone_of(mapping: str | None, names: Iterable[str], comments: Iterable[tuple[int, str]]) -> Zone:
    """Return the zone of a file's hours that have no offset of their own.

    Args:
        mapping: what a person states; it prevails.
        names: of the columns that hold the time, as in ``Date (UTC)``.
        comments: line number and text of the lines above the header.

    Raises:
        UnclearFile: column and comment contradict each other, or a name has two meanings.
    """
    if mapping:
        return read_zone(mapping, "correspondance")
    stated = [read_zone(word, f"en-tête « {printable(name)} »") for name in names if (word := zone_in(name))]
    for line, text in comments:
        if (match := _IN_COMMENT.search(text)) and not _MOMENT.search(text[: match.start(1)]):
            stated.append(read_zone(match[1], f"commentaire de la ligne {french.number(line)}"))
    if len({zone.name for zone in stated}) > 1:
        raise UnclearFile.single(
            FIELD,
            f"le fichier annonce {stated[0].words} et {stated[-1].words} : donnez le bon fuseau dans une"
            " correspondance, par exemple timezone = « UTC ».",
        )
    return stated[0] if stated else PARIS


def zone_in(name: str) -> str | None:
    """Return the zone that a column's name states, in brackets or as its last word; None without."""
    match = _IN_NAME.search(name.strip())
    return match[1] if match else None


def _unknown(name: str) -> str:
    if name.casefold() in _TWO_MEANINGS:
        return (
            f"« {printable(name)} » a deux sens, l’heure d’hiver toute l’année ou l’heure légale avec son"
            " été : donnez le fuseau dans une correspondance, par exemple timezone = « Europe/Paris » ou"
            " timezone = « +01:00 »."
        )
    return (
        f"fuseau « {printable(name)} » inconnu ; attendu : UTC, un décalage (+01:00) ou un nom comme"
        " Europe/Paris."
    )
