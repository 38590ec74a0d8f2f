"""What ingestion writes: turbines, measurements, outcomes, planned visits, and the import that brought them.

All functions work inside the caller's transaction, which must hold :meth:`Database.lock` on ``LOCK``: ids of
one writer are then contiguous, and what was looked up stays true until the commit.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    FromClause,
    Integer,
    String,
    bindparam,
    cast,
    func,
    insert,
    select,
    type_coerce,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from api.storage.tables import imports, measurements, outcomes, planned_visits, turbines

LOCK = "ingestion"


class NewMeasurement(NamedTuple):
    """One row of ``measurements`` to be."""

    turbine: int
    measured_on: date
    measured_at: datetime | None
    values: Mapping[str, float | int]
    identity: str


class KnownMeasurement(NamedTuple):
    """A measurement that is already stored; ``import_id`` is None where its import never finished."""

    id: int
    import_id: int | None


class Outcome(NamedTuple):
    """What was observed after a measurement; None is not known yet."""

    measurement: int
    failure_within_7d: bool | None
    time_to_failure_days: float | None


class PlannedVisit(NamedTuple):
    """A visit planned for a turbine, as it was known on a day; the technician is a pseudonym."""

    turbine: int
    planned_on: date
    known_on: date
    technician: str | None


class IdRange(NamedTuple):
    """Measurement ids from ``first`` to ``last``, both included."""

    first: int
    last: int


def living_sources(connection: Connection) -> set[str]:
    """Where the turbines of the living park come from."""
    return set(
        connection.scalars(select(turbines.c.source).where(turbines.c.archived_at.is_(None)).distinct())
    )


def archive_turbines(connection: Connection, source: str, now: datetime) -> None:
    """Put the living turbines of a source aside, with all that was measured on them."""
    connection.execute(
        update(turbines)
        .where(turbines.c.source == source, turbines.c.archived_at.is_(None))
        .values(archived_at=now)
    )


def ensure_turbines(
    connection: Connection, wanted: Collection[str], source: str, now: datetime
) -> tuple[dict[str, int], int]:
    """Keys of living turbines, created where unknown.

    Returns:
        Key by canonical identifier, and how many were created.
    """
    known = _turbine_keys(connection, wanted)
    unknown = [name for name in wanted if name not in known]
    if unknown:
        connection.execute(
            insert(turbines), [{"turbine_id": name, "source": source, "created_at": now} for name in unknown]
        )
        known.update(_turbine_keys(connection, unknown))
    return known, len(unknown)


def describe_turbines(
    connection: Connection, described: Mapping[str, Mapping[str, Any]], source: str, now: datetime
) -> tuple[int, int]:
    """Set the facts told of living turbines, created where unknown.

    Args:
        connection: to write with.
        described: columns of ``turbines`` and their values by canonical identifier; others stay as they are.
        source: of the turbines that are created.
        now: the present instant.

    Returns:
        How many were created, and how many others changed.
    """
    found = connection.execute(
        select(turbines).where(turbines.c.archived_at.is_(None), turbines.c.turbine_id.in_(described))
    )
    before = {row["turbine_id"]: row for row in found.mappings()}
    keys, created = ensure_turbines(connection, described, source, now)
    changed = 0
    for name, facts in described.items():
        old = before.get(name)
        news = facts if old is None else {key: value for key, value in facts.items() if old[key] != value}
        if news:
            connection.execute(update(turbines).where(turbines.c.id == keys[name]).values(**news))
            changed += old is not None
    return created, changed


def known_measurements(
    connection: Connection, keys: Sequence[tuple[int, str]]
) -> dict[str, KnownMeasurement]:
    """Which of these (turbine key, row identity) are stored already, by identity."""
    if not keys:
        return {}
    given, (turbine, identity) = _given(connection, keys, (Integer(), String()))
    found = connection.execute(
        select(measurements.c.identity, measurements.c.id, measurements.c.import_id).select_from(
            given.join(
                measurements, (measurements.c.turbine == turbine) & (measurements.c.identity == identity)
            )
        )
    )
    return {row.identity: KnownMeasurement(row.id, row.import_id) for row in found}


def add_measurements(
    connection: Connection, rows: Sequence[NewMeasurement], source: str
) -> tuple[dict[str, int], IdRange | None]:
    """Store rows that are known to be new.

    Returns:
        Id by identity, and the range of the ids.
    """
    if not rows:
        return {}, None
    before = connection.scalar(select(func.coalesce(func.max(measurements.c.id), 0)))
    connection.execute(insert(measurements), [{**row._asdict(), "source": source} for row in rows])
    stored = connection.execute(
        select(measurements.c.identity, measurements.c.id).where(measurements.c.id > before)
    )
    ids = {row.identity: row.id for row in stored}
    return ids, IdRange(min(ids.values()), max(ids.values()))


def known_outcomes(connection: Connection, ids: Sequence[int]) -> dict[int, Outcome]:
    """What was already observed after these measurements, by measurement."""
    if not ids:
        return {}
    found = connection.execute(
        select(outcomes.c.measurement, outcomes.c.failure_within_7d, outcomes.c.time_to_failure_days).where(
            outcomes.c.measurement.in_(ids)
        )
    )
    return {row.measurement: Outcome(*row) for row in found}


def add_outcomes(connection: Connection, rows: Iterable[Outcome], source: str, now: datetime) -> None:
    """Store outcomes of measurements that have none."""
    if new := [{**row._asdict(), "source": source, "recorded_at": now} for row in rows]:
        connection.execute(insert(outcomes), new)


def complete_outcomes(connection: Connection, rows: Iterable[Outcome], source: str, now: datetime) -> None:
    """Replace outcomes that lacked a label by the complete ones."""
    changed = [
        {"key": row.measurement, "failure": row.failure_within_7d, "days": row.time_to_failure_days}
        for row in rows
    ]
    if changed:
        connection.execute(
            update(outcomes)
            .where(outcomes.c.measurement == bindparam("key"))
            .values(
                failure_within_7d=bindparam("failure"),
                time_to_failure_days=bindparam("days"),
                source=source,
                recorded_at=now,
            ),
            changed,
        )


def add_planned_visits(connection: Connection, visits: Iterable[PlannedVisit], source: str) -> int:
    """Store the visits that are not known yet; returns how many.

    A unique constraint takes two missing technicians for different ones, so the comparison is made here.
    """
    wanted = dict.fromkeys(visits)
    if not wanted:
        return 0
    days = [(visit.turbine, visit.planned_on.isoformat(), visit.known_on.isoformat()) for visit in wanted]
    given, (turbine, planned_on, known_on) = _given(connection, days, (Integer(), Date(), Date()))
    table = planned_visits.c
    found = connection.execute(
        select(table.turbine, table.planned_on, table.known_on, table.technician).select_from(
            given.join(
                planned_visits,
                (table.turbine == turbine) & (table.planned_on == planned_on) & (table.known_on == known_on),
            )
        )
    )
    for row in found:
        wanted.pop(PlannedVisit(*row), None)
    if wanted:
        connection.execute(insert(planned_visits), [{**v._asdict(), "source": source} for v in wanted])
    return len(wanted)


def add_import(connection: Connection, facts: Mapping[str, Any], brought: Iterable[IdRange]) -> int:
    """Record a finished import and sign the measurements that it brought.

    Args:
        connection: of the import's last transaction.
        facts: the columns of ``imports``.
        brought: ids of measurements that no finished import has brought before.

    Returns:
        The import's id.
    """
    key: int = connection.execute(insert(imports).values(**facts).returning(imports.c.id)).scalar_one()
    signed = [{"low": span.first, "high": span.last} for span in brought]
    if signed:
        connection.execute(
            update(measurements)
            .where(measurements.c.id.between(bindparam("low"), bindparam("high")))
            .where(measurements.c.import_id.is_(None))
            .values(import_id=key),
            signed,
        )
    return key


def _turbine_keys(connection: Connection, wanted: Collection[str]) -> dict[str, int]:
    found = connection.execute(
        select(turbines.c.turbine_id, turbines.c.id).where(
            turbines.c.archived_at.is_(None), turbines.c.turbine_id.in_(wanted)
        )
    )
    return {row.turbine_id: row.id for row in found}


def _given(
    connection: Connection, rows: Sequence[Sequence[object]], types: Sequence[Integer | String | Date]
) -> tuple[FromClause, list[ColumnElement[Any]]]:
    """Tuples from Python as a table to join with.

    One JSON text carries them: a row-value ``IN`` makes SQLite scan the whole index, and thousands of bound
    values cost more to compile than to look up.
    """
    text = bindparam("given_rows", json.dumps(rows), String())
    if connection.dialect.name == "sqlite":
        table = func.json_each(text).table_valued("value", name="given")
        return table, [
            type_coerce(func.json_extract(table.c.value, f"$[{index}]"), kind)
            for index, kind in enumerate(types)
        ]
    table = func.jsonb_array_elements(cast(text, JSONB)).table_valued("value", name="given")
    return table, [
        cast(func.jsonb_extract_path_text(table.c.value, str(index)), kind)
        for index, kind in enumerate(types)
    ]
