"""Writing turbines and measurements.

All functions work inside the caller's transaction. It must hold :meth:`Database.lock` on ``LOCK``, so that
no other import changes what was read before the commit.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Date, Integer, String, delete, func, insert, literal, select, update

from api.storage.shared.bulk import driver_day, driver_instant, insert_rows, rows_as_table
from api.storage.tables import (
    measurement_versions,
    measurements,
    publication,
    runs,
    turbines,
    withdrawals,
)

LOCK = "ingestion"


class NewMeasurement(NamedTuple):
    """A row to insert into ``measurements``; ``values`` is canonical JSON with ``value_count`` sensors."""

    turbine: int
    measured_on: date
    measured_at: datetime | None
    values: str
    value_count: int
    identity: str


class KnownMeasurement(NamedTuple):
    """A stored measurement, how many sensors it has, and the withdrawal that took it out, if any."""

    id: int
    value_count: int
    withdrawal: int | None


class PoorerMeasurement(NamedTuple):
    """A stored measurement with fewer sensors than a row of a file."""

    id: int
    turbine: int
    measured_on: date
    measured_at: datetime | None
    values: dict[str, float]


def living_sources(connection: Connection) -> set[str]:
    """Return the sources of the living park's turbines."""
    return set(
        connection.scalars(select(turbines.c.source).where(turbines.c.archived_at.is_(None)).distinct())
    )


def any_living(connection: Connection, source: str) -> bool:
    """Tell whether a turbine of the living park comes from a source."""
    query = select(turbines.c.id).where(turbines.c.source == source, turbines.c.archived_at.is_(None))
    return connection.scalar(query.limit(1)) is not None


def archived_at(connection: Connection, source: str) -> datetime | None:
    """Return when the last turbines of a source left the living park; None where none did."""
    moment: datetime | None = connection.scalar(
        select(turbines.c.archived_at)
        .where(turbines.c.source == source, turbines.c.archived_at.is_not(None))
        .order_by(turbines.c.archived_at.desc())
        .limit(1)
    )
    return moment


def count_living(connection: Connection, source: str) -> int:
    """Count the turbines of the living park that come from a source."""
    query = select(func.count()).where(turbines.c.source == source, turbines.c.archived_at.is_(None))
    return connection.scalar(query) or 0


def archive_park(connection: Connection, source: str, now: datetime) -> None:
    """Archive the living turbines of a source, with their measurements, and every ranking."""
    connection.execute(
        update(turbines)
        .where(turbines.c.source == source, turbines.c.archived_at.is_(None))
        .values(archived_at=now)
    )
    connection.execute(update(runs).where(runs.c.archived_at.is_(None)).values(archived_at=now))
    connection.execute(delete(publication))


def ensure_turbines(
    connection: Connection, wanted: Collection[str], source: str, now: datetime
) -> tuple[dict[str, int], int]:
    """Return the keys of living turbines; create those that are unknown.

    Returns:
        Key by canonical identifier, and how many were created.
    """
    known = turbine_keys(connection, wanted)
    unknown = [name for name in wanted if name not in known]
    if unknown:
        connection.execute(
            insert(turbines), [{"turbine_id": name, "source": source, "created_at": now} for name in unknown]
        )
        known.update(turbine_keys(connection, unknown))
    return known, len(unknown)


def describe_turbines(
    connection: Connection, described: Mapping[str, Mapping[str, Any]], source: str, now: datetime
) -> tuple[int, int]:
    """Set facts of living turbines; create the turbines that are unknown.

    Args:
        connection: to write with.
        described: columns of ``turbines`` to set, by canonical identifier; other columns stay.
        source: source of the turbines that are created.
        now: the present instant.

    Returns:
        How many were created, and how many others changed.
    """
    lookup, (turbine_id,) = rows_as_table(connection, [[name] for name in described], (String(),))
    rows = connection.execute(
        select(turbines).select_from(
            lookup.join(turbines, (turbines.c.turbine_id == turbine_id) & turbines.c.archived_at.is_(None))
        )
    )
    before = {row["turbine_id"]: row for row in rows.mappings()}
    keys, created = ensure_turbines(connection, described, source, now)
    changed = 0
    for name, facts in described.items():
        old = before.get(name)
        changes = facts if old is None else {key: value for key, value in facts.items() if old[key] != value}
        if changes:
            later = {**changes, "version": turbines.c.version + 1}
            connection.execute(update(turbines).where(turbines.c.id == keys[name]).values(**later))
            changed += old is not None
    return created, changed


