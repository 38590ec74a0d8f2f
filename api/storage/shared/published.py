"""What people see: the published run, that of each day, a turbine's place in it. Every subject reads it."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, and_, func, select

from api.storage.tables import measurements, park_changes, publication, runs, scores, turbines

AnyRow = Row[Any]
# PostgreSQL's statistics never know the newest run, and take it for a row or two: adding 0 keeps it from
# going through all changes of that run for each score.
CHANGED = and_(park_changes.c.run == scores.c.run + 0, park_changes.c.turbine == scores.c.turbine)
# The scores with their turbines and what changed of them.
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
    """The published run: the one that people see now, or the last of a given day."""
    if as_of is None:
        return connection.execute(
            select(runs).join(publication, publication.c.run == runs.c.id)
        ).one_or_none()
    return connection.execute(
        select(runs)
        .where(runs.c.as_of == as_of, runs.c.published_at.is_not(None), runs.c.archived_at.is_(None))
        # By number and not by time: a clock that goes back must not bring a former run up.
        .order_by(runs.c.id.desc())
        .limit(1)
    ).one_or_none()


def runs_between(connection: Connection, first: date | None, last: date | None) -> list[AnyRow]:
    """The last published run of each day, oldest first."""
    newest = select(func.max(runs.c.id)).where(runs.c.published_at.is_not(None), runs.c.archived_at.is_(None))
    if first is not None:
        newest = newest.where(runs.c.as_of >= first)
    if last is not None:
        newest = newest.where(runs.c.as_of <= last)
    query = select(runs).where(runs.c.id.in_(newest.group_by(runs.c.as_of))).order_by(runs.c.as_of)
    return list(connection.execute(query))


def score_of(connection: Connection, run_id: int, turbine_pk: int) -> AnyRow | None:
    """One turbine's place in a run, with the measurement that was scored (``values`` None without one)."""
    query = (
        SCORED.add_columns(measurements.c["values"], measurements.c.measured_at)
        .outerjoin(measurements, measurements.c.id == scores.c.measurement)
        .where(scores.c.run == run_id, scores.c.turbine == turbine_pk)
    )
    return connection.execute(query).one_or_none()


def history_of(
    connection: Connection, turbine_pk: int, first: date | None, last: date | None
) -> list[AnyRow]:
    """A turbine's published scores, one a day, oldest first."""
    shown = [row.id for row in runs_between(connection, first, last)]
    query = (
        select(scores, runs.c.as_of)
        .join(runs, runs.c.id == scores.c.run)
        .where(scores.c.turbine == turbine_pk, scores.c.run.in_(shown))
        .order_by(runs.c.as_of)
    )
    return list(connection.execute(query))
