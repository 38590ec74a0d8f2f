"""The simulated park: fifty turbines on four invented farms around Lyon.

EnergiTech's documents give 45 MW of wind power at its Lyon site, and its sample 50 turbines that reach about
1,550 kW. Thirty turbines of 1,500 kW make the Lyon site's 45 MW; the other twenty stand on two sites nearby.
Farms, places and dates are invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from data.streams import Stream, normals, uniforms

RATED_POWER_KW = 1500
TURBINE_COLUMNS = ("turbine_id", "site", "farm", "rated_power_kw", "commissioned_on")


@dataclass(frozen=True)
class Farm:
    """A wind farm: site, name, numbers of its turbines and technicians, year of construction."""

    site: str
    name: str
    turbines: range
    technicians: range
    opened: int


FARMS = (
    Farm("Lyon", "Monts du Lyonnais Nord", range(1, 17), range(100, 117), 2012),
    Farm("Lyon", "Monts du Lyonnais Sud", range(17, 31), range(117, 131), 2015),
    Farm("Beaujolais", "Haut-Beaujolais", range(31, 41), range(131, 141), 2017),
    Farm("Pilat", "Crêts du Pilat", range(41, 51), range(141, 151), 2019),
)


@dataclass(frozen=True)
class Turbine:
    """One turbine: its facts, and its hidden properties, which the simulation draws once.

    Attributes:
        number: identifier, 1–50.
        farm: index in ``FARMS``.
        commissioned_on: date of entry into service.
        own_vibration: healthy vibration at mean load, client's unit.
        own_rise: nacelle temperature above the air at no load [°C].
        wind_offset: local wind minus the farm's [m/s].
        frailty: factor on the rate of new defects; higher for older machines.
        attendance: share of days with a measurement while nothing is wrong.
    """

    number: int
    farm: int
    commissioned_on: date
    own_vibration: float
    own_rise: float
    wind_offset: float
    frailty: float
    attendance: float


def park(seed: int) -> list[Turbine]:
    """Return the fifty turbines by number."""
    return [_turbine(seed, number, index) for index, farm in enumerate(FARMS) for number in farm.turbines]


def register_rows(seed: int) -> list[tuple[int, str, str, int, str]]:
    """Return the rows of ``turbines.csv``, with the columns ``TURBINE_COLUMNS``."""
    rows = []
    for turbine in park(seed):
        farm = FARMS[turbine.farm]
        rows.append(
            (turbine.number, farm.site, farm.name, RATED_POWER_KW, turbine.commissioned_on.isoformat())
        )
    return rows


def _turbine(seed: int, number: int, farm_index: int) -> Turbine:
    draw = [float(value) for value in uniforms(seed, Stream.TURBINE, number, 1, 3)[0]]
    shock = [float(value) for value in normals(seed, Stream.TURBINE, number, 1, 3)[0]]
    opened = FARMS[farm_index].opened
    commissioned = date(opened, 3, 1) + timedelta(days=int(900 * draw[0]))
    age_factor = 1.0 + 0.05 * (2017 - commissioned.year)
    return Turbine(
        number=number,
        farm=farm_index,
        commissioned_on=commissioned,
        own_vibration=2.55 + 0.22 * shock[0],
        own_rise=24.5 + 2.0 * shock[1],
        wind_offset=0.4 * shock[2],
        frailty=age_factor * (0.6 + 0.8 * draw[1]),
        attendance=0.78 + 0.18 * draw[2],
    )
