"""What the values of measurements rest on, where ten-minute records were joined into days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, update

from api.storage.tables import measurements


def add_basis(connection: Connection, rows: Sequence[tuple[int, Mapping[str, Any]]]) -> None:
    """Set the basis of stored measurements, by id: the counts of the records joined into a day."""
    if rows:
        statement = update(measurements).where(measurements.c.id == bindparam("key"))
        connection.execute(
            statement.values(basis=bindparam("basis")),
            [{"key": key, "basis": dict(basis)} for key, basis in rows],
        )
