"""Sensors that lie, found in the park's own measurements before any model speaks."""

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
        """Everything found on one measurement and on its turbine."""
        quiet = self.silent.get(turbine)
        return [*self.by_measurement.get(measurement, ()), *([quiet] if quiet else ())]


def audit_park(
    connection: Connection, as_of: date, sensors: Mapping[str, Sensor], *, fresh_days: int
) -> ParkAudit:
    """Judge each turbine's last day against its own past and the park's.

    Args:
        connection: to read with.
        as_of: day of the run; nothing later is looked at.
        sensors: the catalogue.
        fresh_days: age up to which history is asked; older measurements are out of date anyway.
    """
    recent = recent_columns(connection, as_of, DEFAULT.depth + 1, continuous(sensors))
    if not len(recent.ids):
        return ParkAudit()
    found = judge_park(table_of(recent), as_of, sensors, fresh_days=fresh_days)
    return ParkAudit({int(recent.ids[at]): list(told) for at, told in found.rows.items()}, found.silent)


def table_of(recent: RecentColumns) -> Measurements:
    """Stored measurements as the rules want them."""
    return arranged(
        recent.turbine, recent.day, recent.values, rated_kw=recent.rated_kw, in_service=recent.in_service
    )


def audit_one(reading: Reading, sensors: Mapping[str, Sensor]) -> list[Finding]:
    """Judge one measurement by the rules that need no history: what physics alone contradicts."""
    if reading.moment is None:
        return []
    return judge_against(reading.values, NAN, sensors, _ALONE)  # no day: these rules ask for none


def audit_many(readings: Sequence[Reading], sensors: Mapping[str, Sensor]) -> list[list[Finding]]:
    """The same for many measurements, in order; the rules are called once for all."""
    rows = np.array([i for i, reading in enumerate(readings) if reading.moment is not None], dtype=np.intp)
    dated = [readings[row] for row in rows]
    told = judge_many(columns(dated), np.full(len(rows), NAN), sensors, _ALONE, np.ones(len(rows), np.bool_))
    found: list[list[Finding]] = [[] for _ in readings]
    for row, own in zip(rows.tolist(), told, strict=True):
        found[row] = own
    return found


def columns(readings: Sequence[Reading]) -> dict[str, Floats]:
    """The readings' values by sensor, NaN where missing; those of the first one name the sensors."""
    names = readings[0].values if readings else ()
    return {
        name: np.array([reading.values.get(name) for reading in readings], dtype=np.float64) for name in names
    }


def recorded_findings(warnings: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """The plausibility findings among an answer's recorded warnings.

    They come from what was stored when the answer was made; whoever computes it again must take them as they
    were, or its level would change with every measurement that has come in since.
    """
    found = (Finding(told["code"], told["field"], told["message"]) for told in warnings)
    return [finding for finding in found if is_plausibility(finding)]


def is_plausibility(finding: Finding) -> bool:
    """Whether a finding is one of those that this module makes."""
    return finding.code in _OURS
