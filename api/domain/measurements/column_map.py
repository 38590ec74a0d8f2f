"""Which column of a file is what, where its names or units are not the catalogue's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Target:
    """What a column of the file holds: a column of the cockpit, and the unit it is written in."""

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
    """A header's name and the unit it holds, as in ``temperature [°C]``; None where it holds none."""
    found = _UNIT_IN_NAME.fullmatch(name.strip())
    return (found[1], found[2]) if found else (name.strip(), None)


def target_of(name: str, mapping: ColumnMap | None) -> Target:
    """What a column of a file holds, by the mapping first, by its own name otherwise."""
    stripped = name.strip()
    if mapping is not None and stripped in mapping.columns:
        return mapping.columns[stripped]
    base, unit = split_unit(stripped)
    return Target(base, unit)
