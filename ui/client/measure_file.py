"""A file of measurements to send to the API, with its reading options. No Streamlit, no HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from secrets import token_hex

BLOCK = 1 << 20  # bytes
UPLOAD_S = 180.0  # [s] the API reads the largest file whole before it answers
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
        confirmed: True once somebody checked the values that look like another unit's.
    """

    name: str
    content: bytes
    date_format: str = ""
    map_name: str = ""
    map_content: bytes = b""
    confirmed: bool = False

    def form(self) -> Form:
        """Build the form to send, which reads ``content`` block by block and never copies it."""
        parts = [Part("confirmed", b"true" if self.confirmed else b"false")]
        if self.date_format:
            parts.append(Part("date_format", self.date_format.encode()))
        if self.map_content:
            parts.append(Part("map", self.map_content, self.map_name))
        return Form([*parts, Part("file", self.content, self.name)])


@dataclass(frozen=True)
class Part:
    """One field of a form; a file where it has a file name."""

    name: str
    content: bytes
    filename: str = ""

    def head(self) -> bytes:
        """Write the headers, with the file's name as browsers write it (HTML Standard, form-data)."""
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
        """Return the size of the whole body [bytes]."""
        return sum(map(len, self._pieces))

    def __iter__(self) -> Iterator[memoryview]:
        """Yield the body, one megabyte at a time at most."""
        for piece in self._pieces:
            view = memoryview(piece)
            for start in range(0, len(view), BLOCK):
                yield view[start : start + BLOCK]
