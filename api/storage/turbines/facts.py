"""The facts of a turbine that people enter, with their last author."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, update

from api.storage.tables import turbines


def change(
    connection: Connection, turbine: int, facts: Mapping[str, Any], *, by: str, now: datetime, version: int
) -> None:
    """Set columns of a turbine, by its key."""
    changed = {**facts, "changed_by": by, "changed_at": now, "version": version}
    connection.execute(update(turbines).where(turbines.c.id == turbine).values(**changed))
