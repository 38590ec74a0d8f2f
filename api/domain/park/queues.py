"""Why a turbine deserves a look that neither its level nor its situation asks for. Pure rules.

A turbine may be in several queues.
"""

from __future__ import annotations

from datetime import date

from api.domain.park.scored import ScoredTurbine
from api.domain.policy.levels import TimeToFailure
from api.domain.policy.risk_policy import RiskPolicy
from api.schemas.vocabulary import Queue


def queues_of(scored: ScoredTurbine, policy: RiskPolicy, visited_on: date | None) -> tuple[Queue, ...]:
    """Return the queues of one turbine, in the order of :class:`Queue`.

    Args:
        scored: the turbine; its own queues are not read.
        policy: of the run.
        visited_on: last planned visit up to the day of the run.
    """
    measured_on = scored.measured_on
    holds = {
        Queue.A_VERIFIER: scored.untrusted,
        Queue.DESACCORD: _models_disagree(scored, policy),
        Queue.INTERVENTION_DEPUIS: (
            visited_on is not None and measured_on is not None and visited_on > measured_on
        ),
    }
    return tuple(queue for queue, applies in holds.items() if applies)


def _models_disagree(scored: ScoredTurbine, policy: RiskPolicy) -> bool:
    """Tell whether one model calls for action where the other sees no need.

    Either the probability reaches the threshold although even the interval's low end is beyond the urgent
    days, or the probability is that of ``faible`` although the estimate is within them.
    """
    if scored.probability is None or scored.days is None:
        return False
    alarm_alone = scored.probability >= policy.threshold and low_of(scored.days) > policy.urgent_days
    days_alone = scored.probability < policy.moderate_from and scored.days.days <= policy.urgent_days
    return alarm_alone or days_alone


def low_of(days: TimeToFailure) -> float:
    """Return the earliest failure in the interval; the estimate itself without an interval."""
    return days.days if days.low is None else days.low
