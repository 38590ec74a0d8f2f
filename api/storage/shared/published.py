"""Reading published runs and their scores; every subject may use it."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, and_, func, select

from api.storage.tables import measurements, park_changes, publication, runs, scores, turbines

AnyRow = Row[Any]
# PostgreSQL's statistics do not know the newest run and expect a row or two of it. Adding 0 keeps it from
# reading all changes of that run for each score.
CHANGED = and_(park_changes.c.run == scores.c.run + 0, park_changes.c.turbine == scores.c.turbine)
# The scores with their turbines and their changes.
SCORED = select(
    scores,
    turbines.c.turbine_id,
    turbines.c.site,
    turbines.c.farm,
    turbines.c.service_state,
    park_changes.c.kind.label("change_kind"),
    park_changes.c.from_level.label("change_from"),
    park_changes.c.cause.label("change_cause"),
).select_from(scores.join(turbines, turbines.c.id == scores.c.turbine).outerjoin(park_changes, CHANGED))


def published_run(connection: Connection, as_of: date | None = None) -> AnyRow | None:
    """Return the present published run, or the last one of a day."""
    if as_of is None:
        return connection.execute(
            select(runs).join(publication, publication.c.run == runs.c.id)
        ).one_or_none()
    return connection.execute(
        select(runs)
        .where(runs.c.as_of == as_of, runs.c.published_at.is_not(None), runs.c.archived_at.is_(None))
        # By number and not by time: a clock that goes back must not bring a former run first.
        .order_by(runs.c.id.desc())
        .limit(1)
    ).one_or_none()


def runs_between(connection: Connection, first: date | None, last: date | None) -> list[AnyRow]:
    """Return the last published run of each day, oldest first."""
    newest = select(func.max(runs.c.id)).where(runs.c.published_at.is_not(None), runs.c.archived_at.is_(None))
    if first is not None:
        newest = newest.where(runs.c.as_of >= first)
    if last is not None:
        newest = newest.where(runs.c.as_of <= last)
    query = select(runs).where(runs.c.id.in_(newest.group_by(runs.c.as_of))).order_by(runs.c.as_of)
    return list(connection.execute(query))


def score_of(connection: Connection, run_id: int, turbine_pk: int) -> AnyRow | None:
    """Return a turbine's score in a run, with its measurement (``values`` is None without one)."""
    query = (
        SCORED.add_columns(measurements.c["values"], measurements.c.measured_at)
        .outerjoin(measurements, measurements.c.id == scores.c.measurement)
        .where(scores.c.run == run_id, scores.c.turbine == turbine_pk)
    )
    return connection.execute(query).one_or_none()


def history_of(
    connection: Connection, turbine_pk: int, first: date | None, last: date | None
) -> list[AnyRow]:
    """Return a turbine's published scores, one a day, oldest first."""
    run_ids = [row.id for row in runs_between(connection, first, last)]
    query = (
        select(scores, runs.c.as_of)
        .join(runs, runs.c.id == scores.c.run)
        .where(scores.c.turbine == turbine_pk, scores.c.run.in_(run_ids))
        .order_by(runs.c.as_of)
    )
    return list(connection.execute(query))
