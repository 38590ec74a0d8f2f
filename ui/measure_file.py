"""A file of measurements on its way to the API, with how it is to be read. No Streamlit, no HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


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

    def form(self) -> dict[str, Any]:
        """The parts of the form that carries it."""
        files = {"file": (self.name, self.content)}
        if self.map_content:
            files["map"] = (self.map_name, self.map_content)
        data = {"confirmed": "true" if self.confirmed else "false"}
        if self.date_format:
            data["date_format"] = self.date_format
        return {"files": files, "data": data}
