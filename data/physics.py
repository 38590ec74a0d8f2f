"""Wind, air, power, vibration and temperature of a simulated wind turbine: pure functions with units.

Sources
    Power     IEC 61400-12-1 (shape of a measured power curve: cut-in, cubic region below rated, plateau,
              cut-out); kinetic power of the wind in v³ (Burton et al., *Wind Energy Handbook*, ch. 3).
    Wind      RTE, monthly electricity reviews: load factor of the French wind fleet about 31 % in a winter
              month (December 2014, February 2015), 23 % over the year.
    Air       Météo-France, station of Lyon-Bron: normals of about 3–4 °C in January and 22 °C in July.
    Vibration ISO 10816-21:2015 and VDI 3834-1: broadband level judged by zones under load; a *change* from
              the machine's own level counts too. Drift before failure: the P–F curve of reliability-centred
              maintenance (Moubray, *RCM II*, 1997).
    Client    EnergiTech's own sample (not part of this repository): wind mean 12 m/s, sd 4; vibration mean 3,
              sd 1; temperature mean 45 °C, sd 10; power about 59.7 kW per m/s, sd 80 kW.
"""

from __future__ import annotations

import math

import numpy as np

from data.streams import FloatArray

DAYS_PER_YEAR = 365.25

MEAN_WIND = 12.0  # m/s, the client's mean
MEAN_LOAD = 0.48  # power over rated power, mean of the park in this simulation
WIND_SEASON = 0.12  # relative amplitude of the seasonal wind, highest in mid-January
CUT_IN, RATED_WIND = 3.0, 15.5  # m/s
STORM, CUT_OUT = 28.0, 34.0  # m/s: storm control lowers the power steadily from one to the other
WITHIN_DAY = 0.42  # sd of the wind within the day covered by one measurement, relative to its mean

NOISE = 0.42  # scatter of a healthy machine's vibration, client's unit
MEAN_AIR, AIR_SEASON = 12.8, 9.4  # °C: mean of the year and half the range between January and July

# Mid-points of 15 equal slices of a standard normal: the wind's values within one day, all equally likely.
_SLICES = np.array(
    [-1.83, -1.28, -0.97, -0.73, -0.52, -0.34, -0.17, 0.0, 0.17, 0.34, 0.52, 0.73, 0.97, 1.28, 1.83],
)


def season(day_of_year: int, peak_day: int) -> float:
    """Return the yearly cosine: 1 on ``peak_day``, −1 half a year later."""
    return math.cos(2 * math.pi * (day_of_year - peak_day) / DAYS_PER_YEAR)


def seasonal_wind(day_of_year: int) -> float:
    """Return the mean wind speed of the season at hub height [m/s]."""
    return MEAN_WIND * (1 + WIND_SEASON * season(day_of_year, 15))


def seasonal_air(day_of_year: int) -> float:
    """Return the mean air temperature of the season around Lyon [°C]; it peaks a month after the solstice."""
    return MEAN_AIR + AIR_SEASON * season(day_of_year, 202)


def instant_power(wind: FloatArray, rated_kw: float) -> FloatArray:
    """Return the power [kW] at a steady wind [m/s]: zero, cubic up to rated, plateau, storm control."""
    cubic = rated_kw * (wind**3 - CUT_IN**3) / (RATED_WIND**3 - CUT_IN**3)
    allowed = np.clip((CUT_OUT - wind) / (CUT_OUT - STORM), 0.0, 1.0)
    result: FloatArray = np.clip(cubic, 0.0, rated_kw) * allowed
    return result


def mean_power(mean_wind: FloatArray, rated_kw: float) -> FloatArray:
    """Return the mean power [kW] over a day whose mean wind is ``mean_wind`` [m/s].

    It is the instant power averaged over the day's wind. The average straightens the S of the power curve:
    the client's power is nearly proportional to its wind, and grows well beyond rated wind.
    """
    within = np.maximum(mean_wind[..., None] * (1 + WITHIN_DAY * _SLICES), 0.0)
    result: FloatArray = instant_power(within, rated_kw).mean(axis=-1)
    return result


def power_noise(power: FloatArray, shock: FloatArray) -> FloatArray:
    """Return the deviation [kW] of measured power from its curve: sd 15 kW + 9 %, 80 kW at mean power."""
    return (15.0 + 0.09 * power) * shock


def vibration(own_level: float, load: FloatArray, wear_signal: FloatArray, shock: FloatArray) -> FloatArray:
    """Return the broadband vibration, in the client's arbitrary unit.

    Args:
        own_level: healthy level of this machine at mean load.
        load: power over rated power, 0–1.
        wear_signal: vibration that the defect adds, same unit.
        shock: standard normal draws; the scatter grows with the defect (amplitude modulation).
    """
    result: FloatArray = (
        own_level + 0.9 * (load - MEAN_LOAD) + wear_signal + (NOISE + 0.1 * wear_signal) * shock
    )
    return result


def nacelle_temperature(
    own_rise: float, air: FloatArray, load: FloatArray, wear_signal: FloatArray, shock: FloatArray
) -> FloatArray:
    """Return the temperature inside the nacelle [°C]: outside air, losses under load, the defect's heat.

    Args:
        own_rise: nacelle temperature above the air at no load [°C].
        air: temperature outside [°C].
        load: power over rated power, 0–1.
        wear_signal: temperature that the defect adds [°C].
        shock: standard normal draws.
    """
    result: FloatArray = air + own_rise + 14.0 * load + wear_signal + 4.2 * shock
    return result
