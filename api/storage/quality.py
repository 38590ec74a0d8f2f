"""Published scores beside the outcomes observed since, read some turbines at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from api.storage.shared.database import Database
from api.storage.tables import imports, measurements, outcomes, scores, turbines

# The most scores in memory at once.
ROWS_AT_ONCE = 20_000
AnyRow = Row[Any]


def scored_turbines(connection: Connection) -> list[tuple[int, str]]:
    """Return key and identifier of every turbine of the living park, by key."""
    query = select(turbines.c.id, turbines.c.turbine_id).where(turbines.c.archived_at.is_(None))
    return [(row.id, row.turbine_id) for row in connection.execute(query.order_by(turbines.c.id))]


def scores_of_turbines(run_ids: Sequence[int], first: int, last: int) -> Select[Any]:
    """Return the query for scores of turbines between two keys, with measurement and outcome, by turbine."""
    return (
        select(
            scores.c.turbine,
            scores.c.run,
            scores.c.measurement,
            scores.c.measured_on,
            scores.c.level,
            scores.c.probability,
            scores.c.days_left,
            scores.c.days_low,
            scores.c.days_high,
            measurements.c.identity,
            imports.c.sha256,
            outcomes.c.failure_within_7d,
            outcomes.c.time_to_failure_days,
            outcomes.c.source,
        )
        .select_from(scores)
        .outerjoin(measurements, measurements.c.id == scores.c.measurement)
        .outerjoin(imports, imports.c.id == measurements.c.import_id)
        # What was observed after a row that a person took out proves nothing.
        .outerjoin(
            outcomes,
            (outcomes.c.measurement == scores.c.measurement) & measurements.c.withdrawal.is_(None),
        )
        .where(scores.c.run.in_(run_ids), scores.c.turbine.between(first, last))
        .order_by(scores.c.turbine)
    )


def observed_scores(
    database: Database, run_ids: Sequence[int], park: Sequence[tuple[int, str]]
) -> Iterator[tuple[str, list[AnyRow]]]:
    """Yield each turbine with its scores in those runs; a turbine without a score is left out.

    Args:
        database: read in short transactions, so that no write waits for a long answer.
        run_ids: published runs, one a day.
        park: what :func:`scored_turbines` returns.
    """
    step = max(1, ROWS_AT_ONCE // max(len(run_ids), 1))
    for start in range(0, len(park) if run_ids else 0, step):
        chunk = dict(park[start : start + step])
        with database.read() as connection:
            chunk_rows = connection.execute(scores_of_turbines(run_ids, min(chunk), max(chunk))).all()
        by_turbine: dict[int, list[AnyRow]] = {}
        for row in chunk_rows:
            by_turbine.setdefault(row.turbine, []).append(row)
        for key, rows in by_turbine.items():
            if key in chunk:
                yield chunk[key], rows
