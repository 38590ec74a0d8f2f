"""On which days, and with which sensors, the living park was measured; archived turbines are never read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, String, cast, func, or_, select

from api.domain.plausibility.trust import IN_SERVICE
from api.storage.tables import measurements, turbines

_LIVING = turbines.c.archived_at.is_(None)


class SentDays(NamedTuple):
    """The day of each measurement of a turbine, as text: ISO days, comma-separated, in any order.

    The turbines of a park share few different texts, so each one is parsed only once.
    """

    turbine: int
    period: str
    lately: str


def sent_days(
    connection: Connection, first: date, last: date, *, until: date, rows: int
) -> dict[int, SentDays]:
    """Return the days on which each living turbine was measured, by its key.

    Two looks into the index on (turbine, day) for each turbine, however long its history.

    Args:
        connection: to read with.
        first: first day of the period.
        last: last day of the period, included.
        until: last day of ``lately``.
        rows: how many of each turbine's last measurements up to ``until`` make ``lately``.
    """
    table = measurements.c
    own = (table.turbine == turbines.c.id) & table.withdrawal.is_(None)
    period = (
        select(_joined(table.measured_on))
        .where(own, table.measured_on.between(first, last))
        .correlate(turbines)
        .scalar_subquery()
    )
    newest = (
        select(table.measured_on)
        .where(own, table.measured_on <= until)
        .order_by(table.measured_on.desc())
        .limit(rows)
        .correlate(turbines)
        .subquery()
    )
    lately = select(_joined(newest.c.measured_on)).correlate(turbines).scalar_subquery()
    query = select(turbines.c.id, func.coalesce(period, ""), func.coalesce(lately, "")).where(_LIVING)
    return {row[0]: SentDays(*row) for row in connection.execute(query).all()}


def _joined(day: ColumnElement[date]) -> ColumnElement[str]:
    return func.aggregate_strings(cast(day, String), ",")


def lacking(connection: Connection, as_of: date, sensors: Sequence[str]) -> dict[str, list[str]]:
    """Return, by sensor, the turbines in service without a value of it on their last day up to ``as_of``."""
    if not sensors:
        return {}
    other = measurements.alias("other")
    last = (
        select(func.max(other.c.measured_on))
        .where(other.c.turbine == turbines.c.id, other.c.measured_on <= as_of, other.c.withdrawal.is_(None))
        .correlate(turbines)
        .scalar_subquery()
    )
    value_counts = [func.count(measurements.c["values"][name].as_string()) for name in sensors]
    query = (
        select(turbines.c.turbine_id, *value_counts)
        # Adding 0 keeps SQLite from walking all measurements and looking up the turbine of each.
        .join_from(
            turbines,
            measurements,
            (measurements.c.turbine == turbines.c.id + 0) & (measurements.c.measured_on == last),
        )
        .where(_LIVING, turbines.c.service_state == IN_SERVICE, measurements.c.withdrawal.is_(None))
        .group_by(turbines.c.id)
        .having(or_(*(count == 0 for count in value_counts)))
    )
    turbines_of: dict[str, list[str]] = {}
    for turbine, *counts in connection.execute(query).all():
        for name, count in zip(sensors, counts, strict=True):
            if not count:
                turbines_of.setdefault(name, []).append(turbine)
    return turbines_of
