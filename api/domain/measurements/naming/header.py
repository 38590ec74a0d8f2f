"""Refusals of a header: all that is missing, the columns of the file, and the names that come close."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from api.domain.measurements.column_map import split_unit
from api.domain.measurements.naming.closest import closest
from api.domain.measurements.readings import is_missing, printable
from api.domain.measurements.sensors import Sensor
from api.domain.shared.exceptions import FieldError, UnclearFile
from api.schemas import french

NAMED = 30  # columns of the file that a refusal lists
_DATA = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b.*", re.ASCII)
_MEANINGS = {"turbine_id": "l’identifiant de la turbine", "date_measure": "la date de la mesure"}
_NO_MODEL = (
    "Si un modèle lit ces colonnes, importez-le d’abord (python cockpit.py models import MODÈLE), ou rédigez"
    " son manifeste (python cockpit.py models draft MODÈLE)."
)


def refusal(
    names: Sequence[str], required: Iterable[str], sensors: Mapping[str, Sensor], *, any_sensor: bool
) -> UnclearFile:
    """Return the refusal of a header, with all that it lacks at once.

    Args:
        names: of the file's columns, as they stand.
        required: the required columns that it lacks.
        sensors: the catalogue.
        any_sensor: whether one of its columns is a known sensor.
    """
    lacking = list(required)
    errors = [FieldError(name, _absent(name, names)) for name in lacking]
    if not any_sensor:
        errors.append(no_sensor(names, sensors))
    columns = ", ".join(f"« {printable(name.strip() or '(sans nom)', 40)} »" for name in names[:NAMED])
    if len(names) > NAMED:
        columns += f" et {french.counted(len(names) - NAMED, 'autre')}"
    if lacking and is_data(names):
        whole = (
            f"il n’a pas d’en-tête : sa première ligne ({columns}) est déjà une mesure. Ajoutez au-dessus une"
            f" ligne avec les noms des colonnes : {', '.join((*_MEANINGS, *sensors))}…"
        )
        return UnclearFile([FieldError("fichier", whole)])
    remedy = "Renommez-les, ou reliez-les dans une correspondance."
    errors.append(FieldError("", f"colonnes du fichier : {columns or 'aucune'}. {remedy}"))
    return UnclearFile(errors)


def is_data(names: Sequence[str]) -> bool:
    """Tell whether a line that should hold names holds values: most of its cells are numbers or dates."""
    cells = [name.strip() for name in names if not is_missing(name)]
    return bool(cells) and 2 * sum(_DATA.fullmatch(cell) is not None for cell in cells) > len(cells)


def meant(wanted: str, names: Iterable[str]) -> str | None:
    """Return the column that is probably meant by a known name, units in brackets apart."""
    by_base = {split_unit(name)[0]: name for name in names}
    near = closest(wanted, by_base)
    return None if near is None else by_base[near]


def hint(wanted: str, names: Iterable[str]) -> str:
    """Return « Est-ce « Wind_Speed » ? » with a space before it; empty where no name comes near."""
    near = meant(wanted, names)
    return "" if near is None else f" Est-ce « {printable(near.strip())} » ?"


def _absent(name: str, names: Sequence[str]) -> str:
    return f"colonne obligatoire absente de l’en-tête : {_MEANINGS[name]}.{hint(name, names)}"


def no_sensor(names: Sequence[str], sensors: Mapping[str, Sensor]) -> FieldError:
    """Return the error of a file of which no column is a known sensor, with the names that come close."""
    if not sensors:
        return FieldError("capteurs", f"aucun modèle ne déclare de capteur. {_NO_MODEL}")
    near = [
        f"« {printable(found.strip())} » pour {name}" for name in sensors if (found := meant(name, names))
    ]
    close = f" Sans doute : {', '.join(near)}." if near else f" {_NO_MODEL}"
    listed = ", ".join(sensors)
    return FieldError("capteurs", f"aucune colonne de capteur connue (capteurs : {listed}).{close}")
