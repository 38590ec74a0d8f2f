"""The date format of a file: the same for all its rows, named by a person or beyond doubt."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from api.domain.measurements.readings import UnreadableCell, is_missing
from api.domain.shared.exceptions import InvalidInput, UnclearFile

FIELD = "date_format"
_TIME = r"(?:[T ]+(?P<time>\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)\s*(?P<offset>Z|[+-]\d{2}:?\d{2})?)?"
_PARTS = {"AAAA": r"(?P<year>\d{4})", "MM": r"(?P<month>\d{1,2})", "JJ": r"(?P<day>\d{1,2})"}


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
            UnreadableCell: another format than the file's, or a day that does not exist.
        """
        stripped = text.strip()
        if is_missing(stripped):
            return stripped
        match = self.pattern.fullmatch(stripped)
        if match is None:
            raise UnreadableCell(f"date attendue au format {self.name}, celui du fichier.")
        day = self.day(stripped)
        if day is None:
            raise UnreadableCell("cette date n’existe pas dans le calendrier.")
        if match["time"] is None:
            return day.isoformat()
        hour, rest = match["time"].replace(",", ".").split(":", 1)
        whole, _, fraction = rest.partition(".")
        return f"{day}T{hour:0>2}:{whole}{'.' + fraction[:6] if fraction else ''}{match['offset'] or ''}"


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


def find_format(texts: Iterable[str]) -> DayFormat:
    """Return the format in which a file's dates are written.

    It is the format that reads the most of the distinct texts; other texts are then refused one by one.

    Args:
        texts: the distinct texts of the file's date cells; missing ones do no harm.

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
    if any(other != _swapped(first) for other in others):
        raise UnclearFile.single(
            FIELD, f"les dates sont écrites de deux façons ({first} et {others[-1]}) ; {_remedy(first)}"
        )
    if not others:
        return _FORMATS[first]
    return _ordered(first, _swapped(first), read)


def _ordered(first: str, second: str, read: dict[str, set[str]]) -> DayFormat:
    """Choose, of two orders of day and month, the one that some texts prove and none contradicts."""
    proves, contradicts = read[first] - read[second], read[second] - read[first]
    if proves and contradicts:
        raise UnclearFile.single(
            FIELD,
            "jour et mois changent de place d’une ligne à l’autre"
            f" (« {min(proves)} », « {min(contradicts)} ») ; {_remedy(first)}",
        )
    if not proves and not contradicts:
        raise UnclearFile.single(
            FIELD,
            f"jour et mois pourraient être échangés (« {min(read[first])} » se lit de deux façons) ;"
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
