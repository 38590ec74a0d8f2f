"""SQLite's query plans."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from api.storage.shared.database import Database


@contextmanager
def plans_of(database: Database) -> Iterator[list[list[str]]]:
    """Collect the plan of each SELECT that the block executes, as a list of steps."""
    plans: list[list[str]] = []

    def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            raw = connection.connection.cursor()
            plans.append([step[3] for step in raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)])
            raw.close()

    event.listen(database.engine, "before_cursor_execute", explain)
    try:
        yield plans
    finally:
        event.remove(database.engine, "before_cursor_execute", explain)
