"""Reading published runs and their scores; every subject may use it."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, func, select

from api.storage.tables import publication, runs, scores

AnyRow = Row[Any]


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
    """Return a turbine's stored score in a run, for the subjects that stand before the park."""
    query = select(scores).where(scores.c.run == run_id, scores.c.turbine == turbine_pk)
    return connection.execute(query).one_or_none()
