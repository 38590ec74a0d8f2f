"""The names of the living park's turbines."""

from __future__ import annotations

from sqlalchemy import Connection, select

from api.storage.tables import turbines


def living_names(connection: Connection, source: str) -> frozenset[str]:
    """Return the identifiers of the living turbines that come from a source."""
    query = select(turbines.c.turbine_id).where(turbines.c.source == source, turbines.c.archived_at.is_(None))
    return frozenset(connection.scalars(query))
