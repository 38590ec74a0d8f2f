"""Proposes a mapping from a file's header and first rows; nothing is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from api.domain.measurements.mapping.draft import Sample, draft_of, looks_like_header
from api.domain.measurements.sensors import Sensor
from api.services.measurements.files.table_file import open_table

_ROWS = 600  # four days of ten-minute records


def draft_map(path: Path, sensors: Mapping[str, Sensor], filename: str | None = None) -> dict[str, Any]:
    """Return a mapping for a file, as a JSON document that ``data import --map`` reads.

    Args:
        path: of the file.
        sensors: the catalogue, by column name.
        filename: its name, if the path is that of an upload.

    Raises:
        InvalidInput: the file cannot be read.
    """
    file = open_table(path, lambda names: looks_like_header(names, sensors))
    rows = [line.cells for line in islice(file.rows(), _ROWS) if line.defect is None]
    return draft_of(Sample(filename or path.name, file.header, file.above, rows), sensors)


def draft_text(document: Mapping[str, Any]) -> str:
    """Write a mapping as people read it, one column a line."""
    columns = ",\n".join(
        f"    {json.dumps(name, ensure_ascii=False)}: {json.dumps(target, ensure_ascii=False)}"
        for name, target in document["columns"].items()
    )
    others = json.dumps(
        {key: value for key, value in document.items() if key != "columns"}, indent=2, ensure_ascii=False
    )
    return f"{others[:-2]},\n  {json.dumps('columns')}: {{\n{columns}\n  }}\n}}\n"
