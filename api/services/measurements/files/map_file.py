"""Reads the mapping (JSON or TOML) that names a file's columns and units."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from api.domain.measurements import day_format
from api.domain.measurements.column_map import ColumnMap, Target
from api.domain.measurements.mapping.daily import RULES
from api.domain.measurements.mapping.shape import TURBINE_MARK
from api.domain.measurements.measurements import canonical_turbine_id
from api.domain.measurements.readings import printable
from api.domain.measurements.times.zones import named_zone
from api.domain.shared.exceptions import InvalidInput

_FIELD = "correspondance"
_KEYS = ("columns", "decimal", "date_format", "timezone", "turbine", "turbines", "aggregate")
_NOTE = "_note"  # for people: JSON has no comments
_MANY = 1_000
_LARGEST = 1 << 20  # bytes


def read_map(path: Path) -> ColumnMap:
    """Read the mapping in a JSON or TOML file.

    Raises:
        InvalidInput: no such file, not JSON or TOML, or a key that is not understood.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise InvalidInput.single(_FIELD, "plus de 1 Mo : ce n’est pas une correspondance.", path.name)
        return parse_map(path.read_text(encoding="utf-8-sig"), path.name)
    except FileNotFoundError as error:
        raise InvalidInput.single(_FIELD, "fichier introuvable ; vérifiez le chemin.", path.name) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput.single(_FIELD, "fichier illisible ; UTF-8 est attendu.", path.name) from error


def parse_map(text: str, filename: str) -> ColumnMap:
    """Read the mapping in a text: TOML if ``filename`` ends in ``.toml``, else JSON.

    Raises:
        InvalidInput: not JSON or TOML, or a key that is not understood.
    """
    toml = filename.casefold().endswith(".toml")
    try:
        document = tomllib.loads(text) if toml else json.loads(text)
    except (ValueError, RecursionError) as error:
        kind = "TOML" if toml else "JSON"
        raise InvalidInput.single(
            _FIELD, f"ce n’est pas du {kind} valide : {printable(str(error))}"
        ) from error
    return map_of(document)


def map_of(document: object) -> ColumnMap:
    """Build the mapping from a parsed document.

    Raises:
        InvalidInput: a key that is not understood.
    """
    if not isinstance(document, Mapping) or not set(document) <= {*_KEYS, _NOTE}:
        raise InvalidInput.single(_FIELD, f"clés attendues : {', '.join(_KEYS)}.")
    columns = document.get("columns", {})
    if not isinstance(columns, Mapping) or len(columns) > _MANY:
        raise InvalidInput.single(
            _FIELD, "« columns » relie chaque colonne du fichier à une colonne du cockpit."
        )
    targets = {
        str(name).strip(): _target(str(name), value) for name, value in columns.items() if name != _NOTE
    }
    twice = [name for name, count in Counter(t.name for t in targets.values()).items() if count > 1]
    if twice:
        raise InvalidInput.single(
            _FIELD, f"deux colonnes sont reliées à « {printable(twice[0])} » ; gardez-en une."
        )
    decimal, days, zone = (document.get(name) for name in ("decimal", "date_format", "timezone"))
    if decimal not in (None, ".", ","):
        raise InvalidInput.single(_FIELD, "« decimal » vaut « , » ou « . ».", decimal)
    if days is not None:
        day_format.named_format(str(days))
    by_day = document.get("aggregate")
    if by_day not in (None, "day"):
        raise InvalidInput.single(_FIELD, "« aggregate » vaut « day », ou s’omet.", str(by_day))
    return ColumnMap(
        columns=targets,
        decimal=decimal,
        date_format=None if days is None else str(days),
        timezone=None if zone is None else named_zone(str(zone)),
        turbines=_turbines(document.get("turbines", {})),
        by_day=by_day is not None,
        **_turbine(document.get("turbine")),
    )


def _turbines(names: object) -> dict[str, str]:
    """Return the cockpit's name of each turbine that the file names otherwise.

    Raises:
        InvalidInput: not a table of names.
    """
    if not isinstance(names, Mapping) or len(names) > _MANY:
        raise InvalidInput.single(_FIELD, "« turbines » relie un nom du fichier à celui de la turbine.")
    return {canonical_turbine_id(str(name)): canonical_turbine_id(own) for name, own in names.items()}


def _turbine(value: object) -> dict[str, str | None]:
    """Return the turbine of the whole file, or the pattern that takes it from the file's name.

    Raises:
        InvalidInput: neither.
    """
    if value is None:
        return {}
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        return {"turbine": canonical_turbine_id(value)}
    if isinstance(value, Mapping) and set(value) <= {"from_name", _NOTE}:
        pattern = value.get("from_name")
        if isinstance(pattern, str) and pattern.count(TURBINE_MARK) == 1:
            return {"turbine_in_name": pattern}
    raise InvalidInput.single(
        _FIELD,
        "« turbine » est un identifiant, ou {from_name} : le modèle du nom du fichier, avec « {turbine} » à"
        " la place de l’identifiant (« * » : n’importe quoi, « # » : un chiffre).",
    )


def _target(name: str, value: Any) -> Target:
    if isinstance(value, str) and value.strip():
        return Target(value.strip())
    if isinstance(value, Mapping) and set(value) <= {"sensor", "unit", "aggregate", _NOTE}:
        sensor, unit, rule = (value.get(key) for key in ("sensor", "unit", "aggregate"))
        if rule is not None and rule not in RULES:
            raise InvalidInput.single(
                _FIELD, f"« {printable(name)} » : « aggregate » est l’un de {', '.join(RULES)}.", str(rule)
            )
        if isinstance(sensor, str) and sensor.strip() and (unit is None or isinstance(unit, str)):
            return Target(sensor.strip(), unit, rule)
    raise InvalidInput.single(
        _FIELD,
        f"« {printable(name)} » : attendu, le nom d’une colonne du cockpit, ou {{sensor, unit, aggregate}}"
        " avec son unité et sa règle du jour.",
    )
