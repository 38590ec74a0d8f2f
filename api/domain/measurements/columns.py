"""The columns of a file of measurements: content and unit of each, columns missing and columns unknown."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from api.domain.measurements.column_map import ColumnMap, Target, lone_letter, target_of
from api.domain.measurements.naming import header as headers
from api.domain.measurements.readings import printable, read_turbine_id
from api.domain.measurements.sensors import Sensor
from api.domain.measurements.times.zones import zone_in
from api.domain.measurements.units import Conversion, conversion, known_units, quantity, spelled
from api.domain.shared.exceptions import InvalidInput, UnclearFile

TURBINE, DATE = "turbine_id", "date_measure"
HOUR = "time_measure"
"""The hour, where a file keeps it apart from the day: a mapping names that column."""
FAILURE, DAYS_LEFT = "failure_within_7d", "time_to_failure_days"
TECHNICIAN, PLANNED = "technician_id", "planned_intervention_date"
_FIXED = (TURBINE, DATE, HOUR, FAILURE, DAYS_LEFT, TECHNICIAN, PLANNED)
_MIDNIGHT = re.compile(r"[T ]+0{1,2}:00(:00(\.0+)?)?$")


@dataclass(frozen=True, slots=True)
class Columns:
    """Positions of the fixed columns and of the sensors in a file, with missing and unknown columns.

    ``conversions`` is by position, for the columns in another unit than the catalogue's. ``unused`` are the
    names in the mapping that the file does not have; ``close`` gives, for a missing sensor, the unknown
    column that is probably meant; ``names`` the cockpit's name of a turbine, by the file's. ``error_codes``
    are impossible values that the file repeats, by sensor; ``silent`` are the sensors whose column has no
    value in the rows that were scanned.
    """

    width: int
    fixed: dict[str, int]
    sensors: tuple[tuple[int, Sensor], ...]
    unknown: tuple[str, ...]
    missing: tuple[Sensor, ...]
    conversions: dict[int, Conversion] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    close: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    error_codes: Mapping[str, frozenset[float]] = field(default_factory=dict)
    silent: tuple[Sensor, ...] = ()

    def turbine(self, text: str) -> str:
        """Read a turbine's identifier, by the cockpit's name where the mapping gives one.

        Raises:
            UnreadableCell: missing, too long, or with control characters.
        """
        name = read_turbine_id(text)
        return self.names.get(name, name)

    def time_text(self, cells: Sequence[str]) -> str:
        """Return the time of a row: its date, and behind it the hour where a column of its own holds it."""
        text, hour = cells[self.fixed[DATE]], self.fixed.get(HOUR)
        if hour is None or not cells[hour].strip():
            return text
        return f"{_MIDNIGHT.sub('', text.strip())} {cells[hour].strip()}"

    @classmethod
    def of(
        cls, header: Sequence[str], sensors: Mapping[str, Sensor], mapping: ColumnMap | None = None
    ) -> Columns:
        """Match a header with the sensor catalogue.

        Raises:
            UnclearFile: no turbine, no date or no known sensor: all that is missing, and the file's columns.
            InvalidInput: a column that is there twice, or a unit that is not the sensor's and that no mapping
                confirms.
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
        present = tuple((position[name], sensor) for name, sensor in sensors.items() if name in position)
        lacking = [name for name in (TURBINE, DATE) if name not in position]
        if lacking or not present:
            raise headers.refusal(names, lacking, sensors, any_sensor=bool(present))
        unknown = [index for index, target in enumerate(targets) if target is None]
        # A sensor that no model in service reads is missed by nobody; without any model, all are told.
        served = any(sensor.used_by for sensor in sensors.values())
        missing = tuple(
            sensor
            for name, sensor in sensors.items()
            if name not in position and (sensor.used_by or not served)
        )
        return cls(
            width=len(names),
            fixed={name: position[name] for name in _FIXED if name in position},
            sensors=present,
            unknown=tuple(_name_of(names[index], index) for index in unknown),
            missing=missing,
            conversions=_conversions(names, targets, sensors, mapping),
            unused=tuple(sorted(set(mapping.columns) - set(names))) if mapping else (),
            close=_close(missing, [names[index] for index in unknown]),
            names=mapping.turbines if mapping else {},
        )


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
        if target is None or (target.unit and target.name in (DATE, HOUR) and zone_in(target.unit)):
            continue
        sensor = sensors.get(target.name)
        if target.unit is None:
            _refuse_lone_letter(names[index], sensor)
            continue
        own = sensor.unit if sensor else {DAYS_LEFT: "jours"}.get(target.name, "")
        if spelled(target.unit) == spelled(own) or (sensor is None and target.unit in {"j", "d", "days"}):
            continue
        how = conversion(target.unit, own) if sensor else None
        if how is None:
            raise InvalidInput.single(names[index], _no_conversion(target.unit, target.name, own))
        if mapping is None or names[index] not in mapping.columns:
            raise UnclearFile.single(
                names[index],
                f"colonne en {how.source}, attendue en {own}. Rien n’est converti sans qu’on le dise :"
                f" reliez-la à {target.name} avec l’unité {how.source} dans une correspondance.",
            )
        made[index] = how
    return made


def _close(missing: Sequence[Sensor], unknown: Sequence[str]) -> dict[str, str]:
    pairs = ((sensor.name, headers.meant(sensor.name, unknown)) for sensor in missing)
    return {name: near for name, near in pairs if near is not None}


def _no_conversion(unit: str, target: str, own: str) -> str:
    what = quantity(unit)
    reason = f"« {printable(unit)} » est {what}" if what else f"unité « {printable(unit)} » inconnue"
    choice = ", ".join(filter(None, known_units(own))) or "aucune"
    return (
        f"{reason}, sans conversion vers {target} ; au choix : {choice}. Si les valeurs sont déjà en"
        f" {own or 'cette grandeur'}, dites-le par l’unité de la colonne dans une correspondance."
    )


def _refuse_lone_letter(name: str, sensor: Sensor | None) -> None:
    """Refuse a header such as ``Temp_F`` whose letter may be another unit than the sensor's.

    Raises:
        UnclearFile: the mapping must say which unit it is.
    """
    letter = lone_letter(name) if sensor is not None else None
    if letter is None or sensor is None:
        return
    how = conversion(letter, sensor.unit)
    if how is None or how.source == how.unit:
        return
    raise UnclearFile.single(
        name,
        f"« {letter} » est-il l’unité ? Donnez l’unité de la colonne dans une correspondance :"
        f" {how.source}, ou {sensor.unit} si les valeurs le sont déjà.",
    )


def _name_of(name: str, index: int) -> str:
    return printable(name) if name else f"(sans nom, colonne {index + 1})"
