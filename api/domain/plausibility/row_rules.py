"""The rules that need no history: the sensors of one row against each other.

A missing value is NaN and every comparison with it is false: what was not measured is not accused. Each rule
is written once, for one row (numbers) and for many (arrays).
"""

from __future__ import annotations

import numpy as np

from api.domain.plausibility.limits import POWER, STOPPED, VIBRATION, WIND, Implausible, Limits
from api.domain.plausibility.table import Flags
from api.domain.plausibility.verdicts import Known, Rows, Verdict


def at_rest(rows: Rows, known: Known, limits: Limits) -> Flags:
    """No power, and a vibration sensor that is alive and says the same: the machine stands still.

    Source: a stopped nacelle only sways in the wind (ISO 10816-21 judges vibration under load for that
    reason); two sensors that agree accuse neither.
    """
    power, vibration = rows[POWER], rows[VIBRATION]
    still: Flags = (
        (power <= limits.nothing_share * known.capacity_kw)
        & (vibration > 0)
        & (vibration < limits.rest_share * known.usual_vibration)
    )
    return still


def zero_vibration(rows: Rows, known: Known, limits: Limits) -> Verdict:
    """Vibration of exactly zero while power or wind says that the machine runs.

    Source: broadband vibration under load has a machine-dependent floor well above zero (ISO 10816-21:2015,
    VDI 3834-1); a constant zero is a broken cable or an unpowered sensor. In EnergiTech's rows the lowest
    other value is 0.08.
    """
    delivers = rows[POWER] > limits.nothing_share * known.capacity_kw
    blown = (rows[WIND] >= limits.cut_in + limits.clear_of_cut_in) & rows.in_service
    flags = (rows[VIBRATION] <= 0) & (delivers | blown)
    figures = {"value": rows[VIBRATION], "power": rows[POWER], "wind": rows[WIND]}
    return Verdict(Implausible.ZERO_VIBRATION, VIBRATION, flags, figures)


def power_without_wind(rows: Rows, known: Known, limits: Limits) -> Verdict:
    """Power with a wind of zero, or much power with a wind below cut-in.

    Source: kinetic power grows with the cube of the wind and Betz leaves 59 % of it (Burton et al., *Wind
    Energy Handbook*, ch. 3): below 3 m/s a machine of 200 W/m² or more cannot deliver 5 % of its rated power.
    The limit stands higher (``calm_share``) because a measured wind may be a mean over gusts.
    """
    wind, power = rows[WIND], rows[POWER]
    flags = ((wind <= 0) & (power > limits.nothing_share * known.capacity_kw)) | (
        (wind < limits.cut_in) & (power > limits.calm_share * known.capacity_kw)
    )
    return Verdict(Implausible.POWER_WITHOUT_WIND, WIND, flags, {"power": power, "wind": wind})


def wind_without_power(rows: Rows, known: Known, limits: Limits) -> Verdict:
    """No power although the wind is clear of cut-in and below the storm, on a turbine in service.

    Source: a measured power curve (IEC 61400-12-1) is positive between cut-in and cut-out. A machine that the
    vibration shows to be at rest is told apart (``standing_still``).
    """
    lost = _blown_without_power(rows, known, limits) & np.logical_not(at_rest(rows, known, limits))
    return Verdict(Implausible.WIND_WITHOUT_POWER, POWER, lost, {"power": rows[POWER], "wind": rows[WIND]})


def standing_still(rows: Rows, known: Known, limits: Limits) -> Verdict:
    """A turbine in service stands still in a wind that would drive it: told, but no sensor is in doubt."""
    still = _blown_without_power(rows, known, limits) & at_rest(rows, known, limits)
    figures = {"power": rows[POWER], "wind": rows[WIND], "vibration": rows[VIBRATION]}
    return Verdict(STOPPED, POWER, still, figures)


def _blown_without_power(rows: Rows, known: Known, limits: Limits) -> Flags:
    wind = rows[WIND]
    blown: Flags = (
        (wind >= limits.cut_in + limits.clear_of_cut_in)
        & (wind < limits.storm)
        & (rows[POWER] <= limits.nothing_share * known.capacity_kw)
        & rows.in_service
    )
    return blown


def zero_power(rows: Rows, known: Known, limits: Limits) -> Verdict:
    """Power of exactly zero in a light wind, while the vibration is that of a running machine.

    Where the park is known to stop in calm weather, a zero means nothing and nothing is said. EnergiTech's
    park never stops there: the lowest other power is 15.7 kW, and 36 kW are delivered at 0.06 m/s.

    Source: EnergiTech's own description of its six rows (a stuck or absent sensor, not a calm machine). The
    witness is weak, for in its file vibration does not follow load: the sentence says to check both.
    """
    light = rows[WIND] < limits.cut_in + limits.clear_of_cut_in
    shaking = rows[VIBRATION] >= limits.running_share * known.usual_vibration
    park_idles = known.calm_load < limits.idle_share
    flags = (rows[POWER] == 0) & light & shaking & rows.in_service & (not park_idles)
    figures = {"vibration": rows[VIBRATION], "wind": rows[WIND], "power": rows[POWER]}
    return Verdict(Implausible.ZERO_POWER, POWER, flags, figures)
