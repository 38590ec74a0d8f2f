"""The queues: why a turbine deserves a look that its level alone does not ask for. Pure rules.

A turbine may stand in several. Days left are counted from the day of the measurement, as the models were
fitted to tell them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from api.domain.policy.levels import TimeToFailure
from api.domain.policy.risk_policy import RiskPolicy
from api.schemas.vocabulary import DataStatus, Queue

# Scores keep their queues as one number: a queue keeps its bit whatever becomes of the others.
_BITS = {
    Queue.AVANT_VISITE: 1,
    Queue.A_VERIFIER: 2,
    Queue.DESACCORD: 4,
    Queue.INTERVENTION_DEPUIS: 8,
}


def bits_of(queues: Iterable[Queue]) -> int:
    """The queues as one number; each counted once."""
    return sum(_BITS[queue] for queue in set(queues))


def queues_in(bits: int | None) -> list[Queue]:
    """The queues that :func:`bits_of` gave; none for a score that is older than them."""
    return [queue for queue, bit in _BITS.items() if (bits or 0) & bit]


@dataclass(frozen=True)
class Case:
    """What the rules look at, of one turbine in one run.

    Args:
        status: of the data.
        silent: no usable data although the machine is in service.
        measured_on: day of the measurement that was scored.
        probability: of a failure within 7 days.
        days: time to failure [days from ``measured_on``], whether or not its model may raise a level.
        next_visit: first visit planned after the day of the run.
        worked_on: last day on which somebody worked on the machine, as far as is known on the day of the run.
    """

    status: DataStatus
    silent: bool
    measured_on: date | None
    probability: float | None
    days: TimeToFailure | None
    next_visit: date | None
    worked_on: date | None


def queues_of(case: Case, policy: RiskPolicy) -> tuple[Queue, ...]:
    """The queues of one turbine, in the order of :class:`Queue`."""
    holds = {
        Queue.AVANT_VISITE: _fails_before_visit(case),
        Queue.A_VERIFIER: case.silent or case.status is DataStatus.DOUTEUX,
        Queue.DESACCORD: _models_disagree(case, policy),
        Queue.INTERVENTION_DEPUIS: (
            case.worked_on is not None and case.measured_on is not None and case.worked_on > case.measured_on
        ),
    }
    return tuple(queue for queue, true in holds.items() if true)


def _fails_before_visit(case: Case) -> bool:
    """Whether a failure before the planned visit cannot be excluded: the interval begins before that day."""
    if case.days is None or case.next_visit is None or case.measured_on is None:
        return False
    return low_of(case.days) < (case.next_visit - case.measured_on).days


def _models_disagree(case: Case, policy: RiskPolicy) -> bool:
    """Whether one model calls for action where the other one sees none needed.

    Either the probability reaches the threshold although even the interval's low end is beyond the urgent
    days, or the probability is that of ``faible`` although the estimate is within them.
    """
    if case.probability is None or case.days is None:
        return False
    alarm_alone = case.probability >= policy.threshold and low_of(case.days) > policy.urgent_days
    days_alone = case.probability < policy.moderate_from and case.days.days <= policy.urgent_days
    return alarm_alone or days_alone


def low_of(days: TimeToFailure) -> float:
    """The earliest failure that the interval admits; the estimate itself where there is no interval."""
    return days.days if days.low is None else days.low
