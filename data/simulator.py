"""Simulated measurements of a wind park in EnergiTech's schema, byte for byte the same from the same seed.

``simulate`` returns the measurements; ``simulate_park`` also returns the hidden truth, for tests and studies.
Simulating more days leaves the earlier days unchanged, labels included: days before and after the period are
simulated too, so that the end of the period cuts off no label.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd

from data import physics, sensors, wear
from data.park import FARMS, RATED_POWER_KW, Turbine, park
from data.streams import FloatArray, Stream, autoregressive, normals, uniforms

SEED = 2024
START = date(2024, 1, 1)
DAYS = 365

HORIZON_TENTHS = 655  # the longest label: 65.5 days left, the client's longest
WINDOW_TENTHS = 70  # failure_within_7d: strictly less than 7.0 days, the rule that holds in the client's file
STOPS = ((17, 156, 21), (38, 253, 12))  # programmed stops: turbine, first day of the period (0 = START), days

_WARM_UP = 400  # days simulated before the period, so that the machines are not all new
_AHEAD = 68  # days simulated after the period, so that every label is known


class _Row(NamedTuple):
    """One measurement in the client's column order, then the hidden truth."""

    turbine_id: int
    date_measure: str
    wind_speed: float
    vibration_level: float
    temperature: float
    power_output: float
    maintenance_done: int
    failure_within_7d: int
    time_to_failure_days: float
    technician_id: int
    planned_intervention_date: str
    wear: float
    sensor_fault: str
    stopped: bool


TRUTH_COLUMNS = ("wear", "sensor_fault", "stopped")
COLUMNS = tuple(name for name in _Row._fields if name not in TRUTH_COLUMNS)


@dataclass(frozen=True)
class Simulation:
    """Measurements with their labels, and the hidden truth.

    Attributes:
        measurements: one row per measurement, columns ``COLUMNS``, by day, turbine and order within the day.
        truth: same index; ``wear`` (0–1), ``sensor_fault`` (``sensors.Fault``), ``stopped`` (on purpose).
        failures: one row per failure of the period and of the 68 days after it; ``turbine_id``, ``failed_on``
            (ISO date), ``tenths`` (tenths of a day since that day's midnight).
    """

    measurements: pd.DataFrame
    truth: pd.DataFrame
    failures: pd.DataFrame


@dataclass(frozen=True)
class _Weather:
    """Wind [m/s] and air [°C] per farm, shape ``(farms, days)``."""

    wind: FloatArray
    air: FloatArray


def simulate(seed: int = SEED, days: int = DAYS) -> pd.DataFrame:
    """Simulate measurements with their labels, in EnergiTech's columns.

    Args:
        seed: any non-negative integer; the published sample has ``SEED``.
        days: number of days from ``START``, at least 1.

    Raises:
        ValueError: ``days`` below 1.
    """
    return simulate_park(seed, days).measurements


