"""How to read a file whose names, units or date order are not the cockpit's: a person decides."""

from __future__ import annotations

from dataclasses import dataclass

from api.domain.measurements.column_map import ColumnMap


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What a person states about a file before its import.

    Attributes:
        map: the file's names and units if they are not the catalogue's; see
            :func:`api.services.measurements.files.map_file.read_map`.
        date_format: one of ``NAMES``, such as ``JJ/MM/AAAA``; it prevails over the map's. None: detected from
            the file, which is refused if days and months could be swapped.
        confirmed: a person has checked the values that look like another unit's.
        filename: the name to report, if the path is that of an upload.
        sent_as_json: the file is the body of a request, ``{"measurements": […]}``.
    """

    map: ColumnMap | None = None
    date_format: str | None = None
    confirmed: bool = False
    filename: str | None = None
    sent_as_json: bool = False


NATIVE = ImportOptions()
"""A file in the cockpit's own names and units."""
