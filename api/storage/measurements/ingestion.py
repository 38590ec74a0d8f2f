"""What ingestion writes: turbines, measurements, outcomes, planned visits, and the import that brought them.

All functions work inside the caller's transaction, which must hold :meth:`Database.lock` on ``LOCK``: what
was looked up then stays true until the commit.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Date, Integer, String, delete, func, insert, select, update

from api.storage.shared.bulk import driver_day, driver_instant, given_rows, insert_rows
from api.storage.tables import measurements, planned_visits, publication, runs, turbines

LOCK = "ingestion"


class NewMeasurement(NamedTuple):
    """One row of ``measurements`` to be; ``values`` is canonical JSON, ``value_count`` how many it holds."""

    turbine: int
    measured_on: date
    measured_at: datetime | None
    values: str
    value_count: int
    identity: str


class KnownMeasurement(NamedTuple):
    """A measurement that is already stored, and how many sensors it has."""

    id: int
    value_count: int


class PoorerMeasurement(NamedTuple):
    """A stored measurement that may lack sensors that a file now tells."""

    id: int
    turbine: int
    measured_on: date
    measured_at: datetime | None
    values: dict[str, float]


class PlannedVisit(NamedTuple):
    """A visit planned for a turbine, as it was known on a day; the technician is a pseudonym."""

    turbine: int
    planned_on: date
    known_on: date
    technician: str | None


def living_sources(connection: Connection) -> set[str]:
    """Where the turbines of the living park come from."""
    return set(
        connection.scalars(select(turbines.c.source).where(turbines.c.archived_at.is_(None)).distinct())
    )


def count_living(connection: Connection, source: str) -> int:
    """How many turbines of the living park come from a source."""
    query = select(func.count()).where(turbines.c.source == source, turbines.c.archived_at.is_(None))
    return connection.scalar(query) or 0


def archive_park(connection: Connection, source: str, now: datetime) -> None:
    """Put the living turbines of a source aside, with all that was measured on them and every ranking."""
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
    """Keys of living turbines, created where unknown.

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
    """Set the facts told of living turbines, created where unknown.

    Args:
        connection: to write with.
        described: columns of ``turbines`` and their values by canonical identifier; others stay as they are.
        source: of the turbines that are created.
        now: the present instant.

    Returns:
        How many were created, and how many others changed.
    """
    given, (known,) = given_rows(connection, [[one] for one in described], (String(),))
    found = connection.execute(
        select(turbines).select_from(
            given.join(turbines, (turbines.c.turbine_id == known) & turbines.c.archived_at.is_(None))
        )
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


def last_measurement(connection: Connection) -> int:
    """The highest id of a measurement; 0 where there is none."""
    last: int = connection.scalar(select(func.coalesce(func.max(measurements.c.id), 0))) or 0
    return last


def known_measurements(
    connection: Connection, keys: Sequence[tuple[int, str]]
) -> dict[str, KnownMeasurement]:
    """Which of these (turbine key, row identity) are stored already, by identity."""
    if not keys:
        return {}
    given, (turbine, identity) = given_rows(connection, keys, (Integer(), String()))
    table = measurements.c
    found = connection.execute(
        select(table.identity, table.id, table.value_count).select_from(
            given.join(measurements, (table.turbine == turbine) & (table.identity == identity))
        )
    )
    return {row.identity: KnownMeasurement(row.id, row.value_count) for row in found}


def poorer_measurements(
    connection: Connection, days: Sequence[tuple[int, str]], *, below: int, until: int
) -> list[PoorerMeasurement]:
    """Stored measurements of these (turbine key, ISO day) that have fewer sensors.

    Args:
        connection: to read with.
        days: where to look.
        below: how many sensors the file tells.
        until: highest id that may be found: rows of the same file are never each other's.
    """
    given, (turbine, day) = given_rows(connection, days, (Integer(), Date()))
    table = measurements.c
    found = connection.execute(
        select(table.id, table.turbine, table.measured_on, table.measured_at, table["values"])
        .select_from(
            given.join(
                measurements,
                (table.turbine == turbine) & (table.measured_on == day) & (table.value_count < below),
            )
        )
        .where(table.id <= until)
        .order_by(table.value_count.desc(), table.id)
    )
    return [PoorerMeasurement(*row) for row in found]


def enrich_measurements(connection: Connection, rows: Iterable[tuple[int, NewMeasurement]]) -> None:
    """Give stored measurements, by id, the values and the identity of their fuller form."""
    for key, row in rows:
        connection.execute(
            update(measurements)
            .where(measurements.c.id == key)
            .values(values=json.loads(row.values), value_count=row.value_count, identity=row.identity)
        )


def add_measurements(
    connection: Connection, rows: Sequence[NewMeasurement], source: str, import_id: int
) -> list[int]:
    """Store rows that are known to be new; returns their ids in the same order."""
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


def add_planned_visits(connection: Connection, visits: Iterable[PlannedVisit], source: str) -> int:
    """Store the visits that are not known yet; returns how many."""
    told = dict.fromkeys(visits)
    named = [visit for visit in told if visit.technician is not None]
    unnamed = _without_known(connection, [visit for visit in told if visit.technician is None])
    return insert_rows(
        connection,
        planned_visits,
        (*PlannedVisit._fields, "source"),
        [
            (
                visit.turbine,
                driver_day(connection, visit.planned_on),
                driver_day(connection, visit.known_on),
                visit.technician,
                source,
            )
            for visit in (*named, *unnamed)
        ],
        unless_known=True,
    )


def _without_known(connection: Connection, visits: Sequence[PlannedVisit]) -> list[PlannedVisit]:
    """The new ones of visits without a technician: a unique constraint takes two of them for different."""
    if not visits:
        return []
    days = [(visit.turbine, visit.planned_on.isoformat(), visit.known_on.isoformat()) for visit in visits]
    given, (turbine, planned_on, known_on) = given_rows(connection, days, (Integer(), Date(), Date()))
    table = planned_visits.c
    found = connection.execute(
        select(table.turbine, table.planned_on, table.known_on, table.technician).select_from(
            given.join(
                planned_visits,
                (table.turbine == turbine)
                & (table.planned_on == planned_on)
                & (table.known_on == known_on)
                & table.technician.is_(None),
            )
        )
    )
    known = {PlannedVisit(*row) for row in found}
    return [visit for visit in visits if visit not in known]


def turbine_keys(connection: Connection, wanted: Collection[str]) -> dict[str, int]:
    """Keys of the living turbines among these, by canonical identifier."""
    given, (name,) = given_rows(connection, [[one] for one in wanted], (String(),))
    found = connection.execute(
        select(turbines.c.turbine_id, turbines.c.id).select_from(
            given.join(turbines, (turbines.c.turbine_id == name) & turbines.c.archived_at.is_(None))
        )
    )
    return {row.turbine_id: row.id for row in found}
