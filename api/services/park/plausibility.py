"""Judges the park's measurements by the plausibility rules, before any model is called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import Connection

from api.domain.measurements.sensors import Sensor
from api.domain.plausibility.judging import continuous, judge_against, judge_many, judge_park
from api.domain.plausibility.limits import DEFAULT, STOPPED, Implausible
from api.domain.plausibility.table import NAN, Floats, Measurements, arranged
from api.domain.plausibility.trust import Finding
from api.domain.plausibility.verdicts import reference_for
from api.services.models.measurement_model import Reading
from api.storage.turbines.recent import RecentColumns, recent_columns

_ALONE = reference_for((), DEFAULT)
_OURS = frozenset({*Implausible, STOPPED})


@dataclass(frozen=True)
class ParkAudit:
    """Findings of one day: by measurement, and by turbine for those that are silent."""

    by_measurement: Mapping[int, list[Finding]] = field(default_factory=dict)
    silent: Mapping[int, Finding] = field(default_factory=dict)

    def of(self, measurement: int, turbine: int) -> list[Finding]:
        """Return the findings on one measurement and on its turbine."""
        quiet = self.silent.get(turbine)
        return [*self.by_measurement.get(measurement, ()), *([quiet] if quiet else ())]


def audit_park(
    connection: Connection, as_of: date, sensors: Mapping[str, Sensor], *, fresh_days: int
) -> ParkAudit:
    """Judge each turbine's last day against its own past and the park's.

    Args:
        connection: to read with.
        as_of: day of the run; later measurements are not used.
        sensors: the catalogue.
        fresh_days: greatest age [d] at which history is judged; older measurements are out of date anyway.
    """
    recent = recent_columns(connection, as_of, DEFAULT.depth + 1, continuous(sensors))
    if not len(recent.ids):
        return ParkAudit()
    verdicts = judge_park(table_of(recent), as_of, sensors, fresh_days=fresh_days)
    return ParkAudit(
        {int(recent.ids[at]): list(findings) for at, findings in verdicts.rows.items()}, verdicts.silent
    )


def table_of(recent: RecentColumns) -> Measurements:
    """Arrange stored measurements for the rules."""
    return arranged(
        recent.turbine, recent.day, recent.values, rated_kw=recent.rated_kw, in_service=recent.in_service
    )


def audit_one(reading: Reading, sensors: Mapping[str, Sensor]) -> list[Finding]:
    """Judge one measurement by the rules of physics, which need no history."""
    if reading.moment is None:
        return []
    return judge_against(reading.values, NAN, sensors, _ALONE)  # no day: these rules need none


def audit_many(readings: Sequence[Reading], sensors: Mapping[str, Sensor]) -> list[list[Finding]]:
    """Judge many measurements by physics, in order, with one call of each rule."""
    rows = np.array([i for i, reading in enumerate(readings) if reading.moment is not None], dtype=np.intp)
    dated = [readings[row] for row in rows]
    judged = judge_many(
        columns(dated), np.full(len(rows), NAN), sensors, _ALONE, np.ones(len(rows), np.bool_)
    )
    findings: list[list[Finding]] = [[] for _ in readings]
    for row, own in zip(rows.tolist(), judged, strict=True):
        findings[row] = own
    return findings


def columns(readings: Sequence[Reading]) -> dict[str, Floats]:
    """Return the readings' values by sensor, NaN for missing; the first reading names the sensors."""
    names = readings[0].values if readings else ()
    return {
        name: np.array([reading.values.get(name) for reading in readings], dtype=np.float64) for name in names
    }


def recorded_findings(warnings: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """Return the plausibility findings among an answer's recorded warnings.

    They depend on the measurements stored at that time. A replay must reuse them, or its level would change
    with every later measurement.
    """
    findings = (Finding(warning["code"], warning["field"], warning["message"]) for warning in warnings)
    return [finding for finding in findings if is_plausibility(finding)]


def is_plausibility(finding: Finding) -> bool:
    """Tell whether a finding comes from the plausibility rules."""
    return finding.code in _OURS
