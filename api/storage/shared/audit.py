"""All SQL of the audit trail: appended to, read, never changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, update

from api.domain.shared.audit_chain import GENESIS, Entry, canonical
from api.storage.tables import audit_head as head
from api.storage.tables import audit_trail as t

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
    """Add one entry at the end of the chain; the caller holds the lock that lets one writer pass."""
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
    connection.execute(insert(t).values(**values))
    newest = {"entry": values["id"], "hash": values["hash"]}
    if end is None:
        connection.execute(insert(head).values(id=1, **newest))
    else:
        connection.execute(update(head).values(**newest))
    return Entry(**values)


def end_of(connection: Connection) -> tuple[int, str] | None:
    """Number and hash of the last entry; None before the first."""
    row = connection.execute(select(head.c.entry, head.c.hash)).one_or_none()
    return None if row is None else (row.entry, row.hash)


def every_entry(connection: Connection) -> Iterator[Entry]:
    """The whole trail by number, read in pieces."""
    last = None
    while True:
        query = select(t).order_by(t.c.id).limit(_CHUNK)
        rows = connection.execute(query if last is None else query.where(t.c.id > last)).all()
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
        """The filter in SQL."""
        exact = (
            (t.c.actor, self.actor),
            (t.c.action, self.action),
            (t.c.object_kind, self.object_kind),
            (t.c.object_id, self.object_id),
        )
        found: list[ColumnElement[bool]] = [column == value for column, value in exact if value is not None]
        if self.since is not None:
            found.append(t.c.at >= self.since)
        if self.until is not None:
            found.append(t.c.at < self.until)
        return found


def page(connection: Connection, where: TrailFilter, limit: int, offset: int) -> tuple[int, list[Row[Any]]]:
    """How many entries match, and one page of them, newest first."""
    wanted = where.conditions()
    total = connection.scalar(select(func.count()).select_from(t).where(*wanted)) or 0
    query = select(t).where(*wanted).order_by(t.c.id.desc()).limit(limit).offset(offset)
    return total, list(connection.execute(query))
