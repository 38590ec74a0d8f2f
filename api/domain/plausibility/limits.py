"""The limits of the plausibility rules, and the names of their findings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

WIND, VIBRATION, TEMPERATURE, POWER = "wind_speed", "vibration_level", "temperature", "power_output"


class Implausible(StrEnum):
    """Codes of the findings that put a sensor in doubt: each turns ``data_status`` to ``douteux``."""

    STUCK = "capteur_fige"
    ZERO_VIBRATION = "vibration_nulle"
    POWER_WITHOUT_WIND = "puissance_sans_vent"
    WIND_WITHOUT_POWER = "vent_sans_puissance"
    ZERO_POWER = "puissance_nulle"
    OFF_CURVE = "puissance_hors_courbe"
    TEMPERATURE = "temperature_inhabituelle"
    JUMP = "saut_de_mesure"
    SILENT = "turbine_muette"


STOPPED = "machine_arretee"
"""Code of the finding that a machine stands still; it puts no sensor in doubt."""


@dataclass(frozen=True)
class Limits:
    """Every parameter of the rules, with the reason of its default.

    Wind [m/s], days [d]; ``…_share`` are shares of the turbine's capacity (its rated power, else the park's
    99th percentile of power) or of its usual vibration; ``…_deviations`` are robust standard deviations
    (1.4826 times the median absolute deviation: Leys et al., *J. Exp. Soc. Psychol.* 49, 2013). Sound rows
    are those of EnergiTech's sample without a zero and those of the simulated sample without a fault.

    Attributes:
        cut_in: wind from which a turbine starts; 3 to 4 m/s for nearly all machines (Burton et al., *Wind
            Energy Handbook*, ch. 6).
        clear_of_cut_in: added to ``cut_in``, it gives a wind in which a machine in service surely delivers,
            even where the wind is a mean: above 5 m/s the least power of a sound row is 16.7 kW, between 3
            and 5 it is 0.
        storm: wind from which no power is normal; machines cut out at 25 m/s and start again at about 20.
        capacity_kw: used where neither the turbine's nor the park's capacity is known; that of EnergiTech's
            machines (the highest of its 3,000 measurements is 1,551.6 kW).
        nothing_share: power below it counts as none (7.5 kW of 1,500): a stopped machine draws some
            kilowatts, and a transducer of class 0.5 errs by as much.
        calm_share: power that no wind below cut-in explains. Betz leaves under 5 % of the capacity there;
            EnergiTech's highest is 288 kW of 1,500 (19 %), its wind being a mean.
        running_share: vibration above this share of the usual is that of a running machine; 7 % of
            EnergiTech's running rows lie below it, none of its zero-power rows.
        rest_share: vibration below this share of the usual is that of a machine at rest; the simulated
            machines at rest show a twentieth, 1.1 % of EnergiTech's running rows lie below it.
        idle_share: a park whose median power below cut-in lies under this share stops in calm weather, so
            zero power means nothing there: 0.3 % in the simulated park, 6 % at EnergiTech's.
        idle_rows: calm rows needed to know the park's habit in calm weather.
        stuck_readings: fewest identical readings in a row of a stuck sensor; 3 as in OpenOA's
            ``unresponsive_flag`` and in QARTOD's flat-line test (IOOS, « suspect »).
        stuck_days: between the first and the last of them; several readings of the same day may well be
            equal.
        stuck_chance: chance of so many equal readings by rounding alone, per reading: coarse sensors need
            more readings.
        curve_deviations: distance from the turbine's own power curve. Beyond 4 lie 3 of EnergiTech's 2,982
            sound rows and 4 of the 15,069 simulated ones; beyond 5, none.
        heat_deviations: distance of a temperature from the one that past, season and load predict. Beyond 4
            lies one row of each sample; beyond 5, none.
        jump_deviations: distance of a jump, wider than the others, for a worn machine is not a bad sensor:
            beyond 4 lie 7 sound rows of another simulated year (seed 7), 5 of them on worn machines; beyond 5
            none of EnergiTech's, none of the simulated sample's.
        depth: earlier readings looked at: two months of daily ones, a year of EnergiTech's.
        recent: readings of the recent level, which follows wear where the long past does not.
        enough_rows: with fewer earlier readings of its own, a turbine takes the park's figures.
        park_weight: number of readings for which the park's spread counts beside the turbine's own, whose
            median deviation from few readings is itself uncertain.
        park_rows: with fewer rows, the park has no figures.
        bin_rows: with fewer rows, two bins of the power curve are merged.
        season_days: length of the trailing window that stands for the season.
        silent_days: silence below which no turbine is called silent; the age limit of the default policy.
        silent_gaps: a turbine is silent after so many times its usual longest gap (95th percentile).
    """

    cut_in: float = 3.0
    clear_of_cut_in: float = 2.0
    storm: float = 20.0
    capacity_kw: float = 1_500.0
    nothing_share: float = 0.005
    calm_share: float = 0.25
    running_share: float = 0.5
    rest_share: float = 0.25
    idle_share: float = 0.02
    idle_rows: int = 3
    stuck_readings: int = 3
    stuck_days: float = 2.0
    stuck_chance: float = 1e-4
    curve_deviations: float = 4.0
    heat_deviations: float = 4.0
    jump_deviations: float = 5.0
    depth: int = 60
    recent: int = 5
    enough_rows: int = 8
    park_weight: int = 20
    park_rows: int = 30
    bin_rows: int = 20
    season_days: int = 30
    silent_days: int = 7
    silent_gaps: float = 2.0


DEFAULT = Limits()
