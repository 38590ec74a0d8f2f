"""The ways in: a single measurement, many of them, the last measurements of the park."""

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
from api.domain.plausibility.verdicts import Reference, Rows, Verdict, reference_for

_BLOCK = 5_000  # rows that look back on their past at once
Findings = dict[int, list[Finding]]
"""Findings by position of the row in the arguments of ``arranged``; rows without any are left out."""


@dataclass(frozen=True)
class ParkFindings:
    """The findings on the park's last measurements.

    Attributes:
        rows: findings on the measurements of each turbine's last day.
        silent: by turbine number, the finding on each turbine silent for longer than its rhythm explains.
    """

    rows: Findings
    silent: Mapping[int, Finding]


def continuous(sensors: Mapping[str, Sensor]) -> tuple[str, ...]:
    """Name the sensors that measure a quantity; a yes or no is neither stuck nor jumps."""
    return tuple(name for name, sensor in sensors.items() if sensor.dtype != "binary")


def judge_against(
    values: Mapping[str, float | None],
    day: float,
    sensors: Mapping[str, Sensor],
    against: Reference,
    *,
    in_service: bool = True,
) -> list[Finding]:
    """Return the findings on a measurement, against a reference kept between two measurements.

    Args:
        values: sensor name to value in the catalogue's unit, None where missing.
        day: day number of the measurement; no earlier than the rows behind ``against``.
        sensors: the catalogue, for labels and units.
        against: from :func:`~api.domain.plausibility.verdicts.reference_for`.
        in_service: False where the turbine is stopped on purpose.
    """
    rows = Rows(day, values, in_service)
    return [_finding(verdict, 0, sensors, against.limits) for verdict in verdicts(rows, against)]


def judge_many(
    values: Mapping[str, Floats],
    days: Floats,
    sensors: Mapping[str, Sensor],
    against: Reference,
    in_service: Bools,
) -> list[list[Finding]]:
    """Return the findings on each of many measurements, each with its own line of ``against``.

    Args:
        values: sensor name to one value per measurement, NaN where missing.
        days: day number of each.
        sensors: the catalogue, for labels and units.
        against: as for one measurement, with arrays of one entry per measurement.
        in_service: False where the turbine is stopped on purpose.
    """
    findings: list[list[Finding]] = [[] for _ in days]
    for verdict in verdicts(Rows(days, values, in_service), against):
        for row in np.flatnonzero(verdict.flags):
            findings[row].append(_finding(verdict, int(row), sensors, against.limits))
    return findings


def judge_rows(
    measurements: Measurements,
    rows: Ints,
    park: Park | None,
    sensors: Mapping[str, Sensor],
    limits: Limits = DEFAULT,
) -> Findings:
    """Judge many measurements, each against the earlier ones of its own turbine.

    On rows older than the park's figures, only the rules that need no history are applied.

    Args:
        measurements: the rows to judge among the earlier ones of their turbines.
        rows: positions in ``measurements`` of the rows to judge.
        park: the park's past; None where unknown.
        sensors: the catalogue.
        limits: of the rules.
    """
    findings: Findings = {}
    fresh = np.full(len(rows), park is not None and park.until <= measurements.day[rows])
    for chosen, known_park in ((rows[fresh], park), (rows[~fresh], None)):
        for block in _in_blocks(chosen):
            _judge_alike(findings, measurements, block, known_park, sensors, limits)
    return findings


def _in_blocks(rows: Ints) -> list[Ints]:
    """Split the rows into blocks of :data:`_BLOCK`.

    Each row looks back on many others, which memory must hold at once.
    """
    return [rows[start : start + _BLOCK] for start in range(0, len(rows), _BLOCK)]


def _judge_alike(
    findings: Findings,
    measurements: Measurements,
    rows: Ints,
    park: Park | None,
    sensors: Mapping[str, Sensor],
    limits: Limits,
) -> None:
    names = continuous(sensors)
    past = None if park is None else learn_past(measurements, rows, park, names, limits)
    judged = judge_many(
        {name: column[rows] for name, column in measurements.values.items()},
        measurements.day[rows],
        sensors,
        reference_for(names, limits, park=park, past=past, rated_kw=measurements.rated_kw[rows]),
        measurements.in_service[rows],
    )
    findings |= {int(measurements.order[row]): own for row, own in zip(rows, judged, strict=True) if own}


def judge_park(
    measurements: Measurements,
    as_of: date,
    sensors: Mapping[str, Sensor],
    *,
    fresh_days: int = 7,
) -> ParkFindings:
    """Judge the last day of every turbine, silence included, as known at ``as_of``.

    Args:
        measurements: recent rows of the park, ``DEFAULT.depth + 1`` per turbine being enough; rows later than
            ``as_of`` are left out.
        as_of: the day of the run.
        sensors: the catalogue.
        fresh_days: age up to which a measurement is judged against history; beyond, it is out of date anyway.
    """
    today = day_number(as_of)
    known = measurements.kept(measurements.day < today + 1)
    if not len(known):
        return ParkFindings({}, {})
    park = learn_park(known, today - fresh_days, continuous(sensors), DEFAULT)
    newest = known.newest()
    gaps = np.concatenate([learn_past(known, block, park, (), DEFAULT).gap for block in _in_blocks(newest)])
    quiet = silent(today, known.day[newest], gaps, known.in_service[newest], DEFAULT)
    return ParkFindings(
        rows=judge_rows(known, known.last_rows(), park, sensors, DEFAULT),
        silent={
            int(known.turbine[newest[row]]): _finding(quiet, int(row), sensors, DEFAULT)
            for row in np.flatnonzero(quiet.flags)
        },
    )


def _finding(verdict: Verdict, row: int, sensors: Mapping[str, Sensor], limits: Limits) -> Finding:
    figures = {name: float(np.ravel(column)[row]) for name, column in verdict.figures.items()}
    message = sentence(verdict.code, verdict.sensor, figures, sensors, limits)
    return Finding(str(verdict.code), verdict.sensor, message)
