"""The columns of a file of measurements, and the judgment of each of its rows, alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, TypeVar

from api.domain.exceptions import InvalidInput
from api.domain.readings import (
    MeasuredTime,
    UnreadableCell,
    read_days_left,
    read_failure,
    read_plan,
    read_pseudonym,
    read_sensor,
    read_time,
    read_turbine_id,
    shown,
)
from api.domain.sensors import Sensor

TURBINE, DATE = "turbine_id", "date_measure"
FAILURE, DAYS_LEFT = "failure_within_7d", "time_to_failure_days"
TECHNICIAN, PLANNED = "technician_id", "planned_intervention_date"
_FIXED = (TURBINE, DATE, FAILURE, DAYS_LEFT, TECHNICIAN, PLANNED)
_Value = TypeVar("_Value")


class CellProblem(NamedTuple):
    """One cell that is wrong: its column, what was received, and the French reason."""

    column: str
    value: str | None
    reason: str


class Visit(NamedTuple):
    """A visit planned for a turbine; the technician is a pseudonym."""

    planned_on: date
    technician: str | None


@dataclass(frozen=True, slots=True)
class MeasurementRow:
    """A row that may be stored; ``values`` holds the sensors that gave one, in their own units."""

    turbine_id: str
    time: MeasuredTime
    values: dict[str, float | int]
    failure_within_7d: bool | None
    time_to_failure_days: float | None
    visit: Visit | None

    @property
    def measured_on(self) -> date:
        """Calendar day in Europe/Paris."""
        return self.time.on

    @property
    def measured_at(self) -> datetime | None:
        """UTC instant, where the source gives one."""
        return self.time.at

    @property
    def labelled(self) -> bool:
        """True where an outcome is told."""
        return self.failure_within_7d is not None or self.time_to_failure_days is not None


class RowVerdict(NamedTuple):
    """What became of one row.

    ``row`` is what could be identified of it, even where only its labels were wrong and it is not accepted:
    it counts among its equals all the same, so that the mended file finds the same rows.
    """

    row: MeasurementRow | None
    accepted: bool
    problems: list[CellProblem]


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a file holds what: fixed columns and sensors by position, and what it lacks or has besides."""

    width: int
    fixed: dict[str, int]
    sensors: tuple[tuple[int, Sensor], ...]
    unknown: tuple[str, ...]
    missing: tuple[Sensor, ...]

    @classmethod
    def of(cls, header: Sequence[str], sensors: Mapping[str, Sensor]) -> Columns:
        """Match a header with the sensor catalogue.

        Raises:
            InvalidInput: no turbine, no date, no known sensor, or a column that is there twice.
        """
        names = [name.strip() for name in header]
        known = {*_FIXED, *sensors}
        twice = [name for name, count in Counter(names).items() if count > 1 and name in known]
        if twice:
            raise InvalidInput.single(
                twice[0], "colonne présente plusieurs fois dans l’en-tête ; gardez-en une seule."
            )
        position = {name: index for index, name in enumerate(names)}
        for required, meaning in ((TURBINE, "l’identifiant de la turbine"), (DATE, "la date de la mesure")):
            if required not in position:
                raise InvalidInput.single(
                    required, f"colonne obligatoire absente de l’en-tête : {meaning}. Renommez ou ajoutez-la."
                )
        found = tuple((position[name], sensor) for name, sensor in sensors.items() if name in position)
        if not found:
            expected = ", ".join(sensors) or "aucun, car aucun modèle n’en déclare"
            raise InvalidInput.single(
                "capteurs", f"aucune colonne de capteur connue (capteurs : {expected})."
            )
        return cls(
            width=len(names),
            fixed={name: position[name] for name in _FIXED if name in position},
            sensors=found,
            unknown=tuple(_told(name, i) for i, name in enumerate(names) if name not in known),
            missing=tuple(sensor for name, sensor in sensors.items() if name not in position),
        )


def judge_row(cells: Sequence[str], columns: Columns, today: date) -> RowVerdict:
    """Judge one row: every wrong cell is told; a wrong planned visit does not reject the measurement.

    Args:
        cells: the row's texts, as many as the header has names.
        columns: of the file.
        today: the present day in Europe/Paris.
    """
    problems: list[CellProblem] = []
    turbine_id = _cell(cells, columns, TURBINE, read_turbine_id, problems)
    time = _cell(cells, columns, DATE, lambda text: read_time(text, today), problems)
    values = _values(cells, columns, problems)
    if not values and not problems:
        problems.append(CellProblem("", None, "aucune valeur de capteur sur cette ligne."))
    identified = not problems
    failure = _cell(cells, columns, FAILURE, read_failure, problems)
    days_left = _cell(cells, columns, DAYS_LEFT, read_days_left, problems)
    if not identified or turbine_id is None or time is None:
        return RowVerdict(None, False, problems)
    accepted = not problems
    visit = _visit(cells, columns, time.on, problems) if accepted else None
    return RowVerdict(MeasurementRow(turbine_id, time, values, failure, days_left, visit), accepted, problems)


def _cell(
    cells: Sequence[str],
    columns: Columns,
    name: str,
    read: Callable[[str], _Value],
    problems: list[CellProblem],
) -> _Value | None:
    position = columns.fixed.get(name)
    if position is None:
        return None
    try:
        return read(cells[position])
    except UnreadableCell as error:
        problems.append(CellProblem(name, shown(cells[position]), error.reason))
        return None


def _values(cells: Sequence[str], columns: Columns, problems: list[CellProblem]) -> dict[str, float | int]:
    values: dict[str, float | int] = {}
    for position, sensor in columns.sensors:
        try:
            value = read_sensor(cells[position], sensor)
        except UnreadableCell as error:
            problems.append(CellProblem(sensor.name, shown(cells[position]), error.reason))
        else:
            if value is not None:
                values[sensor.name] = value
    return values


def _visit(
    cells: Sequence[str], columns: Columns, known_on: date, problems: list[CellProblem]
) -> Visit | None:
    planned_on = _cell(cells, columns, PLANNED, lambda text: read_plan(text, known_on), problems)
    if planned_on is None:
        return None
    return Visit(planned_on, _cell(cells, columns, TECHNICIAN, read_pseudonym, problems))


def _told(name: str, index: int) -> str:
    return shown(name) if name else f"(sans nom, colonne {index + 1})"
