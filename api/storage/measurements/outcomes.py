"""Outcomes: what was observed after measurements. A correction keeps the outcome that it replaces."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Integer, insert, select, update

from api.storage.shared.bulk import driver_instant, insert_rows, rows_as_table
from api.storage.tables import outcome_versions, outcomes

_FACTS = ("measurement", "failure_within_7d", "time_to_failure_days", "recorded_at", "source", "import_id")


class Outcome(NamedTuple):
    """What was observed after a measurement; None where not known yet."""

    measurement: int
    failure_within_7d: bool | None
    time_to_failure_days: float | None


class Origin(NamedTuple):
    """Where outcomes come from; ``import_id`` is None where a person entered them."""

    source: str
    import_id: int | None
    at: datetime
    by: str


def known_outcomes(connection: Connection, ids: Sequence[int]) -> dict[int, Outcome]:
    """Return the stored outcomes of these measurements, by measurement."""
    if not ids:
        return {}
    lookup, (measurement,) = rows_as_table(connection, [(key,) for key in ids], (Integer(),))
    table = outcomes.c
    rows = connection.execute(
        select(table.measurement, table.failure_within_7d, table.time_to_failure_days).select_from(
            lookup.join(outcomes, table.measurement == measurement)
        )
    )
    return {row.measurement: Outcome(*row) for row in rows}


def add_outcomes(connection: Connection, rows: Iterable[Outcome], origin: Origin) -> None:
    """Store the outcomes of measurements that have none."""
    at = driver_instant(connection, origin.at)
    insert_rows(connection, outcomes, _FACTS, [(*row, at, origin.source, origin.import_id) for row in rows])


def replace_outcomes(connection: Connection, rows: Iterable[Outcome], origin: Origin) -> None:
    """Replace outcomes by newer ones; the replaced ones are kept, so that an import can be undone.

    Args:
        connection: to write with.
        rows: the new outcomes, of measurements that have one.
        origin: where the new ones come from.
    """
    for row in rows:
        stored = outcomes.c.measurement == row.measurement
        query = select(*(outcomes.c[name] for name in _FACTS)).where(stored)
        old = connection.execute(query).mappings().one()
        connection.execute(
            insert(outcome_versions).values(**old, replaced_at=origin.at, replaced_by=origin.by)
        )
        connection.execute(
            update(outcomes)
            .where(stored)
            .values(
                failure_within_7d=row.failure_within_7d,
                time_to_failure_days=row.time_to_failure_days,
                source=origin.source,
                recorded_at=origin.at,
                import_id=origin.import_id,
            )
        )
