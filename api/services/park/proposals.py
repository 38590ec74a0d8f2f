"""Proposals of interventions from the published run: computed at each reading, never stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row

from api.domain.interventions.checklists import checklist_for, priority_for, skills_for
from api.domain.interventions.interventions import State
from api.domain.park.proposals import Ended, Standing, answer_to
from api.domain.park.scored import RankedTurbine, ScoredTurbine
from api.domain.policy.levels import ALERTS
from api.domain.policy.risk_policy import RiskPolicy
from api.schemas.interventions import AnsweredAlert, CheckLine, Proposal, Proposals
from api.schemas.vocabulary import AlertAnswer
from api.services.interventions.rows import level_of
from api.services.park.contract import park_item, turbine_fields
from api.storage import interventions as store
from api.storage import policy as policies
from api.storage.park.ranking import ScoreFilter, page_of_scores
from api.storage.shared import published
from api.storage.shared.database import Database


@dataclass(frozen=True)
class InterventionProposals:
    """Reads proposals; confirming one opens an intervention."""

    database: Database
    today: Callable[[Connection], date]

    def page(self, limit: int, offset: int) -> Proposals:
        """Return one page of proposals, in the order of the ranking."""
        with self.database.read() as connection:
            today = self.today(connection)
            run = published.published_run(connection)
            if run is None:
                return Proposals(total=0, items=[], as_of=None, today=today)
            policy = policies.version(connection, run.policy_version)
            alerts = alerts_in(connection, run, policy)
        wanted = [alert for alert in alerts if alert.answer is None]
        answered = [alert for alert in alerts if alert.answer is not None]
        proposals = [_proposal(alert, run, policy) for alert in wanted[offset : offset + limit]]
        return Proposals(
            total=len(wanted),
            items=proposals,
            alerts=len(alerts),
            answered=[_answered(alert) for alert in answered[:limit]],
            as_of=run.as_of,
            today=today,
        )


@dataclass(frozen=True)
class Alert:
    """A turbine at an alert level, and the answer to the alert.

    Args:
        turbine: in the ranking.
        answer: None if an intervention must be proposed.
        living: the intervention proposed, planned or under way.
        last: the intervention that ended last.
    """

    turbine: RankedTurbine
    answer: AlertAnswer | None
    living: Row[Any] | None
    last: Row[Any] | None


def alerts_in(
    connection: Connection, run: Row[Any], policy: RiskPolicy, *, visits_answer: bool = True
) -> list[Alert]:
    """List every alert of a ranking, in its order.

    Args:
        connection: to read with.
        run: the ranking.
        policy: of the run.
        visits_answer: whether a visit planned in time answers the alert, as for proposals.
    """
    _, turbines = page_of_scores(connection, run.id, ScoreFilter(levels=tuple(ALERTS)))
    keys = {turbine.score.turbine for turbine in turbines}
    living, last = store.living(connection), store.last_ended(connection, keys)
    calmed = _calmed(connection, last)

    def answer(score: ScoredTurbine) -> AlertAnswer | None:
        former = last.get(score.turbine)
        ended = None
        if former is not None:
            ended = Ended(State(former.state), former.done_on, level_of(former), former.turbine in calmed)
        standing = Standing(
            level=score.level,
            as_of=run.as_of,
            measured_on=score.measured_on,
            next_visit=score.planned_visit_on if visits_answer else None,
            living=score.turbine in living,
            last=ended,
        )
        return answer_to(standing, policy)

    return [
        Alert(
            turbine, answer(turbine.score), living.get(turbine.score.turbine), last.get(turbine.score.turbine)
        )
        for turbine in turbines
    ]


def wanted_in(
    connection: Connection, run: Row[Any], policy: RiskPolicy, *, visits_answer: bool
) -> list[RankedTurbine]:
    """List the turbines with an unanswered alert, see :func:`alerts_in`."""
    alerts = alerts_in(connection, run, policy, visits_answer=visits_answer)
    return [alert.turbine for alert in alerts if alert.answer is None]


def _calmed(connection: Connection, last: dict[int, Row[Any]]) -> set[int]:
    """Return the turbines whose alert ended in a run after the day of a refusal."""
    refused = {key: row.done_on for key, row in last.items() if row.state == State.ANNULEE}
    if not refused:
        return set()
    scores = store.scores_since(connection, refused.keys(), min(refused.values()), None)
    return {
        score.turbine
        for score in scores
        if score.as_of > refused[score.turbine] and score.level not in ALERTS
    }


def _answered(alert: Alert) -> AnsweredAlert:
    by, on = None, alert.turbine.score.planned_visit_on
    if alert.answer is AlertAnswer.INTERVENTION and alert.living is not None:
        by, on = alert.living, alert.living.planned_on
    elif alert.answer is not AlertAnswer.VISITE and alert.last is not None:
        by, on = alert.last, alert.last.done_on
    assert alert.answer is not None  # noqa: S101 - of alerts that have one
    return AnsweredAlert(
        **turbine_fields(alert.turbine),
        answer=alert.answer,
        on=on,
        intervention_id=None if by is None else by.id,
        intervention_state=None if by is None else by.state,
    )


def _proposal(alert: Alert, run: Row[Any], policy: RiskPolicy) -> Proposal:
    item, former = park_item(alert.turbine, run.as_of, policy), alert.last
    driver = item.main_driver
    feature, label = (None, None) if driver is None else (driver.feature, driver.label)
    return Proposal(
        **dict(item),
        run_id=run.id,
        as_of=run.as_of,
        priority=priority_for(item.risk_level),
        skills=list(skills_for(feature)),
        checklist=[CheckLine(**asdict(line)) for line in checklist_for(feature, label)],
        last_intervention_id=None if former is None else former.id,
        last_done_on=None if former is None else former.done_on,
    )
