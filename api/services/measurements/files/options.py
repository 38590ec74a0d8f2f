"""How a file that has not the cockpit's names, units or date order is to be read: said, never guessed."""

from __future__ import annotations

from dataclasses import dataclass

from api.domain.measurements.column_map import ColumnMap


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What a person says of a file before it is imported.

    Attributes:
        map: the file's names and units where they are not the catalogue's; see
            :func:`api.services.measurements.files.map_file.read_map`.
        date_format: one of ``NAMES``, as ``JJ/MM/AAAA``; it wins over the map's.
            None: found in the file, which is refused where days and months could be swapped.
        confirmed: values that look like another unit's were checked by a person and are right.
        filename: the name to report, where the path is that of an upload.
        sent_as_json: the file is the body of a request, ``{"measurements": […]}``.
    """

    map: ColumnMap | None = None
    date_format: str | None = None
    confirmed: bool = False
    filename: str | None = None
    sent_as_json: bool = False


NATIVE = ImportOptions()
"""A file in the cockpit's own names and units."""
