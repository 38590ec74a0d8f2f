"""CSV files, compressed or not: checked from end to end before anything is stored."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from codecs import getincrementaldecoder
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from api.domain.shared.exceptions import InvalidInput
from api.services.measurements.files.csv_records import Misplaced, Unfinished, records, split
from api.services.measurements.files.limits import refuse_expansion, refuse_rows
from api.services.measurements.files.table_file import (
    BLOCK,
    FIELD,
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
    *(
        (b"\x80" + bytes([version]), "un objet Python (pickle), un modèle peut-être")
        for version in range(2, 6)
    ),
)
_OTHER_TEXTS = (
    (
        (b"<!doctype html", b"<html", b"<head", b"<script", b"<body", b"<table"),
        "c’est une page HTML, souvent celle d’une connexion à ouvrir ou d’une erreur : connectez-vous, puis"
        " téléchargez le fichier lui-même.",
    ),
    ((b"<?xml", b"<"), f"c’est du XML. {_REMEDY}"),
    (
        (b"version https://git-lfs.github.com/",),
        "c’est un pointeur Git LFS, pas le fichier : récupérez-le par « git lfs pull », ou téléchargez-le.",
    ),
    (
        (b"{", b"[{", b"[\n", b"[ "),
        "c’est du JSON : envoyez-le à POST /api/v1/measurements, ou exportez un CSV.",
    ),
)
_SEPARATORS = (",", ";", "\t", "|")
_COMMENTS = ("#", "//")
# An accented letter in UTF-8; read as Windows-1252 it gives « Ã© », which nobody writes.
_UTF8_PAIR = re.compile(rb"[\xc3-\xc5][\x80-\xbf]")


@dataclass(frozen=True, kw_only=True)
class TextFile(TableFile):
    """A CSV file with its encoding and separator; ``header_text`` is its header as it stands."""

    header_text: str

    def rows(self) -> Iterator[Line]:
        """Yield the records below the header; the header again, as in files put end to end, is none."""
        with _text(self.path, self.kind == "csv.gz", self.encoding or "utf-8-sig") as stream:
            for _line in islice(stream, self.header_line):
                pass
            below = enumerate(stream, start=self.header_line + 1)
            lines = ((number, text) for number, text in below if text != self.header_text)
            yield from records(lines, len(self.header), self.separator or ",")


class _Header(NamedTuple):
    """The header of a text: number and text of its last line, names, separator, and the lines above."""

    number: int
    text: str
    names: tuple[str, ...]
    separator: str
    above: tuple[tuple[int, str], ...]


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
        header = _header(path, packed, encoding, is_header)
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
        header=header.names,
        header_line=header.number,
        header_text=header.text,
        approximate_rows=max(0, line_ends - header.number),
        encoding=encoding,
        separator=header.separator,
        above=header.above,
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
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    other = next((reason for begun, reason in _OTHER_TEXTS if text.startswith(begun)), None)
    if other:
        raise InvalidInput.single(FIELD, other)


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
    file_size = path.stat().st_size
    with _bytes(path, packed) as stream:
        while block := stream.read(BLOCK):
            if len(block) == BLOCK and b"\n" not in block and b"\r" not in block:
                raise InvalidInput.single(FIELD, f"une ligne dépasse 1 Mo : ce n’est pas un CSV. {_REMEDY}")
            size += len(block)
            refuse_expansion(file_size, size)
            decoder.decode(block)
            if encoding == "cp1252" and _UTF8_PAIR.search(block):
                raise InvalidInput.single(FIELD, f"il mêle deux codages, ou son UTF-8 est abîmé. {_REMEDY}")
            lines += max(block.count(b"\n"), block.count(b"\r"))
            refuse_rows(lines)
            last = block.rstrip(b"\0")[-1:]
    decoder.decode(b"", final=True)
    return lines + (last not in b"\r\n")


def _header(path: Path, packed: bool, encoding: str, is_header: IsHeader) -> _Header:
    """Find the header: the first line with the required names, a comment or not.

    Without one it is the first line that is neither blank nor a comment, or the comment above it that names
    as many columns, so that the error can tell the missing ones.
    """
    with _text(path, packed, encoding) as stream:
        lines = list(islice(stream, SEARCHED_LINES))
    above: list[tuple[int, str]] = []
    fallback: _Header | None = None
    for index, text in enumerate(lines):
        if text.casefold().startswith("sep=") or not text.strip(",;|\t\r\n "):
            continue
        if (header := _names(lines, index, is_header)) is not None:
            return header._replace(above=tuple(above))
        if fallback is None and not text.startswith(_COMMENTS):
            fallback = _likeliest(index + 1, text, above)
        above.append((index + 1, text.strip()))
    if fallback is None:
        raise InvalidInput.single(FIELD, "il ne contient aucune ligne.")
    return fallback


def _names(lines: Sequence[str], index: int, is_header: IsHeader) -> _Header | None:
    """Return the header that begins with a line, or None; a quoted name may go on below."""
    for separator in _SEPARATORS:
        for start in dict.fromkeys((lines[index], lines[index].lstrip("#/ "))):
            text, last = start, index
            while last < len(lines):
                try:
                    cells = [
                        " ".join(cell.split()) if "\n" in cell else cell for cell in split(text, separator)
                    ]
                except Unfinished:
                    last += 1
                    text += lines[last] if last < len(lines) else ""
                    continue
                except Misplaced:
                    break
                if is_header(cells):
                    return _Header(last + 1, lines[last], tuple(cells), separator, ())
                break
    return None


def _likeliest(number: int, text: str, above: Sequence[tuple[int, str]]) -> _Header:
    separator = max(_SEPARATORS, key=text.count)
    if (
        above
        and above[-1][1].startswith(_COMMENTS)
        and above[-1][1].count(separator) == text.count(separator) > 0
    ):
        number, text = above[-1][0], above[-1][1].lstrip("#/ ")
    try:
        cells = split(text, separator)
    except (Unfinished, Misplaced) as error:
        raise InvalidInput.single(
            FIELD, "en-tête illisible : guillemets mal placés ou non fermés."
        ) from error
    return _Header(number, text, tuple(cells), separator, tuple(above))


def _bytes(path: Path, packed: bool) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path)) if packed else path.open("rb")


def _text(path: Path, packed: bool, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(_bytes(path, packed), encoding=encoding)
