"""Which turbines of a published run deserve an intervention that nobody has planned. Pure rules.

A proposal is computed at each reading and stored nowhere: it becomes an intervention when a person confirms
it. So the same alarm, run after run, can only ever be one proposal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from api.domain.policy.levels import SEVERITY
from api.domain.policy.risk_policy import RiskPolicy
from api.schemas.vocabulary import AlertAnswer, InterventionState, RiskLevel


@dataclass(frozen=True, slots=True)
class Ended:
    """The last intervention of a turbine, where it has ended.

    Args:
        state: ``terminee`` or ``annulee``.
        done_on: day on which it ended.
        opened_at: level of risk when it was opened.
        calm_since: whether the turbine has left the alarm levels in a run of a later day.
    """

    state: InterventionState
    done_on: date
    opened_at: RiskLevel | None
    calm_since: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """A turbine of the published run, with the decisions already taken for it.

    Args:
        level: of risk.
        as_of: day of the run.
        measured_on: day of the measurement behind the level.
        next_visit: first visit planned after the day of the run.
        living: whether an intervention is proposed, planned or under way.
        last: the intervention that ended last; None where none ever did.
    """

    level: RiskLevel
    as_of: date
    measured_on: date | None
    next_visit: date | None
    living: bool
    last: Ended | None


def answer_to(turbine: Standing, policy: RiskPolicy) -> AlertAnswer | None:
    """Return the answer that an alert already has; None where an intervention is to be proposed.

    An answer is a living intervention, or a visit within the policy's ``urgent_days``: the alarm announces a
    failure by then, and a later visit would come too late. Work done is an answer until a later measurement.
    A refusal is an answer until the alarm has ended once or has grown worse.
    """
    if turbine.living:
        return AlertAnswer.INTERVENTION
    visit = turbine.next_visit
    if visit is not None and (visit - turbine.as_of).days <= policy.urgent_days:
        return AlertAnswer.VISITE
    last = turbine.last
    if last is None:
        return None
    if last.state is InterventionState.TERMINEE:
        unseen = turbine.measured_on is None or turbine.measured_on <= last.done_on
        return AlertAnswer.TRAITEE if unseen else None
    worse = last.opened_at is not None and SEVERITY[turbine.level] > SEVERITY[last.opened_at]
    return None if last.calm_since or worse else AlertAnswer.ECARTEE
