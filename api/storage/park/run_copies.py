"""Copies of a published run under earlier days: years of history for the bench."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import Connection, Date, func, insert, literal, select

from api.storage.tables import park_changes, run_summaries, runs, scores


def lay_down(connection: Connection, run_id: int, days: Iterable[date]) -> int:
    """Copy a run, its scores and its changes to each of ``days``.

    The rows never leave the database, so that millions of them take seconds.

    Args:
        connection: inside the caller's transaction.
        run_id: number of a published run.
        days: earlier days without a published run.

    Returns:
        Number of scores added.
    """
    columns = [column for column in runs.c if column.name not in {"id", "as_of", "kind"}]
    added = 0
    for day in days:
        copied: list[object] = [literal(day, Date), literal("reprise"), *columns]
        source = select(*copied).where(runs.c.id == run_id)  # type: ignore[call-overload]
        names = ["as_of", "kind", *(column.name for column in columns)]
        connection.execute(insert(runs).from_select(names, source))
        number = connection.scalar(select(func.max(runs.c.id)))
        for table in (scores, park_changes, run_summaries):
            kept = [column for column in table.c if column.name != "run"]
            rows = select(literal(number), *kept).where(table.c.run == run_id)
            done = connection.execute(insert(table).from_select(["run", *(c.name for c in kept)], rows))
            added += done.rowcount if table is scores else 0
    return added
