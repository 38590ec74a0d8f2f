"""Idempotency keys: the answer to each key, or the work under way for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from api.storage.tables import intake_keys

KEPT = timedelta(days=30)
ABANDONED = timedelta(minutes=5)  # an answer takes seconds: after this long its process is gone


class Key(NamedTuple):
    """Who sent which ``Idempotency-Key``."""

    principal: str
    text: str


class Held(NamedTuple):
    """A key in use: the hash of its body, and its answer or the job that makes the answer."""

    sha256: str
    created_at: datetime
    job: int | None
    answer: dict[str, Any] | None


def claim(connection: Connection, key: Key, sha256: str, now: datetime) -> Held | None:
    """Take a key for the caller and return None; return what it holds where it was used before.

    Keys older than :data:`KEPT` are deleted first. A key whose work was abandoned can be taken again.
    """
    table = intake_keys.c
    connection.execute(delete(intake_keys).where(table.created_at < now - KEPT))
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    claimed = insert(intake_keys).values(principal=key.principal, key=key.text, sha256=sha256, created_at=now)
    abandoned = (
        table.answer.is_(None)
        & table.job.is_(None)
        & (table.created_at < now - ABANDONED)
        & (table.sha256 == sha256)
    )
    mine = connection.execute(
        claimed.on_conflict_do_update(
            index_elements=[table.principal, table.key], set_={"created_at": now}, where=abandoned
        ).returning(table.key)
    ).first()
    if mine is not None:
        return None
    row = connection.execute(
        select(table.sha256, table.created_at, table.job, table.answer).where(*_is(key))
    ).one()
    return Held(*row)


def settle(
    connection: Connection, key: Key, *, job: int | None = None, answer: Mapping[str, Any] | None = None
) -> None:
    """Store what the key answers from now on."""
    connection.execute(update(intake_keys).where(*_is(key)).values(job=job, answer=answer))


def forget(connection: Connection, key: Key) -> None:
    """Free a key whose work did nothing."""
    connection.execute(delete(intake_keys).where(*_is(key)))


def _is(key: Key) -> tuple[Any, Any]:
    return intake_keys.c.principal == key.principal, intake_keys.c.key == key.text
