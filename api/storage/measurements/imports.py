"""Writing the log of imports: a row at the start, completed at the end, so that an interruption shows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select, update

from api.storage.tables import imports


class ImportStatus(StrEnum):
    """How far an import is. A killed import stays ``en_cours`` until its file is imported again.

    ``refuse``: nothing of the file could be taken. ``annule``: a person undid it.
    """

    EN_COURS = "en_cours"
    TERMINE = "termine"
    INTERROMPU = "interrompu"
    REFUSE = "refuse"
    ANNULE = "annule"


def start(connection: Connection, facts: Mapping[str, Any]) -> int:
    """Record the start of an import and return its id; ``facts`` has all columns but status, report, end."""
    statement = insert(imports).values(**facts, status=ImportStatus.EN_COURS)
    key: int = connection.execute(statement.returning(imports.c.id)).scalar_one()
    return key


def finish(
    connection: Connection,
    key: int,
    report: Mapping[str, Any],
    at: datetime,
    status: ImportStatus = ImportStatus.TERMINE,
) -> None:
    """Record the end of an import; earlier imports of the same file that never ended become interrupted."""
    ending = update(imports).where(imports.c.id == key)
    connection.execute(ending.values(status=status, report=dict(report), finished_at=at))
    sha256 = select(imports.c.sha256).where(imports.c.id == key).scalar_subquery()
    connection.execute(
        update(imports)
        .where(imports.c.sha256 == sha256, imports.c.status == ImportStatus.EN_COURS, imports.c.id < key)
        .values(status=ImportStatus.INTERROMPU)
    )


def interrupt(connection: Connection, key: int) -> None:
    """Record that an import ended before its file did."""
    connection.execute(update(imports).where(imports.c.id == key).values(status=ImportStatus.INTERROMPU))


def was_finished(connection: Connection, sha256: str) -> bool:
    """Tell whether a file of this content was imported to its end."""
    query = select(imports.c.id).where(imports.c.sha256 == sha256, imports.c.status == ImportStatus.TERMINE)
    return connection.scalar(query.limit(1)) is not None


def undo(connection: Connection, key: int) -> None:
    """Record that a person undid an import; its report stays."""
    connection.execute(update(imports).where(imports.c.id == key).values(status=ImportStatus.ANNULE))


def any_finished(connection: Connection) -> bool:
    """Tell whether any import ended."""
    query = select(imports.c.id).where(imports.c.status == ImportStatus.TERMINE)
    return connection.scalar(query.limit(1)) is not None


def report_of(connection: Connection, key: int) -> dict[str, Any] | None:
    """Return the stored report of an import; None where there is none."""
    report: dict[str, Any] | None = connection.scalar(select(imports.c.report).where(imports.c.id == key))
    return report
