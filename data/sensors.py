"""The measurements sent: sound values, sensor faults, days without measurement, days with several."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from data import physics
from data.park import RATED_POWER_KW, Turbine
from data.streams import FloatArray, Stream, normals
from data.wear import BoolArray, Life

READINGS_A_DAY = 3  # at most
DRAWS = 6  # uniform draws per day

_LEAST_WIND = 0.3  # m/s: a daily mean is never zero, so that exactly zero always means a faulty sensor
_MOST_POWER = 1.033  # highest measured power over rated power, from the client's 1,550 kW
_SILENCE_RATE = 1 / 240  # per day: transmission is lost for one to three weeks
_TWICE, _THREE_TIMES = 0.055, 0.006  # share of measured days with that many measurements


class Fault(StrEnum):
    """A sensor's fault; empty without one."""

    NONE = ""
    FROZEN_VIBRATION = "frozen_vibration"
    FROZEN_TEMPERATURE = "frozen_temperature"
    ZERO_WIND = "zero_wind"
    ZERO_VIBRATION = "zero_vibration"
    ZERO_POWER = "zero_power"


# Fault, episodes per turbine and day, shortest and longest episode in days. Each zero fault concerns about
# 0.2 % of rows, as in the client's sample (7, 6 and 6 of 3,000).
_EPISODES = (
    (Fault.FROZEN_VIBRATION, 1 / 900, 5, 11),
    (Fault.FROZEN_TEMPERATURE, 1 / 1100, 4, 9),
    (Fault.ZERO_WIND, 1 / 700, 1, 2),
    (Fault.ZERO_VIBRATION, 1 / 800, 1, 2),
    (Fault.ZERO_POWER, 1 / 800, 1, 2),
)


@dataclass(frozen=True)
class Day:
    """One turbine's day: the number of its measurements, and their fault.

    ``episode`` numbers the fault's episodes: a frozen value lasts for one episode.
    """

    readings: int
    fault: Fault
    episode: int


@dataclass(frozen=True)
class Readings:
    """Sound values, each of shape ``(days, READINGS_A_DAY)``: m/s, client's unit, °C, kW."""

    wind: FloatArray
    vibration: FloatArray
    temperature: FloatArray
    power: FloatArray


def readings(
    seed: int, turbine: Turbine, wind: FloatArray, air: FloatArray, life: Life, stopped: BoolArray
) -> Readings:
    """Return the values of one turbine's sound sensors.

    Args:
        seed: seed of the whole sample.
        turbine: the turbine.
        wind: the day's wind at the turbine [m/s], shape ``(days,)``.
        air: the day's air temperature [°C], shape ``(days,)``.
        life: its wear.
        stopped: True on days of programmed stop, shape ``(days,)``.
    """
    days, slots = len(wind), READINGS_A_DAY
    shocks = normals(seed, Stream.READING, turbine.number, days, 4 * slots).reshape(days, slots, 4)
    at_rest, outside = stopped[:, None], air[:, None]
    local = np.maximum(wind[:, None] + 1.5 * shocks[:, :, 0], _LEAST_WIND)
    mean = physics.mean_power(local, RATED_POWER_KW)
    power = np.clip(mean + physics.power_noise(mean, shocks[:, :, 3]), 0.0, _MOST_POWER * RATED_POWER_KW)
    power = np.where(at_rest, 0.0, power)
    load = power / RATED_POWER_KW
    shake, heat = life.vibration_signal[:, None], life.heat_signal[:, None]
    shaking = physics.vibration(turbine.own_vibration, load, shake, shocks[:, :, 1])
    inside = physics.nacelle_temperature(turbine.own_rise, outside, load, heat, shocks[:, :, 2])
    return Readings(
        wind=local,
        # A stopped nacelle still sways in the wind: a low level, never exactly zero.
        vibration=np.where(at_rest, 0.15 + 0.02 * shocks[:, :, 1], np.maximum(shaking, 0.2)),
        temperature=np.where(at_rest, outside + 9.0 + shocks[:, :, 2], inside),
        power=power,
    )


def sent_values(
    sound: Readings, index: int, slot: int, day: Day, frozen: dict[int, float]
) -> tuple[float, float, float, float]:
    """Return wind, vibration, temperature and power with the day's fault, rounded as in the client's file.

    Args:
        sound: the sound values.
        index: number of the day.
        slot: number of the measurement within the day.
        day: the day's fault.
        frozen: frozen values by episode, filled by this function; one dict per turbine.
    """
    wind = round(float(sound.wind[index, slot]), 2)
    shaking = round(float(sound.vibration[index, slot]), 2)
    heat = round(float(sound.temperature[index, slot]), 1)
    power = round(float(sound.power[index, slot]), 1)
    match day.fault:
        case Fault.FROZEN_VIBRATION:
            shaking = frozen.setdefault(day.episode, shaking)
        case Fault.FROZEN_TEMPERATURE:
            heat = frozen.setdefault(day.episode, heat)
        case Fault.ZERO_WIND:
            wind = 0.0
        case Fault.ZERO_VIBRATION:
            shaking = 0.0
        case Fault.ZERO_POWER:
            power = 0.0
    return wind, shaking, heat, power


def attendance(draws: FloatArray, rate: float, running: BoolArray) -> list[Day]:
    """Return, for each day of one turbine, the number of measurements and their fault.

    Args:
        draws: uniform draws, shape ``(days, DRAWS)``.
        rate: chance of a measurement on an ordinary day, 0–1.
        running: False on days of failure and repair, which have no measurement, shape ``(days,)``.
    """
    days: list[Day] = []
    silent_until = faulty_until = episode = 0
    fault = Fault.NONE
    for index, row in enumerate(draws):
        draw = [float(value) for value in row]
        if index >= silent_until and draw[0] < _SILENCE_RATE:
            silent_until = index + 7 + int(15 * draw[1])
        if index >= faulty_until:
            fault, length = _new_fault(draw[2], draw[3])
            faulty_until, episode = index + length, episode + 1
        reported = index >= silent_until and bool(running[index]) and draw[4] < rate
        days.append(Day(_count(draw[5]) if reported else 0, fault, episode))
    return days


def _count(draw: float) -> int:
    """Return the number of measurements of a day that has any."""
    if draw < _THREE_TIMES:
        return 3
    return 2 if draw < _THREE_TIMES + _TWICE else 1


def _new_fault(draw: float, length_draw: float) -> tuple[Fault, int]:
    """Return the fault that begins today and its days; mostly no fault, for one day."""
    reached = 0.0
    for fault, rate, shortest, longest in _EPISODES:
        reached += rate
        if draw < reached:
            return fault, shortest + int((longest - shortest + 1) * length_draw)
    return Fault.NONE, 1
