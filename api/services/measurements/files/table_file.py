"""A file of rows, whatever its format: what it is, and the checks that need no row."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from api.domain.shared.exceptions import InvalidInput
from api.schemas import french

FIELD = "fichier"
BLOCK = 1 << 20  # bytes
SEARCHED_LINES = 50  # above a header, for titles and comments
Signature = tuple[int, int]
IsHeader = Callable[[Sequence[str]], bool]


class Line(NamedTuple):
    """One row: its number in the file (from 1), its cells, and why they could not be separated."""

    number: int
    cells: list[str]
    defect: str | None


@dataclass(frozen=True, kw_only=True)
class TableFile(ABC):
    """A file that passed the checks that need no row: what it is, and how to read it.

    Attributes:
        kind: ``csv``, ``csv.gz``, ``xlsx``, ``parquet`` or ``json``.
        header_line: line number of the header; the lines above are titles or comments.
        approximate_rows: about how many rows it has.
        encoding: of a text file.
        separator: of a text file.
        above: the lines above the header that are not blank, with their numbers.
        epoch: the day 0 of a workbook, where its dates may be numbers.
    """

    path: Path
    sha256: str
    signature: Signature
    kind: str
    header: tuple[str, ...]
    header_line: int
    approximate_rows: int
    encoding: str | None = None
    separator: str | None = None
    above: tuple[tuple[int, str], ...] = ()
    epoch: datetime | None = None

    @abstractmethod
    def rows(self) -> Iterator[Line]:
        """Yield the rows below the header, without blank ones."""

    def lines(self) -> Iterator[Line]:
        """Yield the rows below the header, and check at the end that the file did not change.

        Raises:
            InvalidInput: the file changed while it was read; rows already stored stay valid.
        """
        try:
            yield from self.rows()
            changed = signature_of(self.path) != self.signature
        except (UnicodeDecodeError, OSError, EOFError):
            changed = True
        if changed:
            raise InvalidInput.single(
                FIELD, "il a changé pendant sa lecture ; relancez une fois qu’il est complet."
            )


def signature_of(path: Path) -> Signature:
    """Return size [bytes] and time of the last change [ns]."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def identify(path: Path) -> tuple[Signature, str, bytes]:
    """Return a file's signature, SHA-256 and first bytes.

    Raises:
        InvalidInput: no such file, a folder, not readable, or empty.
    """
    if path.is_dir():
        raise InvalidInput.single(FIELD, "c’est un dossier ; donnez le chemin d’un fichier.", path.name)
    try:
        signature = signature_of(path)
        with path.open("rb") as stream:
            start = stream.read(4096)
            stream.seek(0)
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise InvalidInput.single(FIELD, "introuvable ; vérifiez le chemin.", path.name) from error
    except OSError as error:
        raise InvalidInput.single(FIELD, "illisible ; vérifiez les droits d’accès.", path.name) from error
    if not start:
        raise InvalidInput.single(FIELD, "il est vide.")
    return signature, digest, start


def fitted(number: int, cells: list[str], width: int) -> Line:
    """Fit a row to the header's width: drop or add blank cells at its end."""
    while len(cells) > width and not cells[-1]:
        cells.pop()
    if len(cells) > width:
        return Line(
            number, [], f"trop de colonnes : {french.number(len(cells))} au lieu de {french.number(width)}."
        )
    return Line(number, cells + [""] * (width - len(cells)), None)


def open_table(path: Path, is_header: IsHeader) -> TableFile:
    """Check a file of any format and find its header; the content decides the format, not the name.

    Args:
        path: of the file.
        is_header: tells whether a line is the header, not a title or a comment above it.

    Raises:
        InvalidInput: with the reason and what to do, in French.
    """
    signature, sha256, start = identify(path)
    if start.startswith(b"PK\x03\x04"):
        from api.services.measurements.files.workbook_source import open_workbook  # noqa: PLC0415 - a CSV needs no openpyxl

        return open_workbook(path, sha256, signature, is_header)
    if start.startswith(b"PAR1"):
        from api.services.measurements.files.parquet_source import open_parquet  # noqa: PLC0415 - nor pyarrow

        return open_parquet(path, sha256, signature, is_header)
    from api.services.measurements.files.csv_source import open_text  # noqa: PLC0415 - it imports this module

    return open_text(path, sha256, signature, start, is_header)
