"""Idempotency keys: what was answered to a key, or what is being done under it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from api.storage.tables import intake_keys

KEPT = timedelta(days=30)
ABANDONED = timedelta(minutes=5)  # what is answered at once takes seconds; older, its process is gone


class Key(NamedTuple):
    """Who sent which ``Idempotency-Key``."""

    principal: str
    text: str


class Held(NamedTuple):
    """What stands under a key: the body it came with, and its answer or the job that makes it."""

    sha256: str
    created_at: datetime
    job: int | None
    answer: dict[str, Any] | None


def claim(connection: Connection, key: Key, sha256: str, now: datetime) -> Held | None:
    """Begin under a key; what stands under it where it was used before, None where it is now the caller's.

    Keys older than :data:`KEPT` are forgotten on the way. One whose work was abandoned is given again.
    """
    table = intake_keys.c
    connection.execute(delete(intake_keys).where(table.created_at < now - KEPT))
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    row = insert(intake_keys).values(principal=key.principal, key=key.text, sha256=sha256, created_at=now)
    abandoned = (
        table.answer.is_(None)
        & table.job.is_(None)
        & (table.created_at < now - ABANDONED)
        & (table.sha256 == sha256)
    )
    mine = connection.execute(
        row.on_conflict_do_update(
            index_elements=[table.principal, table.key], set_={"created_at": now}, where=abandoned
        ).returning(table.key)
    ).first()
    if mine is not None:
        return None
    found = connection.execute(
        select(table.sha256, table.created_at, table.job, table.answer).where(*_is(key))
    ).one()
    return Held(*found)


def settle(
    connection: Connection, key: Key, *, job: int | None = None, answer: Mapping[str, Any] | None = None
) -> None:
    """Keep what the key answers from now on."""
    connection.execute(update(intake_keys).where(*_is(key)).values(job=job, answer=answer))


def forget(connection: Connection, key: Key) -> None:
    """Free a key under which nothing was done."""
    connection.execute(delete(intake_keys).where(*_is(key)))


def _is(key: Key) -> tuple[Any, Any]:
    return intake_keys.c.principal == key.principal, intake_keys.c.key == key.text
