"""Reading the log of imports: what each file brought. An import that has not ended has no report."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, exists, func, select

from api.storage.tables import imports


class StoredImport(NamedTuple):
    """One import; ``report`` and ``finished_at`` are None until it ends."""

    id: int
    filename: str
    sha256: str
    source: str
    status: str
    report: dict[str, Any] | None
    imported_by: str
    started_at: datetime
    finished_at: datetime | None


_COLUMNS = (
    imports.c.id,
    imports.c.filename,
    imports.c.sha256,
    imports.c.source,
    imports.c.status,
    imports.c.report,
    imports.c.imported_by,
    imports.c.started_at,
    imports.c.finished_at,
)


def newest(connection: Connection, limit: int, offset: int = 0) -> tuple[int, list[StoredImport]]:
    """Return how many imports there are, and one page of them, newest first."""
    total = connection.scalar(select(func.count()).select_from(imports)) or 0
    query = select(*_COLUMNS).order_by(imports.c.id.desc()).limit(limit).offset(offset)
    return total, [StoredImport(*row) for row in connection.execute(query)]


def by_key(connection: Connection, key: int) -> StoredImport | None:
    """Return one import; None where there is none."""
    row = connection.execute(select(*_COLUMNS).where(imports.c.id == key)).one_or_none()
    return None if row is None else StoredImport(*row)


def refused_since(connection: Connection, since: datetime) -> list[StoredImport]:
    """Return the refused imports since an instant, newest first, without those that a later file mended."""
    later = imports.alias("later")
    mended = exists().where(
        later.c.filename == imports.c.filename, later.c.id > imports.c.id, later.c.status != "en_cours"
    )
    query = select(*_COLUMNS).where(imports.c.status == "refuse", imports.c.started_at >= since, ~mended)
    return [StoredImport(*row) for row in connection.execute(query.order_by(imports.c.id.desc()))]


def counts_by_status(connection: Connection) -> dict[str, int]:
    """Return how many imports ended in each way, or have not ended."""
    query = select(imports.c.status, func.count()).group_by(imports.c.status)
    return {row[0]: row[1] for row in connection.execute(query)}


def last_ended(connection: Connection) -> int:
    """Return the number of the last import that ended; 0 where none did."""
    return connection.scalar(select(func.max(imports.c.id)).where(imports.c.finished_at.is_not(None))) or 0


def last_from(connection: Connection, source: str) -> datetime | None:
    """Return when the last import of rows of this source ended; None where there was none."""
    return connection.scalar(
        select(imports.c.finished_at)
        .where(imports.c.source == source, imports.c.finished_at.is_not(None))
        .order_by(imports.c.id.desc())
        .limit(1)
    )
