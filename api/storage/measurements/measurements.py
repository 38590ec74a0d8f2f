"""Reading the living park: its turbines, their measurements and their planned visits.

Archived turbines, such as the simulated ones after real data came in, are never read here, nor are the rows
that a person took out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, ScalarSelect, Select, and_, bindparam, func, select

from api.storage.tables import measurements, outcomes, planned_visits, turbines

_MANY = 500  # keys in one statement; every SQLite takes that many parameters
_LIVING = turbines.c.archived_at.is_(None)
_STANDS = measurements.c.withdrawal.is_(None)


class LatestMeasurement(NamedTuple):
    """A measurement of a turbine's most recent day; ``values`` by sensor, without the silent ones."""

    id: int
    turbine: int
    turbine_id: str
    measured_on: date
    measured_at: datetime | None
    values: dict[str, float]


class TurbineMeasurement(NamedTuple):
    """One measurement of a turbine, with its outcome where known."""

    id: int
    measured_on: date
    measured_at: datetime | None
    values: dict[str, float]
    failure_within_7d: bool | None
    time_to_failure_days: float | None
    basis: dict[str, Any] | None


class LivingTurbine(NamedTuple):
    """A turbine of the park and the last day on which it was measured."""

    id: int
    turbine_id: str
    source: str
    site: str | None
    farm: str | None
    rated_power_kw: float | None
    commissioned_on: date | None
    service_state: str
    last_measured_on: date | None
    changed_at: datetime | None = None
    changed_by: str | None = None
    version: int = 1


def latest_values(connection: Connection, as_of: date) -> list[LatestMeasurement]:
    """Return all measurements of each living turbine's most recent day up to ``as_of``.

    Each turbine costs one look into the index on (turbine, day), however long its history.

    Args:
        connection: to read with.
        as_of: last day that may be seen.

    Returns:
        Rows by turbine key, then in the order of storage: several for a day with several measurements, none
        for a turbine that had no measurement by then.
    """
    query = (
        select(
            measurements.c.id,
            turbines.c.id,
            turbines.c.turbine_id,
            measurements.c.measured_on,
            measurements.c.measured_at,
            measurements.c["values"],
        )
        .join_from(
            turbines,
            measurements,
            and_(
                measurements.c.turbine == turbines.c.id + 0,
                measurements.c.measured_on == _last_day(until=as_of),
            ),
        )
        .where(_LIVING, _STANDS)
        # SQLite has no statistics here and must go from each turbine to its own last day. Adding 0 keeps it
        # from walking all measurements instead, or all those of a day in the wanted order.
        .order_by(turbines.c.id, measurements.c.id + 0)
    )
    return [LatestMeasurement(*row) for row in connection.execute(query)]


def turbine_measurements(
    connection: Connection,
    turbine: int,
    *,
    limit: int,
    from_day: date | None = None,
    to_day: date | None = None,
) -> list[TurbineMeasurement]:
    """Return a turbine's measurements, newest first, with their outcomes.

    Args:
        connection: to read with.
        turbine: its key.
        limit: how many rows at most.
        from_day: first day wanted, included.
        to_day: last day wanted, included.
    """
    query = (
        select(
            measurements.c.id,
            measurements.c.measured_on,
            measurements.c.measured_at,
            measurements.c["values"],
            outcomes.c.failure_within_7d,
            outcomes.c.time_to_failure_days,
            measurements.c.basis,
        )
        .join_from(measurements, outcomes, isouter=True)
        .where(measurements.c.turbine == turbine, _STANDS)
        .order_by(
            measurements.c.measured_on.desc(),
            measurements.c.measured_at.desc().nulls_last(),
            measurements.c.id.desc(),
        )
        .limit(limit)
    )
    if from_day is not None:
        query = query.where(measurements.c.measured_on >= from_day)
    if to_day is not None:
        query = query.where(measurements.c.measured_on <= to_day)
    return [TurbineMeasurement(*row) for row in connection.execute(query)]


def values_of(connection: Connection, keys: Sequence[int]) -> dict[int, dict[str, float]]:
    """Return the values of these measurements, by key."""
    values: dict[int, dict[str, float]] = {}
    # An expanding parameter: keys within the statement would fill the engine's cache of statements.
    wanted = measurements.c.id.in_(bindparam("keys", expanding=True))
    query = select(measurements.c.id, measurements.c["values"]).where(wanted)
    for start in range(0, len(keys), _MANY):
        chunk = keys[start : start + _MANY]
        values.update((row[0], row[1]) for row in connection.execute(query, {"keys": chunk}))
    return values


