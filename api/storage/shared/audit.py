"""All SQL of the audit trail: entries are appended and read, never changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, update

from api.domain.shared.audit_chain import GENESIS, Entry, canonical
from api.storage.tables import audit_head, audit_trail

_CHUNK = 1_000


def append(
    connection: Connection,
    *,
    at: datetime,
    actor: str,
    action: str,
    object_kind: str,
    object_id: str,
    details: Mapping[str, Any],
) -> Entry:
    """Add one entry at the end of the chain; the caller holds the lock that admits one writer."""
    end = end_of(connection)
    number, last = end if end is not None else (0, GENESIS)
    bare = Entry(
        id=number + 1,
        at=at,
        actor=actor,
        action=action,
        object_kind=object_kind,
        object_id=object_id,
        details=canonical(details),
        previous_hash=last,
    )
    values = {**asdict(bare), "hash": bare.computed()}
    connection.execute(insert(audit_trail).values(**values))
    newest = {"entry": values["id"], "hash": values["hash"]}
    if end is None:
        connection.execute(insert(audit_head).values(id=1, **newest))
    else:
        connection.execute(update(audit_head).values(**newest))
    return Entry(**values)


def end_of(connection: Connection) -> tuple[int, str] | None:
    """Return the number and hash of the last entry; None before the first."""
    row = connection.execute(select(audit_head.c.entry, audit_head.c.hash)).one_or_none()
    return None if row is None else (row.entry, row.hash)


def every_entry(connection: Connection) -> Iterator[Entry]:
    """Yield the whole trail by number, read chunk by chunk."""
    last = None
    while True:
        query = select(audit_trail).order_by(audit_trail.c.id).limit(_CHUNK)
        rows = connection.execute(query if last is None else query.where(audit_trail.c.id > last)).all()
        yield from (Entry(**row._mapping) for row in rows)
        if len(rows) < _CHUNK:
            return
        last = rows[-1].id


@dataclass(frozen=True)
class TrailFilter:
    """Which entries to keep; None keeps all.

    Args:
        actor: exact identifier.
        action: exact word.
        object_kind: exact word.
        object_id: exact identifier.
        since: earliest instant.
        until: first instant that is too late.
    """

    actor: str | None = None
    action: str | None = None
    object_kind: str | None = None
    object_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the filter in SQL."""
        exact = (
            (audit_trail.c.actor, self.actor),
            (audit_trail.c.action, self.action),
            (audit_trail.c.object_kind, self.object_kind),
            (audit_trail.c.object_id, self.object_id),
        )
        clauses: list[ColumnElement[bool]] = [column == value for column, value in exact if value is not None]
        if self.since is not None:
            clauses.append(audit_trail.c.at >= self.since)
        if self.until is not None:
            clauses.append(audit_trail.c.at < self.until)
        return clauses


def page(connection: Connection, where: TrailFilter, limit: int, offset: int) -> tuple[int, list[Row[Any]]]:
    """Return how many entries match, and one page of them, newest first."""
    conditions = where.conditions()
    total = connection.scalar(select(func.count()).select_from(audit_trail).where(*conditions)) or 0
    query = (
        select(audit_trail).where(*conditions).order_by(audit_trail.c.id.desc()).limit(limit).offset(offset)
    )
    return total, list(connection.execute(query))