def simulate_park(seed: int = SEED, days: int = DAYS) -> Simulation:
    """Simulate as ``simulate`` does, and return the hidden truth too.

    Raises:
        ValueError: ``days`` below 1.
    """
    if days < 1:
        raise ValueError(f"days must be at least 1, not {days}")
    first = START - timedelta(days=_WARM_UP)
    total = _WARM_UP + days + _AHEAD
    weather = _weather(seed, first, total)
    rows: list[_Row] = []
    failures: list[tuple[int, str, int]] = []
    for turbine in park(seed):
        turbine_rows, instants = _turbine(seed, turbine, weather, first, total)
        rows += turbine_rows
        failures += [
            (turbine.number, _iso(first, instant // 10), instant % 10)
            for instant in instants
            if instant >= 10 * _WARM_UP
        ]
    rows.sort(key=lambda row: (row.date_measure, row.turbine_id))  # stable: keeps the order within a day
    table = pd.DataFrame(rows, columns=list(_Row._fields))
    return Simulation(
        measurements=table[list(COLUMNS)],
        truth=table[list(TRUTH_COLUMNS)],
        failures=pd.DataFrame(failures, columns=["turbine_id", "failed_on", "tenths"]),
    )


def _iso(first: date, day: int) -> str:
    return (first + timedelta(days=day)).isoformat()


def _weather(seed: int, first: date, days: int) -> _Weather:
    """Return the weather of the farms: season, a regional part that lasts some days, and a local part."""
    day_of_year = [(first + timedelta(days=day)).timetuple().tm_yday for day in range(days)]
    mean_wind = np.array([physics.seasonal_wind(day) for day in day_of_year])
    mean_air = np.array([physics.seasonal_air(day) for day in day_of_year])
    shocks = normals(seed, Stream.REGION, 0, days, 2)
    region_wind, region_air = autoregressive(shocks[:, 0], 0.6), autoregressive(shocks[:, 1], 0.8)
    winds, airs = [], []
    for farm in range(len(FARMS)):
        local = normals(seed, Stream.FARM, farm, days, 2)
        anomaly = 3.1 * region_wind + 1.3 * autoregressive(local[:, 0], 0.5)
        winds.append(mean_wind + anomaly * mean_wind / physics.MEAN_WIND)
        airs.append(mean_air + 3.4 * region_air + 0.8 * local[:, 1])
    return _Weather(np.array(winds), np.array(airs))


def _turbine(
    seed: int, turbine: Turbine, weather: _Weather, first: date, total: int
) -> tuple[list[_Row], list[int]]:
    """Return a turbine's rows of the period, and its failures in tenths of a day since ``first``."""
    number, crew = turbine.number, FARMS[turbine.farm].technicians
    stopped = _stopped(number, total)
    wind, air = weather.wind[turbine.farm] + turbine.wind_offset, weather.air[turbine.farm]
    load = physics.mean_power(np.maximum(wind, 0.0), RATED_POWER_KW) / RATED_POWER_KW
    life = wear.live(load, stopped, turbine.frailty, uniforms(seed, Stream.LIFE, number, total, wear.DRAWS))
    sound = sensors.readings(seed, turbine, wind, air, life, stopped)
    presence = uniforms(seed, Stream.PRESENCE, number, total, sensors.DRAWS)
    reported = sensors.attendance(presence, turbine.attendance, life.running)
    picks = uniforms(seed, Stream.READING, number, total, sensors.READINGS_A_DAY)
    frozen: dict[int, float] = {}
    rows = [
        _Row(
            number,
            _iso(first, day),
            *sensors.sent_values(sound, day, slot, reported[day], frozen),
            int(life.recent_visit[day]),
            *_labels(life.failures, day),
            crew[int(len(crew) * float(picks[day, slot]))],
            _iso(first, int(life.planned[day])),
            float(life.wear[day]),
            reported[day].fault.value,
            bool(stopped[day]),
        )
        for day in range(_WARM_UP, total - _AHEAD)
        for slot in range(reported[day].readings)
    ]
    return rows, life.failures


def _stopped(number: int, total: int) -> wear.BoolArray:
    """Return True for each day of a turbine's programmed stop, shape ``(total,)``."""
    stopped = np.zeros(total, dtype=np.bool_)
    for turbine, begins, length in STOPS:
        if turbine == number:
            stopped[_WARM_UP + begins : _WARM_UP + begins + length] = True
    return stopped


def _labels(failures: list[int], day: int) -> tuple[int, float]:
    """Return ``failure_within_7d`` and ``time_to_failure_days``, counted from the day's first midnight.

    The file has dates without hours, so the rows of one day share their label, and all rows before a failure
    count to the same instant. The day of a failure has no row, so the least label is 1.0 day.
    """
    left = next((instant - 10 * day for instant in failures if instant >= 10 * day), HORIZON_TENTHS)
    left = min(left, HORIZON_TENTHS)
    return int(left < WINDOW_TENTHS), left / 10
