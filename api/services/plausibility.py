"""Sensors that lie, found in the park's own measurements before any model speaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from sqlalchemy import Connection

from api.domain.plausibility.judging import judge, judge_park
from api.domain.plausibility.limits import DEFAULT
from api.domain.plausibility.table import arranged, day_number
from api.domain.sensors import Sensor
from api.domain.trust import Finding
from api.services.measurement_model import Reading
from api.storage.recent import recent_rows

IN_SERVICE = "en_service"


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
    names = list(sensors)
    rows = recent_rows(connection, as_of, DEFAULT.depth + 1, names)
    if not rows:
        return ParkAudit()
    values = np.array([row.values for row in rows], dtype=np.float64)
    table = arranged(
        [row.turbine for row in rows],
        [day_number(row.measured_on, row.measured_at) for row in rows],
        {name: values[:, i] for i, name in enumerate(names)},
        rated_kw=np.array([row.rated_power_kw for row in rows], dtype=np.float64),
        in_service=[row.service_state == IN_SERVICE for row in rows],
    )
    found = judge_park(table, as_of, sensors, fresh_days=fresh_days)
    return ParkAudit({rows[at].id: list(told) for at, told in found.rows.items()}, found.silent)


def audit_one(reading: Reading, sensors: Mapping[str, Sensor]) -> list[Finding]:
    """Judge one measurement by the rules that need no history: what physics alone contradicts."""
    day = reading.day
    if day is None:
        return []
    values = {name: reading.values.get(name) for name in sensors}
    return judge(values, day_number(day), sensors)