def last_measured_day(connection: Connection, *, until: date | None = None) -> date | None:
    """Return the last day, up to ``until``, with a measurement of a living turbine; None where there is none.

    It is nearly always the last day of all, which an index answers at once. Only where that day has
    measurements of archived turbines alone is the last day of each living turbine read.
    """
    newest = select(func.max(measurements.c.measured_on)).where(_STANDS)
    if until is not None:
        newest = newest.where(measurements.c.measured_on <= until)
    day: date | None = connection.scalar(newest)
    on_day = measurements.c.measured_on == day
    of_that_day = select(measurements.c.id).join(turbines).where(_LIVING, _STANDS, on_day)
    if day is None or connection.execute(of_that_day.limit(1)).first() is not None:
        return day
    days = select(_last_day(until).label("day")).select_from(turbines).where(_LIVING).subquery()
    last: date | None = connection.scalar(select(func.max(days.c.day)))
    return last


def first_measured_day(connection: Connection) -> date | None:
    """Return the first day with a measurement of a living turbine; None where there is none."""
    first = select(func.min(measurements.c.measured_on)).where(
        measurements.c.turbine == turbines.c.id, _STANDS
    )
    days = select(first.correlate(turbines).scalar_subquery().label("day")).where(_LIVING)
    day: date | None = connection.scalar(select(func.min(days.subquery().c.day)))
    return day


def next_planned_visits(connection: Connection, as_of: date) -> dict[int, date]:
    """Return the first visit planned after ``as_of`` that was known by then, by turbine key."""
    visits = planned_visits.c
    next_visit = (
        select(visits.planned_on)
        .where(visits.turbine == turbines.c.id, visits.planned_on > as_of, visits.known_on <= as_of)
        .order_by(visits.planned_on)
        .limit(1)
        .correlate(turbines)
        .scalar_subquery()
    )
    rows = connection.execute(select(turbines.c.id, next_visit.label("day")).where(_LIVING))
    return {row.id: row.day for row in rows if row.day is not None}


def planned_visits_after(connection: Connection, turbine: int, as_of: date) -> list[date]:
    """Return, ascending, the days after ``as_of`` with a visit of the turbine that was known by then."""
    visits = planned_visits.c
    return list(
        connection.scalars(
            select(visits.planned_on)
            .where(visits.turbine == turbine, visits.planned_on > as_of, visits.known_on <= as_of)
            .distinct()
            .order_by(visits.planned_on)
        )
    )


def planned_visit_days(connection: Connection, turbine: int) -> list[date]:
    """Return every day on which a visit of this turbine was ever planned, ascending."""
    visits = planned_visits.c
    query = select(visits.planned_on).where(visits.turbine == turbine)
    return list(connection.scalars(query.distinct().order_by(visits.planned_on)))


def failure_measurements(connection: Connection, turbine: int) -> list[tuple[date, float | None]]:
    """Return day and days left, where known, of each measurement that a failure followed within 7 days."""
    query = (
        select(measurements.c.measured_on, outcomes.c.time_to_failure_days)
        .join_from(measurements, outcomes)
        .where(measurements.c.turbine == turbine, _STANDS, outcomes.c.failure_within_7d)
        .order_by(measurements.c.measured_on)
    )
    return [(row[0], row[1]) for row in connection.execute(query)]


def living_turbines(connection: Connection) -> list[LivingTurbine]:
    """Return the living park, by turbine key; ``natural_key`` orders it for people."""
    return [LivingTurbine(*row) for row in connection.execute(_turbine_query().order_by(turbines.c.id))]


def living_turbine_keys(connection: Connection) -> dict[str, int]:
    """Return the keys of the living park by canonical identifier; reads no measurement, so it is cheap."""
    rows = connection.execute(select(turbines.c.turbine_id, turbines.c.id).where(_LIVING))
    return {row.turbine_id: row.id for row in rows}


def living_turbine(connection: Connection, turbine_id: str) -> LivingTurbine | None:
    """Return the living turbine of this canonical identifier; None where there is none."""
    row = connection.execute(_turbine_query().where(turbines.c.turbine_id == turbine_id)).one_or_none()
    return None if row is None else LivingTurbine(*row)


def _turbine_query() -> Select[
    int,
    str,
    str,
    str | None,
    str | None,
    float | None,
    date | None,
    str,
    date | None,
    datetime | None,
    str | None,
    int,
]:
    table = turbines.c
    return select(
        table.id,
        table.turbine_id,
        table.source,
        table.site,
        table.farm,
        table.rated_power_kw,
        table.commissioned_on,
        table.service_state,
        _last_day(),
        table.changed_at,
        table.changed_by,
        table.version,
    ).where(_LIVING)


def _last_day(until: date | None = None) -> ScalarSelect[date]:
    """Return a subquery: the last measured day of the enclosing query's turbine."""
    other = measurements.alias("other")
    query = select(func.max(other.c.measured_on)).where(
        other.c.turbine == turbines.c.id, other.c.withdrawal.is_(None)
    )
    if until is not None:
        query = query.where(other.c.measured_on <= until)
    return query.correlate(turbines).scalar_subquery()
