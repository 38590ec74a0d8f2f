"""The rules that need no history: the sensors of a row against each other.

A missing value is NaN and every comparison with it is false, so a missing value is never flagged. Each rule
is written once, for one row (numbers) and for many (arrays), and answers None where it flags nothing. Its
rarest condition comes first, so that an ordinary row costs little.
"""

from __future__ import annotations

from collections.abc import Callable

from api.domain.plausibility.limits import POWER, STOPPED, VIBRATION, WIND, Implausible, Limits
from api.domain.plausibility.table import Flags, any_of, opposite
from api.domain.plausibility.verdicts import Known, Rows, Verdict, verdict_if_any


def at_rest(rows: Rows, known: Known, limits: Limits) -> Flags:
    """Flag machines that stand still: no power, and either a live vibration sensor that agrees or a calm.

    In a calm, a vibration sensor that is absent or answers zero does not contradict; one that shakes does.

    Source: a stopped nacelle only sways in the wind (ISO 10816-21 judges vibration under load for that
    reason); two sensors that agree accuse neither.
    """
    vibration = rows.vibration
    moved = limits.rest_share * known.usual_vibration
    agrees = (vibration > 0) & (vibration < moved)
    calm = (rows.wind < limits.cut_in) & opposite(vibration >= moved)
    still: Flags = (rows.power <= known.nothing_kw) & (agrees | calm)
    return still


def zero_vibration(rows: Rows, known: Known, limits: Limits) -> Verdict | None:
    """Flag a vibration of exactly zero while power or wind shows that the machine runs.

    Source: broadband vibration under load has a machine-dependent floor well above zero (ISO 10816-21:2015,
    VDI 3834-1); a constant zero is a broken cable or an unpowered sensor. In EnergiTech's rows the lowest
    other value is 0.08.
    """
    silent = rows.vibration <= 0
    if not any_of(silent):
        return None
    delivers = rows.power > known.nothing_kw
    blown = (rows.wind >= limits.cut_in + limits.clear_of_cut_in) & rows.in_service
    flags = silent & (delivers | blown)
    figures = {"value": rows.vibration, "power": rows.power, "wind": rows.wind}
    return verdict_if_any(Implausible.ZERO_VIBRATION, VIBRATION, flags, figures)


def power_without_wind(rows: Rows, known: Known, limits: Limits) -> Verdict | None:
    """Flag power with a wind of zero, or much power with a wind below cut-in.

    Source: kinetic power grows with the cube of the wind and Betz leaves 59 % of it (Burton et al., *Wind
    Energy Handbook*, ch. 3): below 3 m/s a machine of 200 W/m² or more cannot deliver 5 % of its rated power.
    The limit stands higher (``calm_share``) because a measured wind may be a mean over gusts.
    """
    wind, power = rows.wind, rows.power
    flags = ((wind <= 0) & (power > known.nothing_kw)) | (
        (wind < limits.cut_in) & (power > limits.calm_share * known.capacity_kw)
    )
    return verdict_if_any(Implausible.POWER_WITHOUT_WIND, WIND, flags, {"power": power, "wind": wind})


def wind_without_power(rows: Rows, known: Known, limits: Limits) -> Verdict | None:
    """Flag a turbine in service without power although the wind is clear of cut-in and below the storm.

    Source: a measured power curve (IEC 61400-12-1) is positive between cut-in and cut-out. A machine that the
    vibration shows to be at rest has its own rule (``standing_still``).
    """
    lost = _blown_without_power(rows, known, limits)
    if not any_of(lost):
        return None
    lost = lost & opposite(at_rest(rows, known, limits))
    return verdict_if_any(
        Implausible.WIND_WITHOUT_POWER, POWER, lost, {"power": rows.power, "wind": rows.wind}
    )


def standing_still(rows: Rows, known: Known, limits: Limits) -> Verdict | None:
    """Flag a turbine in service that stands still in a wind that would drive it; no sensor is in doubt."""
    still = _blown_without_power(rows, known, limits)
    if not any_of(still):
        return None
    still = still & at_rest(rows, known, limits)
    figures = {"power": rows.power, "wind": rows.wind, "vibration": rows.vibration}
    return verdict_if_any(STOPPED, POWER, still, figures)


def _blown_without_power(rows: Rows, known: Known, limits: Limits) -> Flags:
    wind = rows.wind
    blown: Flags = (
        (wind >= limits.cut_in + limits.clear_of_cut_in)
        & (wind < limits.storm)
        & (rows.power <= known.nothing_kw)
        & rows.in_service
    )
    return blown


def zero_power(rows: Rows, known: Known, limits: Limits) -> Verdict | None:
    """Flag a power of exactly zero in a light wind, while the vibration is that of a running machine.

    Where the park is known to stop in calm weather, a zero means nothing and is not flagged. EnergiTech's
    park never stops there: the lowest other power is 15.7 kW, and 36 kW are delivered at 0.06 m/s.

    Source: EnergiTech's own description of its six rows (a stuck or absent sensor, not a calm machine). The
    evidence is weak, for in its file vibration does not follow load: the sentence asks to check both.
    """
    zero = rows.power == 0
    if known.park_idles or not any_of(zero):
        return None
    light = rows.wind < limits.cut_in + limits.clear_of_cut_in
    shaking = rows.vibration >= limits.running_share * known.usual_vibration
    flags = zero & light & shaking & rows.in_service
    figures = {"vibration": rows.vibration, "wind": rows.wind, "power": rows.power}
    return verdict_if_any(Implausible.ZERO_POWER, POWER, flags, figures)


RULES: tuple[Callable[[Rows, Known, Limits], Verdict | None], ...] = (
    zero_vibration,
    power_without_wind,
    wind_without_power,
    zero_power,
    standing_still,
)
"""Every rule of this module, in the order of the findings."""
