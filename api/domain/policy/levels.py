"""Levels of risk: from a probability and a time to failure to a level, a score and costs.

Pure and without memory: the same inputs always give the same level.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from api.domain.policy.risk_policy import RiskPolicy
from api.schemas.vocabulary import DataStatus, RiskLevel

ALERTS = frozenset({RiskLevel.ELEVE, RiskLevel.CRITIQUE})  # levels that ask for an intervention


class Severity(IntEnum):
    """Order of the levels; each owns a quarter of the risk score."""

    FAIBLE = 0
    MODERE = 1
    ELEVE = 2
    CRITIQUE = 3

    @property
    def level(self) -> RiskLevel:
        """The level of this severity, as the contract names it."""
        return _LEVELS[self]


_LEVELS = {severity: RiskLevel(severity.name.lower()) for severity in Severity}
SEVERITY = {level: severity for severity, level in _LEVELS.items()}


class TimeToFailure(NamedTuple):
    """An admitted model's estimate [days], with its interval where it is known.

    Args:
        days: estimate.
        low: lower bound.
        high: upper bound.
        proved: whether decisions may rest on ``low``: its model passed the gate, and among predictions like
            this one even the lower bound of the measured coverage reaches the target.
    """

    days: float
    low: float | None = None
    high: float | None = None
    proved: bool = False

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return both bounds [days]; None where the model publishes none."""
        return None if self.low is None or self.high is None else (self.low, self.high)


class Risk(NamedTuple):
    """The risk of a measurement by the policy: level, score [0–1], costs [€]."""

    level: RiskLevel
    score: float
    expected_failure_cost_eur: float
    net_benefit_eur: float
    reaches_threshold: bool


def assess(
    policy: RiskPolicy,
    probability: float,
    time_to_failure: TimeToFailure | None = None,
    data_status: DataStatus = DataStatus.OK,
    *,
    extrapolated: bool = False,
) -> Risk:
    """Return the level, score and costs of a measurement.

    Args:
        policy: the risk policy in force.
        probability: of a failure within 7 days, 0 to 1.
        time_to_failure: only from a model that may raise a level; it never lowers a level.
        data_status: any status but ``ok`` gives at least ``modere``: without sound data nothing is safe.
        extrapolated: whether a model answers outside its domain; it gives at least ``modere`` too.
    """
    severity = _from_probability(policy, probability)
    if time_to_failure is not None:
        severity = max(severity, _from_days(policy, time_to_failure))
    if extrapolated or data_status is not DataStatus.OK:
        severity = max(severity, Severity.MODERE)
    expected = probability * policy.cost_failure_eur
    return Risk(
        level=severity.level,
        score=_score(severity, probability, time_to_failure),
        expected_failure_cost_eur=expected,
        net_benefit_eur=expected - policy.cost_intervention_eur,
        reaches_threshold=probability >= policy.threshold,
    )


def unassessed() -> Risk:
    """Return the risk of a turbine that no model could judge: ``modere``, at the foot of its band."""
    return Risk(Severity.MODERE.level, Severity.MODERE / 4, 0.0, 0.0, reaches_threshold=False)


def _from_probability(policy: RiskPolicy, probability: float) -> Severity:
    for severity, bound in (
        (Severity.CRITIQUE, policy.critical_from),
        (Severity.ELEVE, policy.threshold),
        (Severity.MODERE, policy.moderate_from),
    ):
        if probability >= bound:
            return severity
    return Severity.FAIBLE


def _from_days(policy: RiskPolicy, estimate: TimeToFailure) -> Severity:
    if estimate.days <= policy.urgent_days:
        return Severity.ELEVE
    if estimate.low is not None and estimate.low <= policy.urgent_days:
        return Severity.MODERE
    return Severity.FAIBLE


# Inside a band the probability decides down to this step, and days left decide among equals.
_PROBABILITY_STEP = 1e-9
# Days are brought to 0–1 by 1 / (1 + days / scale): any positive scale gives the same order.
_DAYS_SCALE = 30.0


def _score(severity: Severity, probability: float, estimate: TimeToFailure | None) -> float:
    """Return a number in the level's quarter of 0–1, ordered by probability, then by fewer days left."""
    urgency = 0.0 if estimate is None else 1.0 / (1.0 + max(estimate.days, 0.0) / _DAYS_SCALE)
    inside = (probability + _PROBABILITY_STEP * urgency) / (1.0 + _PROBABILITY_STEP)
    # Kept just under the next band, so that sorting by score is sorting by level.
    return (severity + min(max(inside, 0.0), 1.0 - 1e-12)) / len(Severity)
