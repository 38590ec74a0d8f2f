"""CSV files, compressed or not: checked from end to end before anything is stored.

Each physical line is one row: an unclosed quote spoils its own line and no other.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from codecs import getincrementaldecoder
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from api.domain.shared.exceptions import InvalidInput
from api.schemas import french
from api.services.measurements.files.table_file import (
    BLOCK,
    FIELD,
    LARGEST,
    SEARCHED_LINES,
    IsHeader,
    Line,
    Signature,
    TableFile,
)

_GZIP = b"\x1f\x8b"
_REMEDY = "Enregistrez-le en CSV UTF-8, colonnes séparées par des virgules ou des points-virgules."
_OTHER_FORMATS = (
    (b"PK\x03\x04", "un classeur ou une archive"),
    (b"\xd0\xcf\x11\xe0", "un classeur Excel d’avant 2007 (.xls)"),
    (b"PAR1", "un fichier Parquet compressé"),
    (b"%PDF", "un PDF"),
    (b"7z\xbc\xaf", "une archive 7-Zip"),
    (b"\xff\xfe\0\0", "en UTF-32"),
    (b"\0\0\xfe\xff", "en UTF-32"),
)
_SEPARATORS = (",", ";", "\t", "|")
_COMMENTS = ("#", "//")
# An accented letter in UTF-8; read as Windows-1252 it gives « Ã© », which nobody writes.
_UTF8_PAIR = re.compile(rb"[\xc3-\xc5][\x80-\xbf]")


@dataclass(frozen=True, kw_only=True)
class TextFile(TableFile):
    """A CSV file with its encoding and separator."""

    def rows(self) -> Iterator[Line]:
        """Yield the lines below the header, split at the separators."""
        width, separator = len(self.header), self.separator or ","
        with _text(self.path, self.kind == "csv.gz", self.encoding or "utf-8-sig") as stream:
            for number, text in enumerate(stream, start=1):
                if number <= self.header_line or _is_blank(text, separator):
                    continue
                yield _line(number, text, width, separator)


def open_text(path: Path, sha256: str, signature: Signature, start: bytes, is_header: IsHeader) -> TextFile:
    """Check that a file is text from end to end, and find its encoding, its separator and its header.

    Raises:
        InvalidInput: with the reason and what to do, in French.
    """
    packed = start.startswith(_GZIP)
    try:
        if packed:
            with gzip.open(path) as unpacked:
                start = unpacked.read(4096)
        _refuse_other_formats(start)
        encoding, line_ends = _encoding(path, packed, start)
        number, names, separator = _header(path, packed, encoding, is_header)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InvalidInput.single(
            FIELD, "archive .gz incomplète ou abîmée ; transmettez-la à nouveau."
        ) from error
    except OSError as error:
        raise InvalidInput.single(FIELD, "illisible ; vérifiez les droits d’accès.", path.name) from error
    return TextFile(
        path=path,
        sha256=sha256,
        signature=signature,
        kind="csv.gz" if packed else "csv",
        header=names,
        header_line=number,
        approximate_rows=max(0, line_ends - number),
        encoding=encoding,
        separator=separator,
    )


def _refuse_other_formats(start: bytes) -> None:
    if not start:
        raise InvalidInput.single(FIELD, "il est vide.")
    kind = next((name for magic, name in _OTHER_FORMATS if start.startswith(magic)), None)
    if kind is None and b"\0" in start[:8] and _wide(start) is None:
        kind = "un fichier binaire"
    if kind:
        raise InvalidInput.single(
            FIELD, f"c’est {kind} ; sont lus le CSV (.csv, .csv.gz), Excel (.xlsx) et Parquet. {_REMEDY}"
        )


def _wide(start: bytes) -> str | None:
    """Return the UTF-16 variant of a text, by its mark or its zero bytes; None if it is not UTF-16."""
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    for name in ("utf-16-le", "utf-16-be"):
        text = start[: len(start) // 2 * 2].decode(name, "replace")
        readable = sum(c.isascii() and (c.isprintable() or c.isspace()) for c in text)
        if b"\0" in start[:8] and readable > 0.9 * len(text):
            return name
    return None


def _encoding(path: Path, packed: bool, start: bytes) -> tuple[str, int]:
    """Return the encoding that reads the whole file, and its number of lines."""
    wide = _wide(start)
    for name in (wide,) if wide else ("utf-8-sig", "cp1252"):
        try:
            return name, _decoded_lines(path, packed, name)
        except UnicodeDecodeError:
            continue
    raise InvalidInput.single(FIELD, f"il n’est ni en UTF-8, ni en UTF-16, ni en Windows-1252. {_REMEDY}")


def _decoded_lines(path: Path, packed: bool, encoding: str) -> int:
    decoder, lines, size, last = getincrementaldecoder(encoding)(), 0, 0, b"\n"
    with _bytes(path, packed) as stream:
        while block := stream.read(BLOCK):
            if len(block) == BLOCK and b"\n" not in block and b"\r" not in block:
                raise InvalidInput.single(FIELD, f"une ligne dépasse 1 Mo : ce n’est pas un CSV. {_REMEDY}")
            if (size := size + len(block)) > LARGEST:
                raise InvalidInput.single(FIELD, "il dépasse 4 Go ; coupez-le en plusieurs fichiers.")
            decoder.decode(block)
            if encoding == "cp1252" and _UTF8_PAIR.search(block):
                raise InvalidInput.single(FIELD, f"il mêle deux codages, ou son UTF-8 est abîmé. {_REMEDY}")
            lines += max(block.count(b"\n"), block.count(b"\r"))
            last = block.rstrip(b"\0")[-1:]
    decoder.decode(b"", final=True)
    return lines + (last not in b"\r\n")


def _header(path: Path, packed: bool, encoding: str, is_header: IsHeader) -> tuple[int, tuple[str, ...], str]:
    """Find the header: return its line number, its names and its separator.

    It is the first line with the required names. If there is none, it is the first line that is neither blank
    nor a comment, so that the error can name the missing columns.
    """
    fallback: tuple[int, str] | None = None
    with _text(path, packed, encoding) as stream:
        for number, text in zip(range(1, SEARCHED_LINES + 1), stream, strict=False):
            if text.casefold().startswith("sep=") or not text.strip(",;|\t\r\n "):
                continue
            header = _names(number, text, is_header)
            if header is not None:
                return header
            if fallback is None and not text.startswith(_COMMENTS):
                fallback = (number, text)
    if fallback is None:
        raise InvalidInput.single(FIELD, "il ne contient aucune ligne.")
    return fallback[0], *_likeliest(*fallback)


def _names(number: int, text: str, is_header: IsHeader) -> tuple[int, tuple[str, ...], str] | None:
    for candidate in (text, text.lstrip("#/ ")):
        for separator in _SEPARATORS:
            line = _line(number, candidate, None, separator)
            if not line.defect and is_header(line.cells):
                return number, tuple(line.cells), separator
    return None


def _likeliest(number: int, text: str) -> tuple[tuple[str, ...], str]:
    separator = max(_SEPARATORS, key=text.count)
    line = _line(number, text, None, separator)
    if line.defect:
        raise InvalidInput.single(FIELD, f"en-tête illisible : {line.defect}")
    return tuple(line.cells), separator


def _line(number: int, text: str, width: int | None, separator: str) -> Line:
    """Split one physical line; ``width`` is the number of cells of the header."""
    if '"' not in text:
        cells = text.rstrip("\r\n").split(separator)
    else:
        try:
            cells = next(csv.reader([text], strict=True, delimiter=separator))
        except csv.Error:
            return Line(number, [], "guillemets mal placés ou non fermés.")
    if width is not None and len(cells) != width:
        fault = "trop de colonnes" if len(cells) > width else "trop peu de colonnes"
        return Line(number, [], f"{fault} : {french.number(len(cells))} au lieu de {french.number(width)}.")
    return Line(number, cells, None)


def _is_blank(text: str, separator: str) -> bool:
    """Tell whether a line is empty or only separators, as spreadsheets leave below a table."""
    return not text.strip(separator + " \t\r\n")


def _bytes(path: Path, packed: bool) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path)) if packed else path.open("rb")


def _text(path: Path, packed: bool, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(_bytes(path, packed), encoding=encoding)
