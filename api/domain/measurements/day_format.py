"""The date format of a column: the same for all its rows, named by a person or beyond doubt."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from api.domain.measurements.readings import UnreadableCell, is_missing
from api.domain.measurements.times.clock import GAP, HOUR, moment
from api.domain.shared.exceptions import InvalidInput, UnclearFile
from api.schemas import french

FIELD = "date_format"
_TIME = rf"(?:{GAP}{HOUR})?"
_PARTS = {"AAAA": r"(?P<year>\d{4})", "MM": r"(?P<month>\d{1,2})", "JJ": r"(?P<day>\d{1,2})"}


_LIKELY = tuple(
    (re.compile(pattern, re.ASCII), reason)
    for pattern, reason in (
        (r"\d{5}(?:[.,]\d+)?", "ceci est un numéro de jour de tableur : donnez à la colonne le format date"),
        (r"1\d{9}", "ceci compte des secondes depuis 1970 : exportez des dates"),
        (r"1\d{12}", "ceci compte des millisecondes depuis 1970 : exportez des dates"),
        (r"(?:19|20)\d{6}", "si c’est une date, nommez le format AAAAMMJJ"),
        (r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2}(?:\D.*)?", "une année s’écrit avec quatre chiffres"),
        (
            r"\d{4}-\d{1,2}-\d{1,2}\D.*\d\s*[A-Za-z]{3,5}",
            "fuseau en lettres : écrivez le décalage, comme +01:00",
        ),
        (r"\d{4}-\d{1,2}-\d{1,2}\D.+", "l’heure est attendue comme 13:05 ou 13:05:30, décalage derrière"),
    )
)


@dataclass(frozen=True)
class DayFormat:
    """A way of writing days, with or without an hour behind."""

    name: str
    pattern: re.Pattern[str]

    def day(self, text: str) -> date | None:
        """Return the calendar day of a text in this format; None where the text is no day."""
        match = self.pattern.fullmatch(text)
        if match is None:
            return None
        try:
            return date(int(match["year"]), int(match["month"]), int(match["day"]))
        except ValueError:
            return None

    def iso(self, text: str) -> str:
        """Rewrite a day or instant as ISO 8601 does; missing cells stay as they are.

        Raises:
            UnreadableCell: another format than the column's, or a day or an hour that does not exist.
        """
        stripped = text.strip().replace(french.MINUS, "-")
        if is_missing(stripped):
            return stripped
        match = self.pattern.fullmatch(stripped)
        if match is None:
            raise UnreadableCell(f"date attendue au format {self.name}{_likely_reason(stripped)}.")
        day = self.day(stripped)
        if day is None:
            raise UnreadableCell("cette date n’existe pas dans le calendrier.")
        try:
            return moment(day, match)
        except OverflowError as error:
            raise UnreadableCell("cette date ou ce décalage n’existe pas.") from error


def _likely_reason(text: str) -> str:
    """Say what a text that is no date in the column's format looks like."""
    return next((f" ; {reason}" for pattern, reason in _LIKELY if pattern.fullmatch(text)), "")


def _format(name: str) -> DayFormat:
    pattern = re.escape(name)
    for part, group in _PARTS.items():
        pattern = pattern.replace(part, group)
    return DayFormat(name, re.compile(pattern + _TIME, re.ASCII))


_FORMATS = {
    name: _format(name)
    for name in (
        "AAAA-MM-JJ", "AAAA/MM/JJ", "AAAA.MM.JJ", "AAAAMMJJ",
        "JJ/MM/AAAA", "MM/JJ/AAAA", "JJ-MM-AAAA", "MM-JJ-AAAA", "JJ.MM.AAAA", "MM.JJ.AAAA",
    )
}  # fmt: skip
# Eight digits in a row: month and day have two each.
_FORMATS["AAAAMMJJ"] = DayFormat(
    "AAAAMMJJ", re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})" + _TIME, re.ASCII)
)
NAMES = tuple(_FORMATS)
ISO = _FORMATS["AAAA-MM-JJ"]


def named_format(name: str) -> DayFormat:
    """Return the format of that name.

    Raises:
        InvalidInput: there is no such format.
    """
    try:
        return _FORMATS[name.strip().upper()]
    except KeyError:
        raise InvalidInput.single(
            FIELD, f"format de date inconnu ; au choix : {', '.join(NAMES)}.", name
        ) from None


def column_format(texts: Iterable[str], named: DayFormat | None, column: str = "") -> DayFormat:
    """Return the format of one column of dates: the one that a person named, unless it reads none of them.

    A file may write its measurements ``21/04/2024`` and its visits ``2024-05-02``: the name given for the one
    must not spoil the other.

    Raises:
        UnclearFile: as :func:`find_format`.
    """
    tokens = {text.strip() for text in texts if not is_missing(text)}
    if named is None:
        return find_format(tokens, column)
    if not tokens or any(named.day(token) for token in tokens):
        return named
    try:
        found = find_format(tokens, column)
    except UnclearFile:
        return named
    return found if any(found.day(token) for token in tokens) else named


def find_format(texts: Iterable[str], column: str = "") -> DayFormat:
    """Return the format in which a column's dates are written.

    It is the format that reads the most of the distinct texts; other texts are then refused one by one.

    Args:
        texts: the distinct texts of the column's cells; missing ones do no harm.
        column: its name, for the refusal.

    Raises:
        UnclearFile: days and months could be swapped, are swapped from row to row, or two formats are equally
            frequent; the remedy is to name the format.
    """
    tokens = {text.strip() for text in texts if not is_missing(text)}
    read = {name: {t for t in tokens if form.day(t)} for name, form in _FORMATS.items() if name != "AAAAMMJJ"}
    best = max(map(len, read.values()), default=0)
    if not best:
        return ISO
    # Day first and month first share the texts whose two numbers are twelve or less: one shape, two orders.
    shapes = {name: read[name] | read.get(_swapped(name), set()) for name in read}
    largest = max(map(len, shapes.values()))
    first, *others = [name for name, covered in shapes.items() if len(covered) == largest]
    where = f"{column} : " if column else ""
    if any(other != _swapped(first) for other in others):
        raise UnclearFile.single(
            FIELD,
            f"{where}les dates sont écrites de deux façons ({first} et {others[-1]}) ; {_remedy(first)}",
        )
    if not others:
        return _FORMATS[first]
    return _ordered(first, _swapped(first), read, where)


def _ordered(first: str, second: str, read: dict[str, set[str]], where: str) -> DayFormat:
    """Choose, of two orders of day and month, the one that some texts prove and none contradicts."""
    proves, contradicts = read[first] - read[second], read[second] - read[first]
    if proves and contradicts:
        raise UnclearFile.single(
            FIELD,
            f"{where}jour et mois changent de place d’une ligne à l’autre"
            f" (« {min(proves)} », « {min(contradicts)} ») ; {_remedy(first)}",
        )
    if not proves and not contradicts:
        raise UnclearFile.single(
            FIELD,
            f"{where}jour et mois pourraient être échangés (« {min(read[first])} » se lit de deux façons) ;"
            f" {_remedy(first)}",
            min(read[first]),
        )
    return _FORMATS[first if proves else second]


def _swapped(name: str) -> str:
    if name.startswith("AAAA"):
        return name
    return name.replace("JJ", "?").replace("MM", "JJ").replace("?", "MM")


def _remedy(name: str) -> str:
    other = _swapped(name)
    choice = f"« {name} »" if other == name else f"« {name} » ou « {other} »"
    return f"précisez le format des dates : {choice}."
