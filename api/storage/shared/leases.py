"""Leases: work that one worker at a time may do; a lease ends by itself when its holder dies."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, or_, update
from sqlalchemy.dialects import postgresql, sqlite

from api.storage.tables import leases


def take(connection: Connection, name: str, holder: str, now: datetime, length: timedelta) -> bool:
    """Take a lease until ``now + length``; return False where somebody else holds it.

    Args:
        connection: to write with.
        name: of the lease.
        holder: who asks; its own lease is prolonged.
        now: the present instant of the real clock.
        length: after which the lease ends unless :func:`prolong` is called.
    """
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    lease = insert(leases).values(name=name, holder=holder, until=now + length)
    free = or_(leases.c.holder == holder, leases.c.until < now)
    taken = connection.execute(
        lease.on_conflict_do_update(
            index_elements=[leases.c.name],
            set_={"holder": lease.excluded.holder, "until": lease.excluded.until},
            where=free,
        ).returning(leases.c.name)
    )
    return taken.first() is not None


def prolong(connection: Connection, holder: str, now: datetime, length: timedelta) -> None:
    """Prolong every lease that a holder still has."""
    connection.execute(
        update(leases).where(leases.c.holder == holder, leases.c.until >= now).values(until=now + length)
    )


def release(connection: Connection, name: str, holder: str) -> None:
    """End a lease of this holder."""
    connection.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))
