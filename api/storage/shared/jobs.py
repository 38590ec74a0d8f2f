"""Jobs of the worker. Each is leased, so that another worker takes the job of one that died."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, case, delete, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from api.storage.shared import leases
from api.storage.tables import jobs, workers

LEASE = timedelta(seconds=30)
HISTORY = "historique"
MODEL_IMPORT = "import_modele"
LOW_PRIORITY = (HISTORY,)  # kinds that wait until no other job does
AnyRow = Row[Any]


def add(connection: Connection, *, kind: str, payload: dict[str, Any], by: str, now: datetime) -> int:
    """Queue one job and return its number."""
    result = connection.execute(
        insert(jobs).values(kind=kind, payload=payload, status="en_attente", requested_by=by, created_at=now)
    )
    assert result.inserted_primary_key is not None  # noqa: S101 - one row was inserted
    return int(result.inserted_primary_key[0])


def take(connection: Connection, worker: str, now: datetime) -> AnyRow | None:
    """Lease and return the oldest waiting job, low priority last; None where no job waits."""
    last = case((jobs.c.kind.in_(LOW_PRIORITY), 1), else_=0)
    waiting = select(jobs.c.id).where(jobs.c.status == "en_attente").order_by(last, jobs.c.id).limit(1)
    job_id = connection.scalar(waiting.with_for_update(skip_locked=True))
    if job_id is None:
        return None
    connection.execute(
        update(jobs)
        .where(jobs.c.id == job_id)
        .values(status="en_cours", leased_by=worker, leased_until=now + LEASE, attempts=jobs.c.attempts + 1)
    )
    return connection.execute(select(jobs).where(jobs.c.id == job_id)).one()


def abandoned(connection: Connection, now: datetime) -> list[AnyRow]:
    """Return the jobs whose lease ran out: their worker is gone.

    A lease that ends too far ahead dates from before the clock went back; a living holder renews it.
    """
    until = jobs.c.leased_until
    lost = or_(until < now, until > now + 2 * LEASE, until.is_(None))
    return list(connection.execute(select(jobs).where(jobs.c.status == "en_cours", lost)))


def leased_by(connection: Connection, worker: str) -> list[AnyRow]:
    """Return the jobs that a worker holds."""
    query = select(jobs).where(jobs.c.status == "en_cours", jobs.c.leased_by == worker)
    return list(connection.execute(query))


def get(connection: Connection, job_id: int) -> AnyRow | None:
    """Return one job."""
    return connection.execute(select(jobs).where(jobs.c.id == job_id)).one_or_none()


def under_way(connection: Connection, kind: str) -> list[AnyRow]:
    """Return the jobs of a kind that wait or are under way, oldest first."""
    query = select(jobs).where(jobs.c.kind == kind, jobs.c.status.in_(("en_attente", "en_cours")))
    return list(connection.execute(query.order_by(jobs.c.id)))


def progress(connection: Connection, job_id: int, done: int, total: int) -> None:
    """Record how far a job is."""
    connection.execute(update(jobs).where(jobs.c.id == job_id).values(done=done, total=total))


def keep_result(connection: Connection, job_id: int, result: dict[str, Any]) -> None:
    """Store the result so far of a job under way."""
    connection.execute(update(jobs).where(jobs.c.id == job_id).values(result=result))


def change_waiting(connection: Connection, job_id: int, payload: dict[str, Any]) -> bool:
    """Replace what a waiting job is to do; False where it waits no more."""
    waiting = (jobs.c.id == job_id, jobs.c.status == "en_attente")
    return bool(connection.execute(update(jobs).where(*waiting).values(payload=payload)).rowcount)


def newest(connection: Connection, kind: str, limit: int) -> list[AnyRow]:
    """Return the last jobs of a kind, newest first."""
    query = select(jobs).where(jobs.c.kind == kind).order_by(jobs.c.id.desc()).limit(limit)
    return list(connection.execute(query))


def requeue(connection: Connection, job_id: int, worker: str | None, *, advanced: bool = False) -> None:
    """Put a job back in the queue; only for work that may be repeated.

    Args:
        connection: to write with.
        job_id: the job.
        worker: that abandoned it or puts it back; where another has taken it meanwhile, nothing changes.
        advanced: the worker puts it back after progress, which does not count as a failed attempt.
    """
    values: dict[str, Any] = {"status": "en_attente", "leased_by": None, "leased_until": None}
    if advanced:
        values["attempts"] = 0
    connection.execute(
        update(jobs)
        .where(jobs.c.id == job_id, jobs.c.status == "en_cours", jobs.c.leased_by == worker)
        .values(**values)
    )


def end(
    connection: Connection,
    job_id: int,
    worker: str | None,
    *,
    status: str,
    now: datetime,
    result: dict[str, Any] | None = None,
    error: str | None = None,
) -> None:
    """Close a job that ``worker`` holds; where another has taken it meanwhile, nothing changes."""
    connection.execute(
        update(jobs)
        .where(jobs.c.id == job_id, jobs.c.leased_by == worker)
        .values(status=status, finished_at=now, result=result, error=error, leased_until=None)
    )


def beat(connection: Connection, worker: str, now: datetime) -> None:
    """Record that a worker lives, and prolong its leases."""
    for dialect in (sqlite, postgresql):
        if connection.dialect.name == dialect.dialect.name:
            row = dialect.insert(workers).values(name=worker, started_at=now, seen_at=now)
            connection.execute(
                row.on_conflict_do_update(index_elements=[workers.c.name], set_={"seen_at": now})
            )
    connection.execute(
        update(jobs)
        .where(jobs.c.leased_by == worker, jobs.c.status == "en_cours")
        .values(leased_until=now + LEASE)
    )
    leases.prolong(connection, worker, now, LEASE)


def leave(connection: Connection, worker: str) -> None:
    """Delete a worker that ends by itself; a killed worker stays, so that its silence shows."""
    connection.execute(delete(workers).where(workers.c.name == worker))


def last_seen(connection: Connection) -> datetime | None:
    """Return when a worker last recorded that it lives; None where none ever did."""
    return connection.scalar(select(workers.c.seen_at).order_by(workers.c.seen_at.desc()).limit(1))
