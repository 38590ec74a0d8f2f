"""The crews and figures last used to plan a week."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from api.storage.tables import week_plan_inputs

_ROW = 1


def inputs(connection: Connection) -> Row[Any] | None:
    """What was last used, None before the first plan."""
    return connection.execute(select(week_plan_inputs).where(week_plan_inputs.c.id == _ROW)).one_or_none()


def remember(connection: Connection, values: Mapping[str, Any], *, by: str, now: datetime) -> None:
    """Keep what was used, in place of the former."""
    connection.execute(delete(week_plan_inputs).where(week_plan_inputs.c.id == _ROW))
    connection.execute(
        insert(week_plan_inputs).values(id=_ROW, inputs=dict(values), saved_at=now, saved_by=by)
    )
