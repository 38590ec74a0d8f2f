"""Turns scored turbines and stored changes of the park into the answers of the HTTP contract."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Row

from api.domain.measurements.rhythm import age_days
from api.domain.park.change_causes import Cause, sentence
from api.domain.park.scored import RankedTurbine, ScoredTurbine
from api.domain.park.situation import Situation, advice
from api.domain.policy.risk_policy import RiskPolicy
from api.domain.shared.exceptions import InvalidInput
from api.domain.shared.wording import recommendation
from api.schemas import french
from api.schemas.changes import (
    DaysCoverage,
    LevelDifferences,
    ParkEvent,
    ParkEvents,
    QueueCounts,
    SincePrevious,
)
from api.schemas.park import ParkItem
from api.schemas.turbine_story import LivingIntervention
from api.schemas.vocabulary import RiskLevel, SituationCode, indicative
from api.storage.park import changes
from api.storage.shared.database import Database

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
    turbine: RankedTurbine,
    as_of: date,
    policy: RiskPolicy,
    situation: Situation | None = None,
    work: Row[Any] | None = None,
) -> ParkItem:
    """Build the answer for a ranked turbine; its euros follow from the run's policy.

    Args:
        turbine: in its ranking.
        as_of: day of its run.
        policy: of its run.
        situation: of the turbine; None in the ranking of a former day. After work that nothing has measured
            since, the score speaks of another machine: it costs nothing any more.
        work: the living intervention of the turbine.
    """
    score = turbine.score
    outdated = situation is not None and situation.code is SituationCode.MESURE_ATTENDUE
    expected = None
    if score.probability is not None and not outdated:
        expected = score.probability * policy.cost_failure_eur
    benefit = None if expected is None else expected - policy.cost_intervention_eur
    if situation is None:
        rough = indicative(score.findings)
        to_do = recommendation(
            score.level, score.data_status, score.probability, benefit or 0.0, indicative=rough
        )
    else:
        to_do = advice(situation, score, benefit or 0.0)
    return ParkItem(
        **turbine_fields(turbine),
        age_days=None if score.measured_on is None else age_days(score.measured_on, as_of),
        expected_failure_cost_eur=expected,
        net_benefit_eur=benefit,
        recommendation=to_do,
        situation=situation,
        intervention=None if work is None else _living(work),
    )


def _living(row: Row[Any]) -> LivingIntervention:
    return LivingIntervention(id=row.id, state=row.state, planned_on=row.planned_on, assignee=row.assignee)


def park_events(
    database: Database, first: date | None, last: date | None, limit: int, offset: int
) -> ParkEvents:
    """Return the events of a period; a day counts by its last published run.

    Raises:
        InvalidInput: the last day precedes the first.
    """
    if first is not None and last is not None and last < first:
        raise InvalidInput.single("to", f"le dernier jour précède le premier ({french.date(first)}).", last)
    with database.read() as connection:
        total, rows = changes.events(connection, first, last, limit=limit, offset=offset)
    return ParkEvents(total=total, items=[_event(row) for row in rows])


def _event(row: Row[Any]) -> ParkEvent:
    return ParkEvent(
        as_of=row.as_of,
        run_id=row.run,
        turbine_id=row.turbine_id,
        site=row.site,
        farm=row.farm,
        kind=row.event,
        previous_level=row.event_from,
        risk_level=row.event_to,
        sentence=sentence(Cause.of_stored(row.cause)),
    )


def since_previous(summary: Row[Any] | None, counts: dict[str, int] | None) -> SincePrevious | None:
    """Compare a run with the former one.

    Args:
        summary: of the run; None for a run from before summaries existed.
        counts: its turbines per level.
    """
    if summary is None or summary.previous is None:
        return None
    present, before = counts or {}, summary.previous_counts or {}
    return SincePrevious(
        previous_run_id=summary.previous,
        previous_as_of=summary.previous_as_of,
        levels=LevelDifferences(
            **{level: present.get(level, 0) - before.get(level, 0) for level in RiskLevel}
        ),
        events=summary.events,
    )


def queue_counts(summary: Row[Any] | None) -> QueueCounts:
    """Count the turbines per queue in a run."""
    return QueueCounts(**(summary.queues if summary is not None else {}))


def days_coverage(summary: Row[Any] | None) -> DaysCoverage | None:
    """Return the coverage of the run's interval of days left; None without an interval."""
    table = None if summary is None else summary.interval
    if table is None:
        return None
    return DaysCoverage(target=table["target"], measured=table["value"], low=table["low"], high=table["high"])