def last_measurement(connection: Connection) -> int:
    """Return the highest id of a measurement; 0 where there is none."""
    last: int = connection.scalar(select(func.coalesce(func.max(measurements.c.id), 0))) or 0
    return last


def known_measurements(
    connection: Connection, keys: Sequence[tuple[int, str]]
) -> dict[str, KnownMeasurement]:
    """Return the stored measurements among these (turbine key, row identity), by identity."""
    if not keys:
        return {}
    lookup, (turbine, identity) = rows_as_table(connection, keys, (Integer(), String()))
    table = measurements.c
    rows = connection.execute(
        select(table.identity, table.id, table.value_count, table.withdrawal).select_from(
            lookup.join(measurements, (table.turbine == turbine) & (table.identity == identity))
        )
    )
    return {row.identity: KnownMeasurement(row.id, row.value_count, row.withdrawal) for row in rows}


def poorer_measurements(
    connection: Connection, days: Sequence[tuple[int, str]], *, below: int, until: int
) -> list[PoorerMeasurement]:
    """Return the stored measurements of these (turbine key, ISO day) that have fewer sensors.

    Args:
        connection: to read with.
        days: where to look.
        below: number of sensors in the file's row.
        until: highest id to read: a row of the same file is never the poorer form of another.
    """
    lookup, (turbine, day) = rows_as_table(connection, days, (Integer(), Date()))
    table = measurements.c
    undone = select(withdrawals.c.id).where(withdrawals.c.kind == "import")
    rows = connection.execute(
        select(table.id, table.turbine, table.measured_on, table.measured_at, table["values"])
        .select_from(
            lookup.join(
                measurements,
                (table.turbine == turbine) & (table.measured_on == day) & (table.value_count < below),
            )
        )
        # A row that a person took out stays out in its fuller form too; those of an undone import are gone.
        .where(table.id <= until, table.withdrawal.is_(None) | table.withdrawal.not_in(undone))
        .order_by(table.value_count.desc(), table.id)
    )
    return [PoorerMeasurement(*row) for row in rows]


def enrich_measurements(
    connection: Connection, rows: Iterable[tuple[int, NewMeasurement]], import_id: int
) -> None:
    """Replace the values and the identity of stored measurements, by id, by those of their fuller form.

    The former form is kept beside the import that completed it, so that it can be undone.
    """
    table = measurements.c
    names = ["measurement", "values", "value_count", "identity", "import_id"]
    for key, row in rows:
        former = select(table.id, table["values"], table.value_count, table.identity, literal(import_id))
        connection.execute(insert(measurement_versions).from_select(names, former.where(table.id == key)))
        connection.execute(
            update(measurements)
            .where(measurements.c.id == key)
            .values(values=json.loads(row.values), value_count=row.value_count, identity=row.identity)
        )


def add_measurements(
    connection: Connection, rows: Sequence[NewMeasurement], source: str, import_id: int
) -> list[int]:
    """Store rows that are known to be new and return their ids in the same order."""
    if not rows:
        return []
    before = last_measurement(connection)
    insert_rows(
        connection,
        measurements,
        (*NewMeasurement._fields, "source", "import_id"),
        [
            (
                row.turbine,
                driver_day(connection, row.measured_on),
                driver_instant(connection, row.measured_at),
                row.values,
                row.value_count,
                row.identity,
                source,
                import_id,
            )
            for row in rows
        ],
    )
    return list(
        connection.scalars(
            select(measurements.c.id).where(measurements.c.id > before).order_by(measurements.c.id)
        )
    )


def turbine_keys(connection: Connection, wanted: Collection[str]) -> dict[str, int]:
    """Return the keys of the living turbines among these, by canonical identifier."""
    lookup, (turbine_id,) = rows_as_table(connection, [[name] for name in wanted], (String(),))
    rows = connection.execute(
        select(turbines.c.turbine_id, turbines.c.id).select_from(
            lookup.join(turbines, (turbines.c.turbine_id == turbine_id) & turbines.c.archived_at.is_(None))
        )
    )
    return {row.turbine_id: row.id for row in rows}
