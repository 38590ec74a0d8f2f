"""The ways in: one measurement, many of them, the last measurements of the park."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from api.domain.measurements.sensors import Sensor
from api.domain.plausibility.history_rules import silent, verdicts
from api.domain.plausibility.limits import DEFAULT, Limits
from api.domain.plausibility.park import Park, learn_park
from api.domain.plausibility.past import learn_past
from api.domain.plausibility.sentences import sentence
from api.domain.plausibility.table import Bools, Floats, Ints, Measurements, day_number
from api.domain.plausibility.trust import Finding
from api.domain.plausibility.verdicts import Rows, Standing, Verdict, standing

_BLOCK = 5_000  # rows that look back on their past at once
Findings = dict[int, list[Finding]]
"""Findings by position of the row in the arrays given to ``arranged``; rows without any are left out."""


@dataclass(frozen=True)
class ParkFindings:
    """What the park's last measurements show.

    Attributes:
        rows: findings on the measurements of each turbine's last day.
        silent: the finding on each turbine that is silent for longer than its rhythm, by turbine number.
    """

    rows: Findings
    silent: Mapping[int, Finding]


def continuous(sensors: Mapping[str, Sensor]) -> tuple[str, ...]:
    """Names of the sensors that measure a quantity; a yes or no is neither stuck nor jumps."""
    return tuple(name for name, sensor in sensors.items() if sensor.dtype != "binary")


def judge_against(
    values: Mapping[str, float | None],
    day: float,
    sensors: Mapping[str, Sensor],
    against: Standing,
    *,
    in_service: bool = True,
) -> list[Finding]:
    """The findings on one measurement, where what it is judged against is kept between two of them.

    Args:
        values: sensor name to value in the catalogue's unit, None where missing.
        day: day number of the measurement; no earlier than what ``against`` comes from.
        sensors: the catalogue, for labels and units.
        against: from :func:`~api.domain.plausibility.verdicts.standing`.
        in_service: False where the turbine is stopped on purpose.
    """
    rows = Rows(day, values, in_service)
    return [_finding(verdict, 0, sensors, against.limits) for verdict in verdicts(rows, against)]


def judge_many(
    values: Mapping[str, Floats],
    days: Floats,
    sensors: Mapping[str, Sensor],
    against: Standing,
    in_service: Bools,
) -> list[list[Finding]]:
    """The findings on each of many measurements, each with its own line of ``against``.

    Args:
        values: sensor name to one value per measurement, NaN where missing.
        days: day number of each.
        sensors: the catalogue, for labels and units.
        against: as for one measurement, with arrays of one entry per measurement.
        in_service: False where the turbine is stopped on purpose.
    """
    found: list[list[Finding]] = [[] for _ in days]
    for verdict in verdicts(Rows(days, values, in_service), against):
        for row in np.flatnonzero(verdict.flags):
            found[row].append(_finding(verdict, int(row), sensors, against.limits))
    return found


def judge_rows(
    measurements: Measurements,
    rows: Ints,
    park: Park | None,
    sensors: Mapping[str, Sensor],
    limits: Limits = DEFAULT,
) -> Findings:
    """The findings on many measurements, each judged against what came before it in its own turbine.

    Rows older than the park's figures get only the rules that need none.

    Args:
        measurements: the rows to judge among the earlier ones of their turbines.
        rows: positions in ``measurements`` of the rows to judge.
        park: the park's past; None where unknown.
        sensors: the catalogue.
        limits: of the rules.
    """
    found: Findings = {}
    fresh = np.full(len(rows), park is not None and park.until <= measurements.day[rows])
    for wanted, known_park in ((rows[fresh], park), (rows[~fresh], None)):
        for some in _in_blocks(wanted):
            _judge_alike(found, measurements, some, known_park, sensors, limits)
    return found


def _in_blocks(rows: Ints) -> list[Ints]:
    """The rows by :data:`_BLOCK`: each looks back on many others, which memory must hold at once."""
    return [rows[start : start + _BLOCK] for start in range(0, len(rows), _BLOCK)]


def _judge_alike(
    found: Findings,
    measurements: Measurements,
    rows: Ints,
    park: Park | None,
    sensors: Mapping[str, Sensor],
    limits: Limits,
) -> None:
    names = continuous(sensors)
    past = None if park is None else learn_past(measurements, rows, park, names, limits)
    told = judge_many(
        {name: column[rows] for name, column in measurements.values.items()},
        measurements.day[rows],
        sensors,
        standing(names, limits, park=park, past=past, rated_kw=measurements.rated_kw[rows]),
        measurements.in_service[rows],
    )
    found |= {int(measurements.order[row]): own for row, own in zip(rows, told, strict=True) if own}


def judge_park(
    measurements: Measurements,
    as_of: date,
    sensors: Mapping[str, Sensor],
    limits: Limits = DEFAULT,
    *,
    fresh_days: int = 7,
) -> ParkFindings:
    """The findings on the last day of every turbine, silence included, as they stood at ``as_of``.

    Args:
        measurements: recent rows of the park, ``limits.depth + 1`` per turbine being enough; what is later
            than ``as_of`` is left out.
        as_of: the day of the run.
        sensors: the catalogue.
        limits: of the rules.
        fresh_days: age up to which a measurement is judged against history; beyond, it is out of date anyway.
    """
    today = day_number(as_of)
    seen = measurements.kept(measurements.day < today + 1)
    if not len(seen):
        return ParkFindings({}, {})
    park = learn_park(seen, today - fresh_days, continuous(sensors), limits)
    newest = seen.newest()
    gaps = np.concatenate([learn_past(seen, some, park, (), limits).gap for some in _in_blocks(newest)])
    quiet = silent(today, seen.day[newest], gaps, seen.in_service[newest], limits)
    return ParkFindings(
        rows=judge_rows(seen, seen.last_rows(), park, sensors, limits),
        silent={
            int(seen.turbine[newest[row]]): _finding(quiet, int(row), sensors, limits)
            for row in np.flatnonzero(quiet.flags)
        },
    )


def _finding(verdict: Verdict, row: int, sensors: Mapping[str, Sensor], limits: Limits) -> Finding:
    figures = {name: float(np.ravel(column)[row]) for name, column in verdict.figures.items()}
    message = sentence(verdict.code, verdict.sensor, figures, sensors, limits)
    return Finding(str(verdict.code), verdict.sensor, message)
