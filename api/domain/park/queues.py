"""The queues: why a turbine deserves a look that its level alone does not ask for. Pure rules.

A turbine may stand in several. Days left are counted from the day of the measurement, as the models were
fitted to tell them.
"""

from __future__ import annotations

from datetime import date

from api.domain.park.scored import ScoredTurbine
from api.domain.policy.levels import TimeToFailure
from api.domain.policy.risk_policy import RiskPolicy
from api.schemas.vocabulary import DataStatus, Queue


def queues_of(scored: ScoredTurbine, policy: RiskPolicy, worked_on: date | None) -> tuple[Queue, ...]:
    """Return the queues of one turbine, in the order of :class:`Queue`.

    Args:
        scored: the turbine; its own queues are not read.
        policy: of the run.
        worked_on: last day of work on the machine, as known on the day of the run.
    """
    measured_on = scored.measured_on
    holds = {
        Queue.AVANT_VISITE: _fails_before_visit(scored),
        Queue.A_VERIFIER: scored.data_status is DataStatus.DOUTEUX or scored.silent,
        Queue.DESACCORD: _models_disagree(scored, policy),
        Queue.INTERVENTION_DEPUIS: (
            worked_on is not None and measured_on is not None and worked_on > measured_on
        ),
    }
    return tuple(queue for queue, true in holds.items() if true)


def _fails_before_visit(scored: ScoredTurbine) -> bool:
    """Whether a failure before the planned visit cannot be excluded: the interval begins before that day."""
    if scored.days is None or scored.planned_visit_on is None or scored.measured_on is None:
        return False
    return low_of(scored.days) < (scored.planned_visit_on - scored.measured_on).days


def _models_disagree(scored: ScoredTurbine, policy: RiskPolicy) -> bool:
    """Whether one model calls for action where the other one sees none needed.

    Either the probability reaches the threshold although even the interval's low end is beyond the urgent
    days, or the probability is that of ``faible`` although the estimate is within them.
    """
    if scored.probability is None or scored.days is None:
        return False
    alarm_alone = scored.probability >= policy.threshold and low_of(scored.days) > policy.urgent_days
    days_alone = scored.probability < policy.moderate_from and scored.days.days <= policy.urgent_days
    return alarm_alone or days_alone


def low_of(days: TimeToFailure) -> float:
    """The earliest failure that the interval admits; the estimate itself where there is no interval."""
    return days.days if days.low is None else days.low
