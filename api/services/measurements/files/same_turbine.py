"""Turbines of a file that may be one machine: what is joined is said, what is doubtful is asked."""

from __future__ import annotations

from collections.abc import Collection
from itertools import combinations

from api.domain.measurements.columns import TURBINE, Columns
from api.domain.measurements.naming import turbines as naming
from api.domain.shared.exceptions import FieldError
from api.services.measurements.files.findings import Findings, times_of
from api.services.measurements.files.table_file import TableFile


def turbine_doubts(
    file: TableFile, columns: Columns, findings: Findings, park: Collection[str]
) -> tuple[list[FieldError], list[str]]:
    """Return what a person must confirm about the turbines' names, and what the report must say.

    Args:
        file: to read once more where one number is written in several ways.
        columns: of the file.
        findings: of its first reading.
        park: names of the real park's turbines.
    """
    groups = naming.spellings(findings.turbines)
    several = {name: texts for name, texts in groups.items() if len(texts) > 1}
    apart = _side_by_side(file, columns, several) if several else {}
    doubts = [FieldError(TURBINE, naming.side_by_side(apart))] if apart else []
    names = {columns.names.get(name, name) for name in groups}
    alike = [group for group in naming.lookalikes(names, park) if not set(group) <= set(park)]
    if alike:
        doubts.append(FieldError(TURBINE, naming.likely_one(alike)))
    return doubts, naming.joined({name: texts for name, texts in several.items() if name not in apart})


def _side_by_side(file: TableFile, columns: Columns, groups: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the groups of spellings of which two have a row at the same time."""
    times = times_of(file, columns, frozenset(text for texts in groups.values() for text in texts))
    return {
        name: texts
        for name, texts in groups.items()
        if any(times[one] & times[other] for one, other in combinations(texts, 2))
    }
