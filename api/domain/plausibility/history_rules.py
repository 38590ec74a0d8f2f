"""The rules that judge a row against its turbine's past, and all the rules together.

A missing value or an unknown past is NaN and every comparison with it is false. Each rule is written once,
for one row (numbers) and for many (arrays), and answers None where it flags nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from api.domain.plausibility import row_rules
from api.domain.plausibility.limits import POWER, TEMPERATURE, WIND, Implausible, Limits
from api.domain.plausibility.park import Park
from api.domain.plausibility.past import Past, Usual
from api.domain.plausibility.row_rules import at_rest
from api.domain.plausibility.table import NAN, Flags, Numbers, any_of, opposite
from api.domain.plausibility.verdicts import Known, Reference, Rows, Verdict, verdict_if_any

_JUDGED_TOGETHER = frozenset({WIND, POWER})  # wind jumps by nature; the curve judges both together
_NEVER_OFF_CURVE = 0.97  # of the curve's top: a machine at its plateau is not « stuck », it is regulated


def off_curve(rows: Rows, past: Past, park: Park, known: Known, limits: Limits) -> Verdict | None:
    """Flag power far from the turbine's own curve.

    Its own curve is the park's curve at its own yield, with its own scatter.

    Zero power and zero wind have their own rules. Beyond the winds that the park has known, power may still
    grow, so only too little power is judged there. Curtailment by order looks the same, so the sentence asks.

    Source: IEC 61400-12-1 (method of bins), with medians as OpenOA's power-curve filters use them.
    """
    wind, power = rows.wind, rows.power
    expected = past.yield_factor * park.curve.expected(wind) * known.capacity_kw
    scatter = past.curve_spread * park.curve.scatter(wind) * known.capacity_kw
    reach = limits.curve_deviations * scatter
    above = (power > expected + reach) & (wind <= park.curve.strongest)
    below = power < expected - reach
    flags = (above | below) & (power > known.nothing_kw) & (wind > 0)
    if not any_of(flags):
        return None
    figures = {
        "power": power,
        "wind": wind,
        "expected": expected,
        "low": np.maximum(expected - reach, 0.0),
        "high": expected + reach,
    }
    return Verdict(Implausible.OFF_CURVE, POWER, flags, figures)


def unusual_temperature(rows: Rows, past: Past, park: Park, known: Known, limits: Limits) -> Verdict | None:
    """Flag a temperature far from what the turbine's past, the season and the load predict.

    It is far from the long past *and* from the recent readings: a bearing that heats up over weeks is wear,
    which the model judges.

    Source: normal-behaviour models of turbine temperatures (Schlechtingen & Santos, *Mech. Syst. Signal
    Process.* 25, 2011), reduced to what these data support: medians of month and load, no physics.
    """
    heat = rows[TEMPERATURE]
    residual = park.residual_temperature(rows.day, heat, rows.power / known.capacity_kw)
    usual = past.usual[TEMPERATURE]
    reach = limits.heat_deviations * usual.spread
    flags = _departs(residual, usual, reach)
    if not any_of(flags):
        return None
    flags = flags & opposite(at_rest(rows, known, limits)) & rows.in_service
    explained = heat - residual
    figures = {
        "value": heat,
        "expected": explained + usual.level,
        "low": explained + usual.level - reach,
        "high": explained + usual.level + reach,
    }
    return verdict_if_any(Implausible.TEMPERATURE, TEMPERATURE, flags, figures)


def jump(rows: Rows, sensor: str, past: Past, known: Known, limits: Limits) -> Verdict | None:
    """Flag a value far from the turbine's long past and from its recent readings alike.

    Wear climbs with the recent readings, a repair falls back to the long past: neither departs from both. In
    EnergiTech's file successive rows are independent, so the reference is a level and not the last value.

    Source: spike and rate-of-change tests of QARTOD (IOOS), limits from the samples' quantiles.
    """
    usual, value = past.usual[sensor], rows[sensor]
    reach = limits.jump_deviations * usual.spread
    flags = _departs(value, usual, reach)
    if not any_of(flags):
        return None
    flags = flags & opposite(at_rest(rows, known, limits)) & rows.in_service & (value != 0)
    figures = {
        "value": value,
        "expected": usual.recent,
        "low": np.minimum(usual.level, usual.recent) - reach,
        "high": np.maximum(usual.level, usual.recent) + reach,
    }
    return verdict_if_any(Implausible.JUMP, sensor, flags, figures)


def _departs(value: Numbers, usual: Usual, reach: Numbers) -> Flags:
    """Flag values beyond reach of the long level and of the recent one, on the same side of both."""
    above = (value > usual.level + reach) & (value > usual.recent + reach)
    below = (value < usual.level - reach) & (value < usual.recent - reach)
    departs: Flags = above | below
    return departs


def stuck(rows: Rows, sensor: str, past: Past, park: Park, known: Known, limits: Limits) -> Verdict | None:
    """Flag a value repeated over days, more readings in a row than rounding alone explains.

    A machine that stands still or is stopped on purpose is spared, and so is power regulated at its plateau.

    Source: OpenOA's ``unresponsive_flag`` and QARTOD's flat-line test; with coarse sensors the number of
    readings grows until chance alone would bring it once in 10,000 readings (``stuck_chance``).
    """
    held, value = past.held[sensor], rows[sensor]
    same = value == held.value
    if not any_of(same):
        return None
    needed = _readings_needed(park.repeats.get(sensor, NAN), limits)
    readings = held.readings + 1.0
    lasting = (rows.day - held.since >= limits.stuck_days) | (held.readings >= limits.depth)
    idle = rows.power <= known.nothing_kw
    flags = same & (readings >= needed) & lasting & rows.in_service & opposite(idle)
    if sensor == POWER and len(park.curve.load):
        flags = flags & (value < _NEVER_OFF_CURVE * float(park.curve.load[-1]) * known.capacity_kw)
    figures = {"value": value, "readings": readings, "since": held.since}
    return verdict_if_any(Implausible.STUCK, sensor, flags, figures)


def _readings_needed(chance: float, limits: Limits) -> float:
    """Return the readings in a row that rounding gives less often than ``stuck_chance``.

    Infinite where the chance is unknown.
    """
    if chance == 0:
        return float(limits.stuck_readings)
    if not chance < 1:
        return float("inf")
    return max(limits.stuck_readings, 1 + float(np.ceil(np.log(limits.stuck_chance) / np.log(chance))))


def silent(as_of: float, last_day: Numbers, gap: Numbers, in_service: Flags, limits: Limits) -> Verdict:
    """Flag a silence longer than the turbine's own rhythm explains, on a turbine in service.

    Args:
        as_of: day number up to which the silence is counted.
        last_day: day number of the newest measurement.
        gap: usual longest gap of the turbine [d]; NaN where unknown, and then ``silent_days`` alone counts.
        in_service: False where the turbine is stopped on purpose.
        limits: of the rules.

    Source: the turbine's own past gaps, for EnergiTech's turbines are measured every 6.5 days on average and
    the simulated ones every day.
    """
    rhythm = np.fmax(limits.silent_gaps * gap, limits.silent_days)
    age = as_of - np.floor(last_day)
    figures = {"age": age, "last_day": last_day, "gap": gap}
    return Verdict(Implausible.SILENT, "measured_at", (age > rhythm) & in_service, figures)


def verdicts(rows: Rows, against: Reference) -> Iterator[Verdict]:
    """Yield the verdict of every rule, on every sensor that it judges."""
    known, limits, park, past = against.known, against.limits, against.park, against.past
    for rule in row_rules.RULES:
        if (verdict := rule(rows, known, limits)) is not None:
            yield verdict
    if past is None or park is None:
        return
    if (verdict := off_curve(rows, past, park, known, limits)) is not None:
        yield verdict
    for sensor in against.names:
        if sensor not in past.usual or rows.values.get(sensor) is None:  # new in the catalogue, or missing
            continue
        if (verdict := stuck(rows, sensor, past, park, known, limits)) is not None:
            yield verdict
        if (verdict := _out_of_place(rows, sensor, past, park, known, limits)) is not None:
            yield verdict


def _out_of_place(
    rows: Rows, sensor: str, past: Past, park: Park, known: Known, limits: Limits
) -> Verdict | None:
    if sensor == TEMPERATURE:
        return unusual_temperature(rows, past, park, known, limits)
    if sensor in _JUDGED_TOGETHER:
        return None
    return jump(rows, sensor, past, known, limits)
