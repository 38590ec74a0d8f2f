"""Converts a scored turbine to the field names of the HTTP contract, where they differ from the domain's."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Row

from api.domain.park.scored import RankedTurbine, ScoredTurbine
from api.domain.policy.risk_policy import RiskPolicy
from api.domain.shared.wording import recommendation
from api.schemas.park import ParkItem
from api.schemas.turbine_story import LivingIntervention

# Names of the contract, and the attributes of a scored turbine with their values.
_NAMED = {
    "risk_level": "level",
    "failure_probability": "probability",
    "time_to_failure_days": "days_left",
    "time_to_failure_interval": "interval",
    "warnings": "findings",
}


def score_fields(score: ScoredTurbine) -> dict[str, Any]:
    """Return a score by the contract's names; each answer ignores the fields that it does not have."""
    return score._asdict() | {name: getattr(score, own) for name, own in _NAMED.items()}


def turbine_fields(turbine: RankedTurbine) -> dict[str, Any]:
    """Return the fields of the score, of the machine and of its change."""
    return turbine._asdict() | score_fields(turbine.score)


def park_item(
    turbine: RankedTurbine, as_of: date, policy: RiskPolicy, work: Row[Any] | None = None
) -> ParkItem:
    """Build the answer for a ranked turbine; its euros follow from the run's policy.

    Args:
        turbine: in its ranking.
        as_of: day of its run.
        policy: of its run.
        work: the living intervention of the turbine.
    """
    score = turbine.score
    expected = None if score.probability is None else score.probability * policy.cost_failure_eur
    benefit = None if expected is None else expected - policy.cost_intervention_eur
    return ParkItem(
        **turbine_fields(turbine),
        age_days=None if score.measured_on is None else (as_of - score.measured_on).days,
        expected_failure_cost_eur=expected,
        net_benefit_eur=benefit,
        recommendation=recommendation(score.level, score.data_status, score.probability, benefit or 0.0),
        intervention=None if work is None else _living(work),
    )


def _living(row: Row[Any]) -> LivingIntervention:
    return LivingIntervention(id=row.id, state=row.state, planned_on=row.planned_on, assignee=row.assignee)
