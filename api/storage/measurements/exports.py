"""Reading whole tables page by page, for exports: each read is short, and no table stands whole in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, Select, func, or_, select, true

from api.storage.shared.database import Database
from api.storage.tables import measurements, outcomes, turbines

PAGE = 2_000
AnyRow = Row[Any]
_STANDS = measurements.c.withdrawal.is_(None)

_MEASURED = (
    select(
        measurements.c.id,
        turbines.c.turbine_id,
        measurements.c.measured_on,
        measurements.c.measured_at,
        measurements.c["values"],
        measurements.c.identity,
        outcomes.c.failure_within_7d,
        outcomes.c.time_to_failure_days,
    )
    .join_from(measurements, turbines)
    .where(_STANDS)
)


def sensor_names(connection: Connection) -> list[str]:
    """Return every sensor that some stored measurement has, in alphabetical order."""
    if connection.dialect.name == "sqlite":
        sensors = func.json_each(measurements.c["values"]).table_valued("key", name="sensor")
        query = select(sensors.c.key).select_from(measurements.join(sensors, true())).distinct()
    else:
        query = select(func.jsonb_object_keys(measurements.c["values"])).distinct()
    return sorted(connection.scalars(query.where(_STANDS)))


def labelled(database: Database, first: date | None, last: date | None) -> Iterator[Sequence[AnyRow]]:
    """Yield pages of the living park's measurements whose outcome is known, in the order of storage."""
    known = or_(outcomes.c.failure_within_7d.is_not(None), outcomes.c.time_to_failure_days.is_not(None))
    query = _MEASURED.join(outcomes).where(turbines.c.archived_at.is_(None), known)
    return _pages(database, _between(query, measurements.c.measured_on, first, last))


def measured(database: Database, *, living: bool) -> Iterator[Sequence[AnyRow]]:
    """Yield pages of all measurements of the living park, or of archived turbines, with known outcomes."""
    archived = turbines.c.archived_at
    query = _MEASURED.join(outcomes, isouter=True)
    return _pages(database, query.where(archived.is_(None) if living else archived.is_not(None)))


def park_rows(database: Database, last: date) -> Iterator[Sequence[AnyRow]]:
    """Yield pages of the living park's measurements up to a day, in the order of storage."""
    living = turbines.c.archived_at.is_(None)
    query = select(measurements).join_from(measurements, turbines).where(living, _STANDS)
    return _pages(database, _between(query, measurements.c.measured_on, None, last))


def _pages(database: Database, query: Select[Any]) -> Iterator[Sequence[AnyRow]]:
    after = 0
    while True:
        with database.read() as connection:
            page = connection.execute(
                query.where(measurements.c.id > after).order_by(measurements.c.id).limit(PAGE)
            ).all()
        if not page:
            return
        after = page[-1].id
        yield page


def _between(query: Select[Any], day: Any, first: date | None, last: date | None) -> Select[Any]:
    if first is not None:
        query = query.where(day >= first)
    return query if last is None else query.where(day <= last)
