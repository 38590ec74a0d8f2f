"""A mapping of a file's columns, where its names or units are not the catalogue's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from api.domain.measurements import units


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
        timezone: of the hours that have no offset of their own.
        turbines: the cockpit's name of a turbine, by the file's.
    """

    columns: Mapping[str, Target] = field(default_factory=dict)
    decimal: str | None = None
    date_format: str | None = None
    timezone: str | None = None
    turbines: Mapping[str, str] = field(default_factory=dict)


# What a header may hold besides a name: units that the cockpit converts, and others that it must not ignore.
_UNITS = units.SPELLED | {
    "%", "a", "bar", "g", "gw", "gwh", "hpa", "hz", "kpa", "kv", "kva", "kvar", "kwh", "m/s2", "m/s²",
    "mbar", "mm/s", "mpa", "mvar", "mwh", "pa", "v", "wh",
}  # fmt: skip
_BARE = re.compile(r"[\s_,;]([^\s_,;()\[\]]{2,})$")  # « Temp °F », « wind_kmh »; a lone letter is no unit
_BRACKETS = re.compile(r"[\[(]\s*([^\[\]()]+?)\s*[\])]")
_UNIT_IN_NAME = re.compile(r"(.+?)\s*[\[(]\s*([^\[\]()]+?)\s*[\])]")


def split_unit(name: str) -> tuple[str, str | None]:
    """Split a header into its name and its unit, as in ``temperature [°C]``; None without a unit."""
    match = _UNIT_IN_NAME.fullmatch(name.strip())
    return (match[1], match[2]) if match else (name.strip(), None)


def unit_in(name: str) -> str | None:
    """Return the unit that a header states, in brackets or as its last word; None where it states none."""
    words = [*_BRACKETS.findall(name), *_BARE.findall(name.strip())]
    return next((word for word in words if word.casefold() in _UNITS), None)


def target_of(name: str, mapping: ColumnMap | None) -> Target:
    """Return the content of a column of a file: by the mapping first, by its own name otherwise.

    A mapping that names no unit leaves the header's: what a header states is never ignored.
    """
    stripped = name.strip()
    if mapping is not None and stripped in mapping.columns:
        target = mapping.columns[stripped]
        return target if target.unit is not None else Target(target.name, unit_in(stripped))
    base, unit = split_unit(stripped)
    return Target(base, unit)
