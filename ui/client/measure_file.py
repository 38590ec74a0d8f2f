"""A file of measurements on its way to the API, with how it is to be read. No Streamlit, no HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from secrets import token_hex

BLOCK = 1 << 20  # bytes
UPLOAD_S = 180.0  # a file of the largest size is read whole before the answer
_ESCAPED = {ord('"'): "%22", ord("\r"): "%0D", ord("\n"): "%0A"}


@dataclass(frozen=True)
class MeasureFile:
    """A file as someone chose it.

    Args:
        name: with its extension, which tells the format.
        content: as it is on their machine.
        date_format: such as ``JJ/MM/AAAA``; empty to let the service find it.
        map_name: of the file that names columns and units, ``.json`` or ``.toml``.
        map_content: of that file; empty where there is none.
        confirmed: values that look like another unit's were checked.
    """

    name: str
    content: bytes
    date_format: str = ""
    map_name: str = ""
    map_content: bytes = b""
    confirmed: bool = False

    def form(self) -> Form:
        """The form that carries it, read from ``content`` block by block: never a second copy of it."""
        parts = [Part("confirmed", b"true" if self.confirmed else b"false")]
        if self.date_format:
            parts.append(Part("date_format", self.date_format.encode()))
        if self.map_content:
            parts.append(Part("map", self.map_content, self.map_name))
        return Form([*parts, Part("file", self.content, self.name)])


@dataclass(frozen=True)
class Part:
    """One field of a form; one with a file name is a file."""

    name: str
    content: bytes
    filename: str = ""

    def head(self) -> bytes:
        """Its headers, with the file's name as browsers write it (HTML Standard, multipart/form-data)."""
        disposition = f'Content-Disposition: form-data; name="{self.name}"'
        if self.filename:
            disposition += f'; filename="{self.filename.translate(_ESCAPED)}"'
        return f"{disposition}\r\n\r\n".encode()


class Form:
    """A ``multipart/form-data`` body that is sent as often as it is iterated over."""

    def __init__(self, parts: Sequence[Part]) -> None:
        boundary = token_hex(16)
        self.headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        self._pieces: list[bytes] = []
        for part in parts:
            self._pieces += [f"--{boundary}\r\n".encode(), part.head(), part.content, b"\r\n"]
        self._pieces.append(f"--{boundary}--\r\n".encode())

    def __len__(self) -> int:
        """Bytes of the whole body."""
        return sum(map(len, self._pieces))

    def __iter__(self) -> Iterator[memoryview]:
        """The body, one megabyte at a time at most."""
        for piece in self._pieces:
            view = memoryview(piece)
            for start in range(0, len(view), BLOCK):
                yield view[start : start + BLOCK]
