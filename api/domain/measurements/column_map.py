"""A mapping of a file's columns, where its names or units are not the catalogue's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Target:
    """The content of a column of the file: a column of the cockpit, and the unit it is written in."""

    name: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """A mapping file as read.

    Attributes:
        columns: by the file's own name of a column.
        decimal: ``.`` or ``,`` where the file cannot tell.
        date_format: one of :data:`api.domain.measurements.day_format.NAMES`.
    """

    columns: Mapping[str, Target] = field(default_factory=dict)
    decimal: str | None = None
    date_format: str | None = None


_UNIT_IN_NAME = re.compile(r"(.+?)\s*[\[(]\s*([^\[\]()]+?)\s*[\])]")


def split_unit(name: str) -> tuple[str, str | None]:
    """Split a header into its name and its unit, as in ``temperature [°C]``; None without a unit."""
    match = _UNIT_IN_NAME.fullmatch(name.strip())
    return (match[1], match[2]) if match else (name.strip(), None)


def target_of(name: str, mapping: ColumnMap | None) -> Target:
    """Return the content of a column of a file: by the mapping first, by its own name otherwise."""
    stripped = name.strip()
    if mapping is not None and stripped in mapping.columns:
        return mapping.columns[stripped]
    base, unit = split_unit(stripped)
    return Target(base, unit)
