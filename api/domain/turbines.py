"""Usual values of a turbine: the spread of its own measurements, and the power that goes with a wind."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from api.domain.models.blocks import EVENT_GAP_DAYS
from api.domain.plausibility.curve import Curve, learn_curve
from api.domain.plausibility.limits import DEFAULT, POWER, WIND

FEWEST_VALUES = 10  # with fewer, two percentiles are extremes met by accident
QUANTILES = (0.05, 0.95)
# A turbine of EnergiTech has 60 rows: bins of 20 rows, the park's, would leave it without a curve.
_OWN = replace(DEFAULT, bin_rows=10)


@dataclass(frozen=True)
class UsualRange:
    """The range that holds nine values in ten.

    Args:
        low: 5th percentile, in the sensor's unit.
        high: 95th percentile.
        values: number of values behind it.
    """

    low: float
    high: float
    values: int


def usual_range(values: Sequence[float | None]) -> UsualRange | None:
    """Return the usual range of a sensor; None where too few values are known."""
    known = [value for value in values if value is not None and math.isfinite(value)]
    if len(known) < FEWEST_VALUES:
        return None
    low, high = np.quantile(np.asarray(known, dtype=np.float64), QUANTILES)
    return UsualRange(float(low), float(high), len(known))


@dataclass(frozen=True)
class PowerLink:
    """A turbine's own power curve.

    Args:
        curve: median power [kW] by wind [m/s].
        strongest_kw: the highest power delivered [kW].
        rows: measurements of the running machine behind the curve.
    """

    curve: Curve
    strongest_kw: float
    rows: int

    def power_at(self, wind: float, from_wind: float | None = None, from_power: float | None = None) -> float:
        """Return the power that goes with a wind [kW].

        With a measurement, the answer starts from it: the same wind gives the same power back, and the
        machine keeps its distance to its curve. The answer is never below zero nor above the highest power
        delivered.

        Args:
            wind: to try [m/s].
            from_wind: measured [m/s].
            from_power: measured at that wind [kW].
        """
        if from_wind is not None and from_power is not None and wind == from_wind:
            return from_power
        expected = float(self.curve.expected(float(wind)))
        if from_wind is not None and from_power is not None:
            expected += from_power - float(self.curve.expected(float(from_wind)))
        return min(max(0.0, expected), self.strongest_kw)


def power_link(rows: Sequence[Mapping[str, float | None]]) -> PowerLink | None:
    """Learn a turbine's power curve from its measurements; None where they are too few or show no curve."""
    pairs = [(row.get(WIND), row.get(POWER)) for row in rows]
    running = [(w, p) for w, p in pairs if w is not None and p is not None and w > 0 and p > 0]
    if len(running) < 3 * _OWN.bin_rows:
        return None
    wind, power = np.array(running, dtype=np.float64).T
    curve = learn_curve(wind, power, _OWN)
    return PowerLink(curve, float(power.max()), len(running)) if len(curve.wind) else None


def failure_days(failures: Sequence[tuple[date, float | None]]) -> list[date]:
    """Return the day of each failure behind a turbine's failure measurements, oldest first.

    Measurements that follow one another within the label's horizon announce the same failure, as where models
    are measured. Its day comes from the last of them whose days left are known, else it is the day of the
    last.

    Args:
        failures: day of each measurement that a failure followed, and its days left where known.
    """
    groups: list[list[tuple[date, float | None]]] = []
    for row in sorted(failures, key=lambda failure: failure[0]):
        if groups and (row[0] - groups[-1][-1][0]).days <= EVENT_GAP_DAYS:
            groups[-1].append(row)
        else:
            groups.append([row])
    return [_failed_on(group) for group in groups]


def _failed_on(group: Sequence[tuple[date, float | None]]) -> date:
    known = [(day, left) for day, left in group if left is not None]
    if not known:
        return group[-1][0]
    day, left = known[-1]
    return day + timedelta(days=int(left))
