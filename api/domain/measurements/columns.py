"""The columns of a file of measurements: content and unit of each, columns missing and columns unknown."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from api.domain.measurements.column_map import ColumnMap, Target, target_of
from api.domain.measurements.readings import printable
from api.domain.measurements.sensors import Sensor
from api.domain.measurements.units import Conversion, conversion, known_units, spelled
from api.domain.shared.exceptions import InvalidInput, UnclearFile

TURBINE, DATE = "turbine_id", "date_measure"
FAILURE, DAYS_LEFT = "failure_within_7d", "time_to_failure_days"
TECHNICIAN, PLANNED = "technician_id", "planned_intervention_date"
_FIXED = (TURBINE, DATE, FAILURE, DAYS_LEFT, TECHNICIAN, PLANNED)


@dataclass(frozen=True, slots=True)
class Columns:
    """Positions of the fixed columns and of the sensors in a file, with missing and unknown columns.

    ``conversions`` is by position, for the columns in another unit than the catalogue's. ``unused`` are the
    names in the mapping that the file does not have.
    """

    width: int
    fixed: dict[str, int]
    sensors: tuple[tuple[int, Sensor], ...]
    unknown: tuple[str, ...]
    missing: tuple[Sensor, ...]
    conversions: dict[int, Conversion] = field(default_factory=dict)
    unused: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, header: Sequence[str], sensors: Mapping[str, Sensor], mapping: ColumnMap | None = None
    ) -> Columns:
        """Match a header with the sensor catalogue.

        Raises:
            InvalidInput: no turbine, no date, no known sensor, a column that is there twice, or a unit that
                is not the sensor's and that no mapping confirms.
        """
        names = [name.strip() for name in header]
        known = {*_FIXED, *sensors}
        targets = [_target(name, known, mapping) for name in names]
        matched = [target.name for target in targets if target is not None]
        twice = [name for name, count in Counter(matched).items() if count > 1]
        if twice:
            raise InvalidInput.single(
                twice[0], "colonne présente plusieurs fois dans l’en-tête ; gardez-en une seule."
            )
        position = {target.name: index for index, target in enumerate(targets) if target is not None}
        for required, meaning in ((TURBINE, "l’identifiant de la turbine"), (DATE, "la date de la mesure")):
            if required not in position:
                raise UnclearFile.single(required, _absent(meaning, required, names))
        present = tuple((position[name], sensor) for name, sensor in sensors.items() if name in position)
        if not present:
            expected = ", ".join(sensors) or "aucun, car aucun modèle n’en déclare"
            raise UnclearFile.single(
                "capteurs",
                f"aucune colonne de capteur connue (capteurs : {expected}). Renommez les colonnes, ou donnez"
                " leur nom dans une correspondance.",
            )
        return cls(
            width=len(names),
            fixed={name: position[name] for name in _FIXED if name in position},
            sensors=present,
            unknown=tuple(_name_of(names[i], i) for i, target in enumerate(targets) if target is None),
            missing=tuple(sensor for name, sensor in sensors.items() if name not in position),
            conversions=_conversions(names, targets, sensors, mapping),
            unused=tuple(sorted(set(mapping.columns) - set(names))) if mapping else (),
        )


def holds_measurements(names: Sequence[str], mapping: ColumnMap | None = None) -> bool:
    """Tell whether these names are the header of a file of measurements."""
    return {TURBINE, DATE} <= {target_of(name, mapping).name for name in names}


def _target(name: str, known: set[str], mapping: ColumnMap | None) -> Target | None:
    """Return the content of a column; None where the cockpit has no use for it."""
    target = target_of(name, mapping)
    if mapping is not None and name in mapping.columns and target.name not in known:
        raise InvalidInput.single(
            "correspondance",
            f"« {printable(name)} » est relié à « {printable(target.name)} », que le cockpit ne connaît pas ;"
            f" au choix : {', '.join(sorted(known))}.",
        )
    return target if target.name in known else None


def _conversions(
    names: Sequence[str],
    targets: Sequence[Target | None],
    sensors: Mapping[str, Sensor],
    mapping: ColumnMap | None,
) -> dict[int, Conversion]:
    """Return, by position, the conversions of the columns that are not in the catalogue's unit."""
    made: dict[int, Conversion] = {}
    for index, target in enumerate(targets):
        if target is None or target.unit is None:
            continue
        sensor = sensors.get(target.name)
        own = sensor.unit if sensor else {DAYS_LEFT: "jours"}.get(target.name, "")
        if spelled(target.unit) == spelled(own) or (sensor is None and target.unit in {"j", "d", "days"}):
            continue
        how = conversion(target.unit, own) if sensor else None
        if how is None:
            raise InvalidInput.single(
                names[index],
                f"unité « {printable(target.unit)} » inconnue pour {target.name} ; au choix :"
                f" {', '.join(filter(None, known_units(own))) or 'aucune'}. Si les valeurs sont déjà en"
                f" {own or 'cette grandeur'}, dites-le par l’unité de la colonne dans une correspondance.",
            )
        if mapping is None or names[index] not in mapping.columns:
            raise UnclearFile.single(
                names[index],
                f"colonne en {how.source}, attendue en {own}. Rien n’est converti sans qu’on le dise :"
                f" reliez-la à {target.name} avec l’unité {how.source} dans une correspondance.",
            )
        made[index] = how
    return made


def _absent(meaning: str, required: str, names: Sequence[str]) -> str:
    alike = difflib.get_close_matches(required, [n.casefold() for n in names], n=1, cutoff=0.6)
    hint = next((f" Est-ce « {printable(n)} » ?" for n in names if alike and n.casefold() == alike[0]), "")
    return (
        f"colonne obligatoire absente de l’en-tête : {meaning}.{hint} Renommez ou ajoutez-la, ou donnez son"
        " nom dans une correspondance."
    )


def _name_of(name: str, index: int) -> str:
    return printable(name) if name else f"(sans nom, colonne {index + 1})"
