"""A CSV file from outside: checked as a whole before anything is stored, then read line by line.

Each physical line is one row, so that a quote that is never closed spoils its own line and no other.
"""

from __future__ import annotations

import csv
import hashlib
import os
from codecs import getincrementaldecoder
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from api.domain.exceptions import InvalidInput

_FIELD = "fichier"
_BLOCK = 1 << 20  # bytes; also the longest line that is still taken for one
_REMEDY = "Enregistrez-le en CSV UTF-8, colonnes séparées par des virgules."
_OTHER_FORMATS = (
    (b"PK\x03\x04", "un classeur ou une archive"),
    (b"\xd0\xcf\x11\xe0", "un classeur Excel ancien"),
    (b"PAR1", "un fichier Parquet"),
    (b"\x1f\x8b", "un fichier compressé"),
    (b"\xff\xfe", "en UTF-16"),
    (b"\xfe\xff", "en UTF-16"),
)
_OTHER_SEPARATORS = {";": "des points-virgules", "\t": "des tabulations", "|": "des barres verticales"}


class Line(NamedTuple):
    """One row: its number in the file (the first is 1), its texts, and why they could not be told apart."""

    number: int
    cells: list[str]
    defect: str | None


@dataclass(frozen=True, slots=True)
class CsvSource:
    """A file that passed the checks that need no row: what it is, and how to read it."""

    path: Path
    sha256: str
    header: tuple[str, ...]
    header_line: int
    approximate_rows: int
    _signature: tuple[int, int]

    def lines(self) -> Iterator[Line]:
        """The rows below the header; blank lines are no rows.

        Raises:
            InvalidInput: the file was changed while it was read; what was already stored stays valid.
        """
        width = len(self.header)
        try:
            with self.path.open(encoding="utf-8-sig") as stream:
                for number, text in enumerate(stream, start=1):
                    if number <= self.header_line or _is_blank(text):
                        continue
                    yield _line(number, text, width)
                changed = _signature(os.fstat(stream.fileno())) != self._signature
        except UnicodeDecodeError:
            changed = True
        if changed:
            raise InvalidInput.single(
                _FIELD, "il a changé pendant sa lecture ; relancez une fois qu’il est complet."
            )


def open_csv(path: Path) -> CsvSource:
    """Check a file from end to end: it is there, it is UTF-8 text, its header has comma-separated names.

    Raises:
        InvalidInput: with the reason and what to do, in French.
    """
    if path.is_dir():
        raise InvalidInput.single(_FIELD, "c’est un dossier ; donnez le chemin d’un fichier CSV.", path.name)
    try:
        signature = _signature(path.stat())
        sha256, line_ends = _digest(path)
        number, text = _first_line(path)
    except FileNotFoundError as error:
        raise InvalidInput.single(_FIELD, "introuvable ; vérifiez le chemin.", path.name) from error
    except OSError as error:
        raise InvalidInput.single(_FIELD, "illisible ; vérifiez les droits d’accès.", path.name) from error
    line = _line(number, text, None)
    if line.defect:
        raise InvalidInput.single(_FIELD, f"en-tête illisible : {line.defect}")
    return CsvSource(path, sha256, tuple(line.cells), number, max(0, line_ends - number), signature)


def _digest(path: Path) -> tuple[str, int]:
    """SHA-256 of the file and its number of lines; the text is decoded only to know that it can be."""
    digest, lines, decoder, last = hashlib.sha256(), 0, getincrementaldecoder("utf-8")(), b"\n"
    with path.open("rb") as stream:
        _refuse_other_formats(stream.read(8))
        stream.seek(0)
        try:
            while block := stream.read(_BLOCK):
                if len(block) == _BLOCK and b"\n" not in block and b"\r" not in block:
                    raise InvalidInput.single(
                        _FIELD, f"une ligne dépasse 1 Mo : ce n’est pas un CSV. {_REMEDY}"
                    )
                decoder.decode(block)
                digest.update(block)
                lines += max(block.count(b"\n"), block.count(b"\r"))
                last = block[-1:]
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            raise InvalidInput.single(_FIELD, f"il n’est pas en UTF-8. {_REMEDY}") from error
    return digest.hexdigest(), lines + (last not in b"\r\n")


def _refuse_other_formats(start: bytes) -> None:
    if not start:
        raise InvalidInput.single(_FIELD, "il est vide.")
    kind = next((name for magic, name in _OTHER_FORMATS if start.startswith(magic)), None)
    if kind is None and b"\0" in start:
        kind = "un fichier binaire"
    if kind:
        raise InvalidInput.single(_FIELD, f"c’est {kind} ; seul le CSV UTF-8 est lu. {_REMEDY}")


def _first_line(path: Path) -> tuple[int, str]:
    with path.open(encoding="utf-8-sig") as stream:
        for number, text in enumerate(stream, start=1):
            if not _is_blank(text):
                _refuse_other_separators(text)
                return number, text
    raise InvalidInput.single(_FIELD, "il ne contient aucune ligne.")


def _refuse_other_separators(header: str) -> None:
    for separator, name in _OTHER_SEPARATORS.items():
        if header.count(separator) > header.count(","):
            raise InvalidInput.single(_FIELD, f"ses colonnes sont séparées par {name}. {_REMEDY}")


def _line(number: int, text: str, width: int | None) -> Line:
    """One physical line; ``width`` is how many cells the header promises."""
    if '"' not in text:
        cells = text.rstrip("\r\n").split(",")
    else:
        try:
            cells = next(csv.reader([text], strict=True))
        except csv.Error:
            return Line(number, [], "guillemets mal placés ou non fermés.")
    if width is not None and len(cells) != width:
        many = "trop de" if len(cells) > width else "trop peu de"
        return Line(number, [], f"{many} colonnes : {len(cells)} au lieu de {width}.")
    return Line(number, cells, None)


def _is_blank(text: str) -> bool:
    """Empty, or only separators, as spreadsheets leave below a table."""
    return not text.strip(", \t\r\n")


def _signature(status: os.stat_result) -> tuple[int, int]:
    return status.st_size, status.st_mtime_ns
