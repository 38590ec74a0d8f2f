"""Which model version serves each task, and the history of that choice."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from api.storage.tables import model_activations as t

AnyRow = Row[Any]


def revision(connection: Connection) -> int:
    """A number that grows with every activation: cheap to compare, so that processes converge."""
    return connection.scalar(select(func.coalesce(func.max(t.c.id), 0))) or 0


def active(connection: Connection) -> dict[str, AnyRow]:
    """The newest activation of each task."""
    newest = select(func.max(t.c.id)).group_by(t.c.task)
    return {row.task: row for row in connection.execute(select(t).where(t.c.id.in_(newest)))}


def history(connection: Connection, name: str | None = None) -> list[AnyRow]:
    """Activations, newest first; those of one model where ``name`` is given."""
    query = select(t).order_by(t.c.id.desc())
    return list(connection.execute(query if name is None else query.where(t.c.name == name)))


def previous(connection: Connection, task: str) -> AnyRow | None:
    """What served the task before the version that serves it now."""
    rows = connection.execute(select(t).where(t.c.task == task).order_by(t.c.id.desc())).all()
    if not rows:
        return None
    now = rows[0]
    return next((r for r in rows if (r.name, r.version) != (now.name, now.version)), None)


def add(
    connection: Connection,
    *,
    task: str,
    name: str,
    version: int,
    sha256: str,
    by: str,
    reason: str,
    admitted_by: str | None,
    now: datetime,
) -> None:
    """Record that a version serves its task from now on."""
    connection.execute(
        insert(t).values(
            task=task,
            name=name,
            version=version,
            sha256=sha256,
            activated_at=now,
            activated_by=by,
            reason=reason,
            admitted_by=admitted_by,
        )
    )
