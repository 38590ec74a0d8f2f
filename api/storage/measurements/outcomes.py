"""What was observed after measurements; what a correction replaces is kept beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Integer, insert, select, update

from api.storage.shared.bulk import driver_instant, given_rows, insert_rows
from api.storage.tables import outcome_versions, outcomes

_FACTS = ("measurement", "failure_within_7d", "time_to_failure_days", "recorded_at", "source", "import_id")


class Outcome(NamedTuple):
    """What was observed after a measurement; None is not known yet."""

    measurement: int
    failure_within_7d: bool | None
    time_to_failure_days: float | None


class Origin(NamedTuple):
    """Where outcomes come from: the source, the import that brought them (None: a person), when, by whom."""

    source: str
    import_id: int | None
    at: datetime
    by: str


def known_outcomes(connection: Connection, ids: Sequence[int]) -> dict[int, Outcome]:
    """What was already observed after these measurements, by measurement."""
    if not ids:
        return {}
    given, (wanted,) = given_rows(connection, [(key,) for key in ids], (Integer(),))
    table = outcomes.c
    found = connection.execute(
        select(table.measurement, table.failure_within_7d, table.time_to_failure_days).select_from(
            given.join(outcomes, table.measurement == wanted)
        )
    )
    return {row.measurement: Outcome(*row) for row in found}


def add_outcomes(connection: Connection, rows: Iterable[Outcome], origin: Origin) -> None:
    """Store outcomes of measurements that have none."""
    at = driver_instant(connection, origin.at)
    insert_rows(connection, outcomes, _FACTS, [(*row, at, origin.source, origin.import_id) for row in rows])


def replace_outcomes(
    connection: Connection, rows: Iterable[Outcome], origin: Origin, *, keep_versions: bool
) -> None:
    """Replace outcomes by newer ones.

    Args:
        connection: to write with.
        rows: the new outcomes, of measurements that have one.
        origin: of the new ones.
        keep_versions: write down what they were; False where a missing label is only filled in.
    """
    for row in rows:
        mine = outcomes.c.measurement == row.measurement
        if keep_versions:
            old = (
                connection.execute(select(*(outcomes.c[name] for name in _FACTS)).where(mine))
                .mappings()
                .one()
            )
            connection.execute(
                insert(outcome_versions).values(**old, replaced_at=origin.at, replaced_by=origin.by)
            )
        connection.execute(
            update(outcomes)
            .where(mine)
            .values(
                failure_within_7d=row.failure_within_7d,
                time_to_failure_days=row.time_to_failure_days,
                source=origin.source,
                recorded_at=origin.at,
                import_id=origin.import_id,
            )
        )
