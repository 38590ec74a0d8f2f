"""A mapping of a file's columns, where its names or units are not the catalogue's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from api.domain.measurements import units


@dataclass(frozen=True, slots=True)
class Target:
    """The content of a column of the file: a column of the cockpit, and the unit it is written in.

    ``rule`` says how its values make those of a day, where the mapping asks for days.
    """

    name: str
    unit: str | None = None
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """A mapping file as read.

    Attributes:
        columns: by the file's own name of a column.
        decimal: ``.`` or ``,`` where the file cannot tell.
        date_format: one of :data:`api.domain.measurements.day_format.NAMES`.
        timezone: of the hours that have no offset of their own.
        turbines: the cockpit's name of a turbine, by the file's.
        turbine: the only one of the file, where no column names it.
        turbine_in_name: pattern of the file's name that holds it.
        by_day: ten-minute rows are to become one row a day.
    """

    columns: Mapping[str, Target] = field(default_factory=dict)
    decimal: str | None = None
    date_format: str | None = None
    timezone: str | None = None
    turbines: Mapping[str, str] = field(default_factory=dict)
    turbine: str | None = None
    turbine_in_name: str | None = None
    by_day: bool = False


_DEGREES = re.compile(r"(?:\bdeg\b\.?|[°º])[\s_]*([cfk])\b", re.IGNORECASE)
_BRACKETS = re.compile(r"[\[(]\s*([^\[\]()]+?)\s*[\])]")
_UNIT_IN_NAME = re.compile(r"(.+?)\s*[\[(]\s*([^\[\]()]+?)\s*[\])]")
_WORDS = re.compile(r"[^\s_,;()\[\]]+")
# In brackets, « J/s » or « °R » can only be a unit, though the table has none of that name.
_SOME_UNIT = re.compile(r"°\w{1,2}|\w{1,4}/(?:s|h|min|m|m2|m²|m3|kg|d|j)", re.IGNORECASE)


def split_unit(name: str) -> tuple[str, str | None]:
    """Split a header into its name and its unit, as in ``temperature [°C]``; None without a unit."""
    match = _UNIT_IN_NAME.fullmatch(name.strip())
    return (match[1], match[2]) if match else (name.strip(), None)


def unit_in(name: str) -> str | None:
    """Return the unit that a header states, in brackets or as a word; None where it states none.

    A lone letter outside brackets is no unit by itself: see :func:`lone_letter`.
    """
    whole = _DEGREES.sub(r"°\1", name)
    bracketed = _BRACKETS.findall(whole)
    words = [word for word in _WORDS.findall(_BRACKETS.sub(" ", whole)) if len(word) > 1]
    stated = [word for word in (*bracketed, *reversed(words)) if units.is_unit(word)]
    stated += [word for word in bracketed if _SOME_UNIT.fullmatch(word)]
    return stated[0] if stated else None


def lone_letter(name: str) -> str | None:
    """Return the letter that ends a header and may be its unit, as in ``Temp_F``; None without one."""
    last = _WORDS.findall(name)[-1:]
    return last[0] if last and len(last[0]) == 1 and units.is_unit(last[0]) else None


def target_of(name: str, mapping: ColumnMap | None) -> Target:
    """Return the content of a column of a file: by the mapping first, by its own name otherwise.

    A mapping that names no unit leaves the header's: what a header states is never ignored.
    """
    stripped = name.strip()
    if mapping is not None and stripped in mapping.columns:
        target = mapping.columns[stripped]
        return target if target.unit is not None else replace(target, unit=unit_in(stripped))
    base, unit = split_unit(stripped)
    return Target(base, unit)
