"""The model versions taken out: nobody may activate them any more; what past scores rest on stays stored."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from api.storage.tables import model_retirements


def every(connection: Connection) -> dict[tuple[str, int], Row[Any]]:
    """Return each retirement by name and version."""
    return {(row.name, row.version): row for row in connection.execute(select(model_retirements))}


def add(connection: Connection, *, name: str, version: int, by: str, reason: str, now: datetime) -> None:
    """Record that a version is taken out."""
    values = {"name": name, "version": version, "retired_at": now, "retired_by": by, "reason": reason}
    connection.execute(insert(model_retirements).values(**values))
