"""Which model version serves each task, and the history of that choice."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from api.storage.tables import model_activations

AnyRow = Row[Any]


def revision(connection: Connection) -> int:
    """Return a number that grows with every activation: each process compares it to notice a change."""
    return connection.scalar(select(func.coalesce(func.max(model_activations.c.id), 0))) or 0


def active(connection: Connection) -> dict[str, AnyRow]:
    """Return the newest activation of each task."""
    newest = select(func.max(model_activations.c.id)).group_by(model_activations.c.task)
    query = select(model_activations).where(model_activations.c.id.in_(newest))
    return {row.task: row for row in connection.execute(query)}


def history(connection: Connection, name: str | None = None) -> list[AnyRow]:
    """Return the activations, newest first; with ``name``, those of one model."""
    query = select(model_activations).order_by(model_activations.c.id.desc())
    return list(connection.execute(query if name is None else query.where(model_activations.c.name == name)))


def admissions(connection: Connection) -> dict[tuple[str, int], AnyRow]:
    """Return the last activation of each version that a person admitted against the quality gate then."""
    rows = {(row.name, row.version): row for row in reversed(history(connection))}
    return {which: row for which, row in rows.items() if row.admitted_by is not None}


def admitted_for(connection: Connection) -> dict[tuple[str, int], str]:
    """Return why each version serves that a person admitted against the quality gate."""
    return {which: row.reason for which, row in admissions(connection).items()}


def previous(connection: Connection, task: str) -> AnyRow | None:
    """Return the activation of the version that served the task before the present one."""
    query = select(model_activations).where(model_activations.c.task == task)
    rows = connection.execute(query.order_by(model_activations.c.id.desc())).all()
    if not rows:
        return None
    present = rows[0]
    return next((row for row in rows if (row.name, row.version) != (present.name, present.version)), None)


def add(
    connection: Connection,
    *,
    task: str,
    name: str,
    version: int,
    sha256: str,
    manifest_sha256: str | None,
    by: str,
    reason: str,
    admitted_by: str | None,
    now: datetime,
) -> None:
    """Record that a version serves its task from now on."""
    connection.execute(
        insert(model_activations).values(
            task=task,
            name=name,
            version=version,
            sha256=sha256,
            manifest_sha256=manifest_sha256,
            activated_at=now,
            activated_by=by,
            reason=reason,
            admitted_by=admitted_by,
        )
    )
