"""From the physical lines of a CSV file to its records: a quoted cell may hold line breaks.

A line inside an open quote is never a record of its own: nothing is taken until the quote closes.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from itertools import pairwise

from api.schemas import french
from api.services.measurements.files.table_file import Line, fitted

_LONGEST = 1 << 20  # characters of one record; beyond, its quote was opened by mistake
_UNFINISHED = "unexpected end"  # of data, in the words of the csv module
_MISPLACED, _OPEN = "guillemets mal placés", "guillemet ouvert et jamais refermé"
_NUL = "octet nul (0x00) : fichier coupé pendant son écriture, ou disque abîmé ; exportez-le à nouveau."
_COMMAS = (
    " Les nombres ont une virgule décimale dans un fichier séparé par des virgules : exportez-le avec des"
    " points-virgules."
)
Numbered = Iterator[tuple[int, str]]


class Unfinished(ValueError):
    """A quote is open at the end of the text."""


class Misplaced(ValueError):
    """A quote stands where none may."""


def split(text: str, separator: str) -> list[str]:
    """Split a record at its separators.

    Raises:
        Unfinished: a quote is still open: the record goes on.
        Misplaced: a quote stands where none may.
    """
    if '"' not in text:
        return text.rstrip("\r\n").split(separator)
    try:
        return next(csv.reader(text.splitlines(keepends=True), strict=True, delimiter=separator))
    except csv.Error as error:
        raise (Unfinished if _UNFINISHED in str(error) else Misplaced) from error


def records(lines: Numbered, width: int, separator: str) -> Iterator[Line]:
    """Yield a record, or several refused lines, for each line that is neither blank nor a comment.

    Args:
        lines: numbers and texts below the header, line ends included.
        width: cells of the header.
        separator: of the file.
    """
    blank = separator + " \t\r\n"
    for number, text in lines:
        if '"' in text:
            yield from _quoted(number, text, lines, width, separator)
        elif text.strip(blank):
            cells = text.rstrip("\n").split(separator)
            if text[0] in "#/" and _is_comment(text, cells, width):
                continue
            if len(cells) == width and "\0" not in text:
                yield Line(number, cells, None)
            else:
                yield _odd(number, text, cells, width, separator)


def _quoted(number: int, text: str, lines: Numbered, width: int, separator: str) -> Iterator[Line]:
    """Yield the record that begins with a line that has a quote, or refuse every line that it covers."""
    covered, held, is_open = [number], text, text.count('"') % 2 == 1
    while True:
        try:
            yield _odd(number, held, split(held, separator), width, separator)
            return
        except Unfinished:
            closed, held = _closing(lines, covered, held)
        except Misplaced:
            closed = not is_open or _closing(lines, covered, "")[0]
            yield from _refused(covered, _MISPLACED if closed else _OPEN)
            return
        if not closed or len(held) > _LONGEST:
            yield from _refused(covered, _OPEN)
            return
        is_open = False


def _closing(lines: Numbered, covered: list[int], held: str) -> tuple[bool, str]:
    """Read on to the line that closes a quote; return whether there is one, and the text so far.

    A text beyond the longest record is cut: its quote was opened by mistake.
    """
    parts, size = [held], len(held)
    for number, text in lines:
        covered.append(number)
        if size <= _LONGEST:
            parts.append(text)
            size += len(text)
        if text.count('"') % 2:
            return True, "".join(parts)
    return False, ""


def _refused(covered: Sequence[int], reason: str) -> Iterator[Line]:
    first, last = covered[0], covered[-1]
    span = "" if first == last else f" ; rien n’est pris jusqu’à la ligne {french.number(last)}"
    yield Line(first, [], f"{reason}{span}. Doublez un guillemet qui fait partie du texte.")
    for number in covered[1:]:
        yield Line(
            number, [], f"dans une cellule entre guillemets ouverte à la ligne {french.number(first)}."
        )


def _odd(number: int, text: str, cells: list[str], width: int, separator: str) -> Line:
    """Fit a record of another width than the header's, and name what is wrong with it."""
    if "\0" in text:
        return Line(number, [], _NUL)
    if len(cells) < width and not text.endswith("\n"):
        counts = f"{french.counted(len(cells), 'colonne')} au lieu de {french.number(width)}"
        return Line(number, [], f"dernière ligne coupée : {counts} ; exportez le fichier à nouveau.")
    line = fitted(number, cells, width)
    if line.defect is not None and separator == "," and _decimals_apart(cells):
        return line._replace(defect=line.defect + _COMMAS)
    return line


def _decimals_apart(cells: Sequence[str]) -> bool:
    """Tell whether cells look like the two halves of numbers: whole numbers, one behind the other."""
    whole = [cell.strip().removeprefix("-").isdecimal() for cell in cells]
    pairs = sum(first and second for first, second in pairwise(whole))
    return pairs > 1 and not any("." in cell for cell in cells)


def _is_comment(text: str, cells: Sequence[str], width: int) -> bool:
    """Tell a comment from a row whose turbine is named « #5 »."""
    return text.startswith("//") or (
        text[0] == "#" and (len(cells) != width or cells[0].strip() == "#" or text.startswith("# "))
    )
