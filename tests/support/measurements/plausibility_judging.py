"""The plausibility rules for a single row with its past, and for every row of a file on its own day."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from api.domain.measurements.sensors import Sensor
from api.domain.plausibility.judging import Findings, continuous, judge_against, judge_rows
from api.domain.plausibility.limits import DEFAULT, Limits
from api.domain.plausibility.park import Park, learn_park
from api.domain.plausibility.past import Past, learn_past
from api.domain.plausibility.table import NAN, Measurements
from api.domain.plausibility.trust import Finding
from api.domain.plausibility.verdicts import reference_for


def past_of_one(
    history: Measurements,
    day: float,
    park: Park,
    sensors: Mapping[str, Sensor],
    limits: Limits = DEFAULT,
) -> Past | None:
    """Return the past of one turbine before a measurement of ``day``; None where there is none.

    It stays valid until the turbine's next measurement; this is the costly part of judging a row.

    Args:
        history: measurements of that turbine; those after ``day`` are ignored.
        day: day number of the measurement to judge.
        park: the park's past.
        sensors: the catalogue.
        limits: of the rules.
    """
    earlier = history.kept(history.day <= day)
    if not len(earlier):
        return None
    end = np.array([len(earlier)], dtype=np.intp)
    return learn_past(earlier, end, park, continuous(sensors), limits).of_row(0)


def judge(
    values: Mapping[str, float | None],
    day: float,
    sensors: Mapping[str, Sensor],
    *,
    past: Past | None = None,
    park: Park | None = None,
    rated_kw: float | None = None,
    in_service: bool = True,
    limits: Limits = DEFAULT,
) -> list[Finding]:
    """Return the findings on one measurement.

    Without a past, or with one later than the measurement, only the rules that need none apply.

    Args:
        values: sensor name to value in the catalogue's unit, None where missing.
        day: day number of the measurement.
        sensors: the catalogue, for types, labels and units.
        past: the turbine's past, from :func:`past_of_one`.
        park: the park's past, from :func:`learn_park`.
        rated_kw: rated power [kW], None where unknown.
        in_service: False where the turbine is stopped on purpose.
        limits: of the rules.
    """
    if park is not None and park.until > day:
        park = past = None
    if past is not None and past.last_day > day:
        past = None
    rated = rated_kw if rated_kw is not None and rated_kw > 0 else NAN
    against = reference_for(continuous(sensors), limits, park=park, past=past, rated_kw=rated)
    return judge_against(values, day, sensors, against, in_service=in_service)


def audit(
    measurements: Measurements,
    sensors: Mapping[str, Sensor],
    limits: Limits = DEFAULT,
    *,
    every: int = 7,
) -> Findings:
    """Return the findings on every row of a table, each judged as on its own day.

    The park is learnt again every ``every`` days from the earlier rows: no row is judged by later ones.
    """
    findings: Findings = {}
    days = np.floor(measurements.day)
    for start in np.arange(days.min(), days.max() + 1, every) if len(measurements) else ():
        rows = np.flatnonzero((days >= start) & (days < start + every))
        if len(rows):
            known = measurements.kept(days < start + every)
            here = np.flatnonzero(np.floor(known.day) >= start)
            park = learn_park(known, float(start), continuous(sensors), limits)
            findings |= judge_rows(known, here, park, sensors, limits)
    return findings
