"""The columns of a file of measurements: which is what, in which unit, and what it lacks or has besides."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from api.domain.measurements.column_map import ColumnMap, Target, target_of
from api.domain.measurements.readings import shown
from api.domain.measurements.sensors import Sensor
from api.domain.measurements.units import Conversion, conversion, known_units, spelled
from api.domain.shared.exceptions import InvalidInput, UnclearFile

TURBINE, DATE = "turbine_id", "date_measure"
FAILURE, DAYS_LEFT = "failure_within_7d", "time_to_failure_days"
TECHNICIAN, PLANNED = "technician_id", "planned_intervention_date"
_FIXED = (TURBINE, DATE, FAILURE, DAYS_LEFT, TECHNICIAN, PLANNED)


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a file holds what: fixed columns and sensors by position, and what it lacks or has besides.

    ``conversions`` is by position, for the columns that come in another unit; ``unused`` are the names that
    the mapping tells and the file does not have.
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
                is not the sensor's and that no mapping tells.
        """
        names = [name.strip() for name in header]
        known = {*_FIXED, *sensors}
        targets = [_target(name, known, mapping) for name in names]
        found = [target.name for target in targets if target is not None]
        twice = [name for name, count in Counter(found).items() if count > 1]
        if twice:
            raise InvalidInput.single(
                twice[0], "colonne présente plusieurs fois dans l’en-tête ; gardez-en une seule."
            )
        position = {target.name: index for index, target in enumerate(targets) if target is not None}
        for required, meaning in ((TURBINE, "l’identifiant de la turbine"), (DATE, "la date de la mesure")):
            if required not in position:
                raise UnclearFile.single(required, _absent(meaning, required, names))
        here = tuple((position[name], sensor) for name, sensor in sensors.items() if name in position)
        if not here:
            expected = ", ".join(sensors) or "aucun, car aucun modèle n’en déclare"
            raise UnclearFile.single(
                "capteurs",
                f"aucune colonne de capteur connue (capteurs : {expected}). Renommez les colonnes, ou donnez"
                " leur nom dans une correspondance.",
            )
        return cls(
            width=len(names),
            fixed={name: position[name] for name in _FIXED if name in position},
            sensors=here,
            unknown=tuple(_told(names[i], i) for i, target in enumerate(targets) if target is None),
            missing=tuple(sensor for name, sensor in sensors.items() if name not in position),
            conversions=_conversions(names, targets, sensors, mapping),
            unused=tuple(sorted(set(mapping.columns) - set(names))) if mapping else (),
        )


def holds_measurements(names: Sequence[str], mapping: ColumnMap | None = None) -> bool:
    """True where these names are the header of a file of measurements."""
    return {TURBINE, DATE} <= {target_of(name, mapping).name for name in names}


def _target(name: str, known: set[str], mapping: ColumnMap | None) -> Target | None:
    """What a column holds; None where the cockpit has no use for it."""
    target = target_of(name, mapping)
    if mapping is not None and name in mapping.columns and target.name not in known:
        raise InvalidInput.single(
            "correspondance",
            f"« {shown(name)} » est relié à « {shown(target.name)} », que le cockpit ne connaît pas ; au"
            f" choix : {', '.join(sorted(known))}.",
        )
    return target if target.name in known else None


def _conversions(
    names: Sequence[str],
    targets: Sequence[Target | None],
    sensors: Mapping[str, Sensor],
    mapping: ColumnMap | None,
) -> dict[int, Conversion]:
    """By position, how the columns that come in another unit are brought to the catalogue's."""
    made: dict[int, Conversion] = {}
    for index, target in enumerate(targets):
        if target is None or target.unit is None:
            continue
        sensor = sensors.get(target.name)
        own = sensor.unit if sensor else {DAYS_LEFT: "jours"}.get(target.name, "")
        if spelled(target.unit) == own or (sensor is None and target.unit in {"j", "d", "days"}):
            continue
        how = conversion(target.unit, own) if sensor else None
        if how is None:
            raise InvalidInput.single(
                names[index],
                f"unité « {shown(target.unit)} » inconnue pour {target.name} ; au choix :"
                f" {', '.join(filter(None, known_units(own))) or 'aucune'}.",
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
    hint = next((f" Est-ce « {shown(n)} » ?" for n in names if alike and n.casefold() == alike[0]), "")
    return (
        f"colonne obligatoire absente de l’en-tête : {meaning}.{hint} Renommez ou ajoutez-la, ou donnez son"
        " nom dans une correspondance."
    )


def _told(name: str, index: int) -> str:
    return shown(name) if name else f"(sans nom, colonne {index + 1})"
