"""A plain synthetic park, and the findings of the plausibility rules on one more row of its turbine 0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from api.domain.measurements.known_sensors import KNOWN_SENSORS
from api.domain.measurements.sensors import Sensor
from api.domain.plausibility.judging import continuous
from api.domain.plausibility.limits import DEFAULT, Limits
from api.domain.plausibility.park import Park, learn_park
from api.domain.plausibility.table import Measurements, arranged
from api.domain.plausibility.trust import Finding
from tests.support.measurements.plausibility_judging import judge, past_of_one

SENSORS = dict(KNOWN_SENSORS)
Columns = dict[str, np.ndarray]
DAYS, FIRST = 60, 19_800
TODAY = float(FIRST + DAYS)
PLAIN = {"wind_speed": 10.0, "vibration_level": 3.0, "temperature": 40.0, "power_output": 600.0}


def learnt(columns: Columns, sensors: Mapping[str, Sensor] = SENSORS, limits: Limits = DEFAULT) -> Park:
    """Return the park learnt from all rows."""
    return learn_park(as_table(columns), TODAY, continuous(sensors), limits)


def history(columns: Columns, turbine: int = 0, last: int | None = None) -> Measurements:
    """Return the newest ``last`` rows of one turbine; all where None."""
    own = as_table(columns).kept(as_table(columns).turbine == turbine)
    return own if last is None else own.kept(np.arange(len(own)) >= len(own) - last)


def findings_on(
    columns: Columns,
    values: Mapping[str, float | None],
    *,
    last: int | None = None,
    day: float = TODAY,
    **more: Any,
) -> list[Finding]:
    """Return the findings on a row of turbine 0 after its history."""
    park = learnt(columns)
    past = past_of_one(history(columns, last=last), day, park, SENSORS)
    return judge({**PLAIN, **values}, day, SENSORS, past=past, park=park, **more)


def codes(
    columns: Columns, values: Mapping[str, float | None], **more: float
) -> list[tuple[str, str | None]]:
    return [(finding.code, finding.field) for finding in findings_on(columns, values, **more)]  # type: ignore[arg-type]


def made_park(turbines: int = 4, days: int = 60, seed: int = 0, first: int = 19_800) -> dict[str, np.ndarray]:
    """Return a plain park with one reading a day: 60 kW per m/s, vibration about 3, temperature about 40 °C.

    Returns:
        Columns by turbine, then by day: ``turbine``, ``day`` and the sensors.
    """
    rng = np.random.default_rng(seed)
    rows = turbines * days
    wind = np.round(rng.uniform(4.0, 16.0, rows), 2)
    return {
        "turbine": np.repeat(np.arange(turbines), days),
        "day": np.tile(np.arange(first, first + days, dtype=float), turbines),
        "wind_speed": wind,
        "vibration_level": np.round(rng.normal(3.0, 0.3, rows), 3),
        "temperature": np.round(rng.normal(40.0, 2.0, rows), 2),
        "power_output": np.round(60 * wind + rng.normal(0.0, 20.0, rows), 1),
        "maintenance_done": np.zeros(rows),
    }


def as_table(columns: Mapping[str, np.ndarray], **more: np.ndarray) -> Measurements:
    """Return the columns of :func:`made_park` as a table."""
    values = {name: columns[name] for name in SENSORS}
    return arranged(columns["turbine"], columns["day"], values, **more)


def newest(columns: Columns, sensor: str, *values: float) -> Columns:
    """Return the park with turbine 0's newest readings of a sensor replaced by these, oldest first."""
    changed = columns[sensor].copy()
    changed[DAYS - len(values) : DAYS] = values
    return {**columns, sensor: changed}
