"""EnergiTech's risk policy: costs, the decision threshold that follows from them, the bounds of the levels.

The policy is data: versioned in the database, previewed before it is saved, named by every score.

Threshold: the probability at which intervening costs as much as waiting. With C the cost of an intervention,
paid whether or not it was needed, and F that of a failure that was not prevented, the bound
(c10 − c00) / (c10 − c00 + c01 − c11) of C. Elkan, *The Foundations of Cost-Sensitive Learning* (IJCAI 2001),
becomes C / (C + F − C) = C / F.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Self

from api.domain.shared.exceptions import FieldError, InvalidInput


@dataclass(frozen=True)
class RiskPolicy:
    """EnergiTech's costs and bounds.

    Args:
        cost_intervention_eur: cost of an intervention that was not needed [€].
        cost_failure_eur: cost of a failure that was not prevented [€].
        critical_factor: ``critique`` begins at this many times the threshold …
        critical_cap: … or at this probability, whichever is lower.
        moderate_divisor: ``modere`` begins at the threshold divided by this number.
        urgent_days: a time to failure of at most so many days raises the level [days].
        max_age_days: a measurement older than so many days, on the day of the run, is stale [days].
        answer_days_high: where no bound of the days left is proved, an alert ``eleve`` is to be answered
            within so many days of the run [days] …
        answer_days_critical: … and an alert ``critique`` within so many.
    """

    cost_intervention_eur: float = 3_000.0
    cost_failure_eur: float = 50_000.0
    critical_factor: float = 5.0
    critical_cap: float = 0.5
    moderate_divisor: float = 4.0
    urgent_days: float = 7.0
    max_age_days: int = 7
    answer_days_high: int = 7
    answer_days_critical: int = 2

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
                ("answer_days_critical", self.answer_days_critical >= 0, "au moins 0 jour."),
                (
                    "answer_days_high",
                    self.answer_days_high >= self.answer_days_critical,
                    "au moins le délai du niveau critique.",
                ),
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
        """Return the policy as it is stored."""
        return asdict(self)

    @classmethod
    def of_parameters(cls, parameters: dict[str, Any]) -> Self:
        """Return the policy that :meth:`as_parameters` stored."""
        return cls(**parameters)
