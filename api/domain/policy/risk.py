"""Risk policy: from a probability and a time to failure to a level, a score and a ranking.

Pure and without memory: the same inputs always give the same level. The rule (costs, bounds, age limit) is
data, versioned in the database and named by every score.

Threshold: the probability at which intervening costs as much as waiting. With C the cost of an intervention,
paid whether or not it was needed, and F that of a failure that was not prevented, the bound
(c10 − c00) / (c10 − c00 + c01 − c11) of C. Elkan, *The Foundations of Cost-Sensitive Learning* (IJCAI 2001),
becomes C / (C + F − C) = C / F.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import IntEnum
from functools import cached_property
from typing import Any, NamedTuple, Self

from api.domain.measurements.measurements import natural_key
from api.domain.shared.exceptions import FieldError, InvalidInput
from api.schemas.vocabulary import DataStatus, RiskLevel


class Severity(IntEnum):
    """Order of the levels; each owns a quarter of the risk score."""

    FAIBLE = 0
    MODERE = 1
    ELEVE = 2
    CRITIQUE = 3

    @property
    def level(self) -> RiskLevel:
        """The level of that severity, as the contract names it."""
        return _LEVELS[self]


_LEVELS = {severity: RiskLevel(severity.name.lower()) for severity in Severity}
SEVERITY = {level: severity for severity, level in _LEVELS.items()}


@dataclass(frozen=True)
class RiskPolicy:
    """What EnergiTech decides about risk.

    Args:
        cost_intervention_eur: cost of an intervention that was not needed [€].
        cost_failure_eur: cost of a failure that was not prevented [€].
        critical_factor: ``critique`` begins at this many times the threshold …
        critical_cap: … or at this probability, whichever is lower.
        moderate_divisor: ``modere`` begins at the threshold divided by this.
        urgent_days: a time to failure at or under this raises the level [days].
        max_age_days: a measurement older than this, at the day of the run, is stale [days].
    """

    cost_intervention_eur: float = 3_000.0
    cost_failure_eur: float = 50_000.0
    critical_factor: float = 5.0
    critical_cap: float = 0.5
    moderate_divisor: float = 4.0
    urgent_days: float = 7.0
    max_age_days: int = 7

    def __post_init__(self) -> None:
        wrong = [
            FieldError(name, sentence, str(getattr(self, name)))
            for name, holds, sentence in (
                ("cost_intervention_eur", self.cost_intervention_eur > 0, "un coût positif est attendu."),
                (
                    "cost_failure_eur",
                    self.cost_failure_eur > self.cost_intervention_eur,
                    "une panne manquée doit coûter plus qu’une intervention inutile.",
                ),
                ("critical_factor", self.critical_factor >= 1, "au moins 1."),
                ("critical_cap", 0 < self.critical_cap <= 1, "entre 0 et 1."),
                ("moderate_divisor", self.moderate_divisor >= 1, "au moins 1."),
                ("urgent_days", self.urgent_days >= 0, "au moins 0 jour."),
                ("max_age_days", self.max_age_days >= 0, "au moins 0 jour."),
            )
            if not holds
        ]
        if wrong:
            raise InvalidInput(wrong)

    @cached_property
    def threshold(self) -> float:
        """Probability from which intervening costs less than waiting."""
        return self.cost_intervention_eur / self.cost_failure_eur

    @cached_property
    def critical_from(self) -> float:
        """Probability from which the level is ``critique``; never below the threshold."""
        return max(self.threshold, min(self.critical_cap, self.critical_factor * self.threshold))

    @cached_property
    def moderate_from(self) -> float:
        """Probability from which the level is ``modere``."""
        return self.threshold / self.moderate_divisor

    def as_parameters(self) -> dict[str, Any]:
        """The policy as it is stored."""
        return asdict(self)

    @classmethod
    def of_parameters(cls, parameters: dict[str, Any]) -> Self:
        """The policy that :meth:`as_parameters` gave."""
        return cls(**parameters)


class TimeToFailure(NamedTuple):
    """An admitted model's estimate [days], with its interval where one is known."""

    days: float
    low: float | None = None
    high: float | None = None


class Risk(NamedTuple):
    """What the policy makes of one measurement."""

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
) -> Risk:
    """Level, score and costs of one measurement.

    Args:
        policy: the rule in force.
        probability: of a failure within 7 days, 0 to 1.
        time_to_failure: only from a model that may raise a level; it never lowers one.
        data_status: anything but ``ok`` is at least ``modere``: what is not known is not safe.
    """
    severity = _from_probability(policy, probability)
    if time_to_failure is not None:
        severity = max(severity, _from_days(policy, time_to_failure))
    if data_status is not DataStatus.OK:
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
    """The risk of a turbine that no model could judge: ``modere`` at least, at the foot of its band."""
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
# Days are brought to 0–1 by 1 / (1 + days / this): any positive number orders alike.
_DAYS_SCALE = 30.0


def _score(severity: Severity, probability: float, estimate: TimeToFailure | None) -> float:
    """A number in the level's quarter of 0–1, ordered by probability, then by fewer days left."""
    urgency = 0.0 if estimate is None else 1.0 / (1.0 + max(estimate.days, 0.0) / _DAYS_SCALE)
    inside = (probability + _PROBABILITY_STEP * urgency) / (1.0 + _PROBABILITY_STEP)
    # Kept just under the next band, so that sorting by score is sorting by level.
    return (severity + min(max(inside, 0.0), 1.0 - 1e-12)) / len(Severity)


def ranked(scores: Iterable[tuple[str, float]]) -> list[str]:
    """Turbines from the most to the least urgent.

    Args:
        scores: (turbine_id, risk_score) pairs.

    Returns:
        turbine_ids by falling risk score, then in natural order.
    """
    return [turbine for turbine, _ in sorted(scores, key=lambda pair: (-pair[1], natural_key(pair[0])))]
