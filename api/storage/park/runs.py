"""Runs: their states and their publication."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.domain.shared.exceptions import Conflict
from api.schemas import french
from api.storage.shared.published import published_run
from api.storage.tables import publication, runs

UNDER_WAY = ("en_attente", "en_cours")
FAILED = ("echoue", "interrompu")
AnyRow = Row[Any]


def create(connection: Connection, *, kind: str, as_of: date, requested_by: str, now: datetime) -> int:
    """Insert a waiting run and return its number.

    Raises:
        Conflict: a scheduled run of that day exists.
    """
    try:
        with connection.begin_nested():
            result = connection.execute(
                insert(runs).values(
                    kind=kind,
                    as_of=as_of,
                    status="en_attente",
                    requested_by=requested_by,
                    created_at=now,
                    models=[],
                )
            )
    except IntegrityError as error:
        raise Conflict(f"Le calcul quotidien du {french.date(as_of)} existe déjà.") from error
    assert result.inserted_primary_key is not None  # noqa: S101 - one row was inserted
    return int(result.inserted_primary_key[0])


def get(connection: Connection, run_id: int, *, hold: bool = False) -> AnyRow | None:
    """Return one run; ``hold`` locks it until the transaction ends."""
    query = select(runs).where(runs.c.id == run_id)
    return connection.execute(query.with_for_update() if hold else query).one_or_none()


def newest_number(connection: Connection) -> int:
    """Return the highest number of a run; 0 where there is none."""
    return connection.scalar(select(func.max(runs.c.id))) or 0


def recent(connection: Connection, limit: int) -> list[AnyRow]:
    """Return the newest runs of the living park."""
    living = select(runs).where(runs.c.archived_at.is_(None)).order_by(runs.c.id.desc()).limit(limit)
    return list(connection.execute(living))


def scheduled(connection: Connection, as_of: date) -> list[AnyRow]:
    """Return the scheduled runs of a day, failed ones included."""
    query = select(runs).where(runs.c.kind == "planifie", runs.c.as_of == as_of, runs.c.archived_at.is_(None))
    return list(connection.execute(query))


def under_way(connection: Connection, as_of: date | None = None) -> AnyRow | None:
    """Return the first run that waits or runs; with ``as_of``, only of that day."""
    query = select(runs).where(runs.c.status.in_(UNDER_WAY), runs.c.archived_at.is_(None))
    if as_of is not None:
        query = query.where(runs.c.as_of == as_of)
    return connection.execute(query.order_by(runs.c.id).limit(1)).one_or_none()


def change(connection: Connection, run_id: int, **values: Any) -> None:
    """Set columns of one run."""
    connection.execute(update(runs).where(runs.c.id == run_id).values(**values))


def start(connection: Connection, run_id: int, now: datetime) -> bool:
    """Start a waiting run; return False where it no longer waits."""
    result = connection.execute(
        update(runs)
        .where(runs.c.id == run_id, runs.c.status == "en_attente")
        .values(status="en_cours", started_at=now, phase="lecture", done=0)
    )
    return result.rowcount == 1


def tell(connection: Connection, run_id: int, **values: Any) -> bool:
    """Set columns of a run under way; return False, and set nothing, where it is closed or to be cancelled.

    A worker that slept past its lease learns here that its run is closed, and must not publish it.
    """
    going_on = (runs.c.id == run_id, runs.c.status == "en_cours", runs.c.cancel_asked_by.is_(None))
    return connection.execute(update(runs).where(*going_on).values(**values)).rowcount == 1


def publish(connection: Connection, run_id: int, *, now: datetime, **values: Any) -> None:
    """End a run and publish it; it becomes the present ranking unless a later day is.

    It happens in one transaction: people see the former ranking or this one, never a mixture. A run of an
    earlier day is readable under its own date.
    """
    change(connection, run_id, published_at=now, finished_at=now, **values)
    as_of = connection.scalar(select(runs.c.as_of).where(runs.c.id == run_id))
    present = published_run(connection)
    if present is None:
        connection.execute(delete(publication))
        connection.execute(insert(publication).values(id=1, run=run_id))
    elif as_of is not None and (as_of, run_id) >= (present.as_of, present.id):
        connection.execute(update(publication).values(run=run_id))


def count_by_status(connection: Connection) -> dict[str, int]:
    """Return the number of runs of the living park, by status."""
    query = (
        select(runs.c.status, func.count().label("total"))
        .where(runs.c.archived_at.is_(None))
        .group_by(runs.c.status)
    )
    return {row.status: row.total for row in connection.execute(query)}
