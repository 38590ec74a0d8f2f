"""The shape of a file that is not one row per turbine and instant, and the way to rows that are.

A mapping may state the turbine of the whole file, take it from the file's name, or name columns by a pattern
that holds the turbine: a wide table, one column per turbine.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from api.domain.measurements.column_map import ColumnMap, target_of
from api.domain.measurements.columns import DATE, TURBINE
from api.domain.measurements.measurements import canonical_turbine_id
from api.domain.measurements.readings import is_missing, printable
from api.domain.shared.exceptions import InvalidInput, UnclearFile

TURBINE_MARK = "{turbine}"
_FIELD = "correspondance"


@dataclass(frozen=True, slots=True)
class Shape:
    """How to turn a row of the file into rows of one turbine each.

    Attributes:
        header: of the rows made: the columns kept, then the turbine, then a wide table's patterns.
        kept: positions in the file of the columns kept.
        turbines: for each turbine, the positions of its columns, None where it lacks one.
    """

    header: tuple[str, ...]
    kept: tuple[int, ...]
    turbines: tuple[tuple[str, tuple[int | None, ...]], ...]

    def rows(self, cells: Sequence[str]) -> list[list[str]]:
        """Return the rows that a row of the file holds, in the order of the turbines."""
        kept = [cells[position] for position in self.kept]
        return [
            [*kept, turbine, *own]
            for turbine, positions in self.turbines
            # A wide row in which a turbine has no value at all is no measurement of it.
            if not all(map(is_missing, own := ["" if at is None else cells[at] for at in positions]))
            or not own
        ]


def shape_of(header: Sequence[str], mapping: ColumnMap | None, filename: str) -> Shape | None:
    """Return the shape that a mapping states; None where the file's rows are measurements as they stand.

    Args:
        header: of the file.
        mapping: what a person states about it.
        filename: its name, which may hold the turbine.

    Raises:
        InvalidInput: the turbine is stated twice, or two columns are one turbine's same sensor.
        UnclearFile: the file's name does not follow the pattern.
    """
    if mapping is None:
        return None
    names = [name.strip() for name in header]
    wide = _wide(names, mapping)
    found = {target_of(name, mapping).name for at, name in enumerate(names) if at not in wide.taken}
    stated = _stated_turbine(mapping, filename)
    if stated is None and not wide.turbines:
        return None
    if (stated is not None) + bool(wide.turbines) + (TURBINE in found) > 1:
        raise InvalidInput.single(
            _FIELD,
            "la turbine est donnée deux fois : par une colonne, par « turbine » ou par un motif « {turbine} »"
            " dans le nom des colonnes. N’en gardez qu’une.",
        )
    kept = tuple(at for at in range(len(names)) if at not in wide.taken)
    turbines = wide.turbines if stated is None else ((stated, ()),)
    return Shape((*(names[at] for at in kept), TURBINE, *wide.patterns), kept, turbines)


@dataclass(frozen=True, slots=True)
class _Wide:
    patterns: tuple[str, ...]
    taken: frozenset[int]
    turbines: tuple[tuple[str, tuple[int | None, ...]], ...]


def _wide(names: Sequence[str], mapping: ColumnMap) -> _Wide:
    """Return the columns that hold one turbine's sensor each."""
    patterns = [name for name in mapping.columns if TURBINE_MARK in name]
    at: dict[str, dict[str, int]] = {}
    taken: set[int] = set()
    for position, name in enumerate(names):
        if name in mapping.columns:
            continue
        for pattern in patterns:
            match = _regex(pattern).fullmatch(name)
            if match is None:
                continue
            columns = at.setdefault(canonical_turbine_id(match["turbine"]), {})
            if position in taken or pattern in columns:
                raise InvalidInput.single(
                    _FIELD, f"« {printable(name)} » est prise deux fois par les motifs ; précisez-les."
                )
            columns[pattern] = position
            taken.add(position)
    turbines = tuple((name, tuple(columns.get(p) for p in patterns)) for name, columns in at.items())
    return _Wide(tuple(patterns) if at else (), frozenset(taken), turbines)


def _stated_turbine(mapping: ColumnMap, filename: str) -> str | None:
    if mapping.turbine is not None or mapping.turbine_in_name is None:
        return mapping.turbine
    pattern = _regex(mapping.turbine_in_name, wildcards=True)
    stem = filename.partition(".")[0] if "." not in mapping.turbine_in_name else filename
    match = pattern.fullmatch(stem) or pattern.fullmatch(filename)
    if match is None:
        raise UnclearFile.single(
            "turbine",
            f"le nom du fichier ne suit pas « {printable(mapping.turbine_in_name)} » : corrigez ce modèle"
            " dans la correspondance, ou donnez-y l’identifiant de la turbine.",
            printable(filename),
        )
    return canonical_turbine_id(match["turbine"])


def _regex(pattern: str, *, wildcards: bool = False) -> re.Pattern[str]:
    # No separator: while the header is searched for, a line not yet split must match nothing.
    text = re.escape(pattern).replace(re.escape(TURBINE_MARK), r"(?P<turbine>[^;,|\t]{1,64}?)")
    if wildcards:
        text = text.replace(re.escape("*"), ".*").replace(re.escape("#"), "[0-9]")
    return re.compile(text)


def holds_measurements(names: Sequence[str], mapping: ColumnMap | None = None) -> bool:
    """Tell whether these names are the header of a file of measurements, with what the mapping states."""
    targets = {target_of(name, mapping).name for name in names}
    if mapping is not None and TURBINE not in targets:
        stated = mapping.turbine is not None or mapping.turbine_in_name is not None
        if stated or _wide([name.strip() for name in names], mapping).turbines:
            targets.add(TURBINE)
    return {TURBINE, DATE} <= targets
