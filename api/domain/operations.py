"""Park-wide alerts: is today's number of turbines at an alert level unusual for this park?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, pstdev

MIN_HISTORY = 7  # days before a level can be called unusual
UNUSUAL_SIGMA = 2.0
_LEAST_SPREAD = 1.0  # a turbine more or less is never news, however calm the park has been


@dataclass(frozen=True)
class AlertLevel:
    """The turbines in alert on the last day, beside the days before.

    Args:
        today: turbines at an alert level on the last day.
        days_known: days before it.
        usual: their mean; None where too few days are known to judge.
        unusual: whether today's number stands out.
    """

    today: int
    days_known: int
    usual: float | None = None
    unusual: bool = False


def alert_level(alerts: Sequence[int]) -> AlertLevel:
    """Judge the last day by the days before it.

    Unusual is above their mean by more than two standard deviations, and by more than two turbines.

    Args:
        alerts: turbines at an alert level per published day, oldest first; at least one day.
    """
    *before, today = alerts
    if len(before) < MIN_HISTORY:
        return AlertLevel(today, len(before))
    usual = mean(before)
    limit = usual + UNUSUAL_SIGMA * max(pstdev(before), _LEAST_SPREAD)
    return AlertLevel(today, len(before), usual, today > limit)
