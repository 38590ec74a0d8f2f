"""The published past days, for a recomputation: their runs and their events."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from api.storage.tables import park_changes, run_summaries, runs


class ShownDay(NamedTuple):
    """The last published run of a day, and the run that its changes compare it with."""

    run: int
    as_of: date
    kind: str
    models: list[dict[str, Any]]
    policy_version: int
    compared_with: int | None


def shown_days(connection: Connection, first: date) -> list[ShownDay]:
    """Return the published days from ``first`` on, oldest first."""
    newest = (
        select(func.max(runs.c.id))
        .where(runs.c.published_at.is_not(None), runs.c.archived_at.is_(None), runs.c.as_of >= first)
        .group_by(runs.c.as_of)
    )
    query = (
        select(
            runs.c.id,
            runs.c.as_of,
            runs.c.kind,
            runs.c.models,
            runs.c.policy_version,
            run_summaries.c.previous,
        )
        .outerjoin(run_summaries, run_summaries.c.run == runs.c.id)
        .where(runs.c.id.in_(newest))
        .order_by(runs.c.as_of)
    )
    return [ShownDay(*row) for row in connection.execute(query)]


def told_levels(connection: Connection, run_id: int) -> set[tuple[Any, ...]]:
    """Return turbine, event and last announced level of each change of a run."""
    table = park_changes.c
    rows = connection.execute(select(table.turbine, table.event, table.told_level).where(table.run == run_id))
    return {tuple(row) for row in rows}
