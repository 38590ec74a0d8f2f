"""Changes between runs, the queues, and the summaries of published runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, and_, delete, func, insert, select

from api.domain.park.scored import ScoredTurbine
from api.schemas.vocabulary import RiskLevel
from api.storage.park.scores import of_run
from api.storage.tables import park_changes, planned_visits, run_summaries, runs, scores, turbines

AnyRow = Row[Any]


class FormerScore(NamedTuple):
    """A turbine's score in the previous run; ``told_level`` is the last level that an event announced."""

    score: ScoredTurbine
    told_level: RiskLevel


def run_before(connection: Connection, as_of: date) -> AnyRow | None:
    """Return the last published run of the last day before ``as_of`` that has one."""
    query = (
        select(runs)
        .where(runs.c.as_of < as_of, runs.c.published_at.is_not(None), runs.c.archived_at.is_(None))
        .order_by(runs.c.as_of.desc(), runs.c.id.desc())
        .limit(1)
    )
    return connection.execute(query).one_or_none()


def former_scores(connection: Connection, run_id: int) -> dict[int, FormerScore]:
    """Return the scores of a run, by turbine key."""
    changed = park_changes.c
    query = select(changed.turbine, changed.told_level).where(
        changed.run == run_id, changed.told_level.is_not(None)
    )
    levels = {row.turbine: RiskLevel(row.told_level) for row in connection.execute(query)}
    return {
        score.turbine: FormerScore(score, levels.get(score.turbine, score.level))
        for score in of_run(connection, run_id)
    }


def last_visits(connection: Connection, as_of: date) -> dict[int, date]:
    """Return, by turbine key, the last planned visit up to ``as_of`` that was known by then."""
    visits = planned_visits.c
    query = (
        select(visits.turbine, func.max(visits.planned_on))
        .join_from(planned_visits, turbines, visits.turbine == turbines.c.id)
        .where(turbines.c.archived_at.is_(None), visits.planned_on <= as_of, visits.known_on <= as_of)
        .group_by(visits.turbine)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def save(
    connection: Connection, run_id: int, summary: Mapping[str, Any], changes: Sequence[Mapping[str, Any]]
) -> None:
    """Store the summary and the changes of a run, in the transaction that publishes it."""
    for table in (park_changes, run_summaries):
        connection.execute(delete(table).where(table.c.run == run_id))
    connection.execute(insert(run_summaries).values(run=run_id, **summary))
    if changes:
        connection.execute(insert(park_changes), [{"run": run_id, **change} for change in changes])


def summary_of(connection: Connection, run_id: int) -> AnyRow | None:
    """Return the summary of a run; None for a run older than summaries."""
    earlier = runs.alias("earlier")
    query = (
        select(
            run_summaries, earlier.c.as_of.label("previous_as_of"), earlier.c.counts.label("previous_counts")
        )
        .outerjoin(earlier, earlier.c.id == run_summaries.c.previous)
        .where(run_summaries.c.run == run_id)
    )
    return connection.execute(query).one_or_none()


def _published_ids(first: date | None, last: date | None) -> Select[tuple[int]]:
    """Return the query for the last published run of each day."""
    place = func.row_number().over(partition_by=runs.c.as_of, order_by=runs.c.id.desc())
    published = select(runs.c.id, place.label("place")).where(
        runs.c.published_at.is_not(None), runs.c.archived_at.is_(None)
    )
    if first is not None:
        published = published.where(runs.c.as_of >= first)
    if last is not None:
        published = published.where(runs.c.as_of <= last)
    ordered = published.subquery()
    return select(ordered.c.id).where(ordered.c.place == 1)


def events(
    connection: Connection, first: date | None, last: date | None, *, limit: int, offset: int
) -> tuple[int, list[AnyRow]]:
    """Count the events of the days' last published runs, and return a page: newest, then most urgent."""
    announced = (park_changes.c.run.in_(_published_ids(first, last)), park_changes.c.event.is_not(None))
    total = connection.scalar(select(func.count()).select_from(park_changes).where(*announced)) or 0
    query = (
        select(
            park_changes.c.run,
            park_changes.c.event,
            park_changes.c.event_from,
            func.coalesce(park_changes.c.told_level, scores.c.level).label("event_to"),
            park_changes.c.cause,
            runs.c.as_of,
            turbines.c.turbine_id,
            turbines.c.site,
            turbines.c.farm,
        )
        .join(runs, runs.c.id == park_changes.c.run)
        .join(turbines, turbines.c.id == park_changes.c.turbine)
        .join(scores, and_(scores.c.run == park_changes.c.run, scores.c.turbine == park_changes.c.turbine))
        .where(*announced)
        .order_by(runs.c.as_of.desc(), scores.c.rank)
        .limit(limit)
        .offset(offset)
    )
    return total, list(connection.execute(query))
