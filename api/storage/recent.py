"""The last measurements of every turbine, as columns: what the plausibility rules look back on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Date, func, literal, select

from api.storage.tables import measurements, policies, turbines

_AT_ONCE = 20_000  # rows held as Python objects


class RecentRow(NamedTuple):
    """One measurement; ``values`` in the order of the sensors asked for, None where missing."""

    id: int
    turbine: int
    measured_on: date
    measured_at: datetime | None
    rated_power_kw: float | None
    service_state: str
    values: tuple[float | None, ...]


def recent_rows(
    connection: Connection, as_of: date, depth: int, sensors: Sequence[str], *, until: date | None = None
) -> list[RecentRow]:
    """Each living turbine's last ``depth`` measurements up to ``as_of``; whole days, so maybe a few more.

    :func:`recent_blocks` gives the same without holding all of them.

    Args:
        connection: to read with.
        as_of: last day that may be seen.
        depth: measurements per turbine.
        sensors: names of the values wanted.
        until: the measurements of the days after ``as_of`` come too, up to this one.
    """
    return [row for some in recent_blocks(connection, as_of, depth, sensors, until=until) for row in some]


def recent_blocks(
    connection: Connection, as_of: date, depth: int, sensors: Sequence[str], *, until: date | None = None
) -> Iterator[list[RecentRow]]:
    """The rows of :func:`recent_rows`, some at a time: those of a large park would fill the memory."""
    earlier = measurements.alias("earlier")
    since = (
        select(earlier.c.measured_on)
        .where(earlier.c.turbine == turbines.c.id, earlier.c.measured_on <= as_of)
        .order_by(earlier.c.measured_on.desc())
        .limit(1)
        .offset(depth - 1)
        .correlate(turbines)
        .scalar_subquery()
    )
    columns: list[Any] = [measurements.c["values"][name].as_float() for name in sensors]
    query = (
        select(
            measurements.c.id,
            measurements.c.turbine,
            measurements.c.measured_on,
            measurements.c.measured_at,
            turbines.c.rated_power_kw,
            turbines.c.service_state,
            *columns,
        )
        .join(turbines, turbines.c.id == measurements.c.turbine)
        .where(
            turbines.c.archived_at.is_(None),
            measurements.c.measured_on <= (as_of if until is None else until),
            measurements.c.measured_on >= func.coalesce(since, literal(date.min, Date)),
        )
    )
    if connection.dialect.name != "sqlite":
        query = query.order_by(measurements.c.id)  # SQLite's index gives readings of one day in this order
    found = connection.execute(query.execution_options(yield_per=_AT_ONCE))
    for some in found.partitions():
        yield [RecentRow(row[0], row[1], row[2], row[3], row[4], row[5], tuple(row[6:])) for row in some]


def revision(connection: Connection) -> tuple[Any, ...]:
    """What changes when measurements arrive, when a turbine changes, or when the policy does; cheap to ask.

    A measurement that comes back with more sensors than before keeps its key and is not seen here.
    """
    newest = connection.scalar(select(func.max(measurements.c.id)))
    policy = connection.scalar(select(func.max(policies.c.version)))
    table = turbines.c
    park = (
        select(table.service_state, func.count(), func.sum(table.id), func.sum(table.rated_power_kw))
        .where(table.archived_at.is_(None))
        .group_by(table.service_state)
        .order_by(table.service_state)
    )
    return newest, policy, tuple(tuple(row) for row in connection.execute(park))
