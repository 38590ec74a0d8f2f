"""Contradictions: instants at which rows of one turbine give different values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Date, Integer, Select, func, select

from api.storage.shared.bulk import driver_day, driver_instant, insert_rows, rows_as_table
from api.storage.tables import contradictions, measurements, turbines


class RowAtInstant(NamedTuple):
    """A standing row with an hour."""

    id: int
    turbine: int
    measured_on: date
    measured_at: datetime
    values: dict[str, float]
    import_id: int | None


class Instant(NamedTuple):
    """An instant of a turbine with rows that contradict each other."""

    turbine: int
    turbine_id: str
    measured_on: date
    measured_at: datetime


def rows_with_hour(connection: Connection, days: Sequence[tuple[int, str]]) -> list[RowAtInstant]:
    """Return the standing rows with an hour of these (turbine key, ISO day), in the order of storage."""
    if not days:
        return []
    table = measurements.c
    columns = (
        table.id,
        table.turbine,
        table.measured_on,
        table.measured_at,
        table["values"],
        table.import_id,
    )
    query = _standing(connection, days, *columns).order_by(table.id)
    return [RowAtInstant(*row) for row in connection.execute(query)]


def several_rows(connection: Connection, days: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """Return those of these (turbine key, ISO day) that have two standing rows of one instant."""
    if not days:
        return []
    table = measurements.c
    query = (
        _standing(connection, days, table.turbine, table.measured_on)
        .group_by(table.turbine, table.measured_on, table.measured_at)
        .having(func.count() > 1)
        .distinct()
    )
    return [(row[0], row[1].isoformat()) for row in connection.execute(query)]


def _standing(
    connection: Connection, days: Sequence[tuple[int, str]], *columns: ColumnElement[Any]
) -> Select[Any]:
    """Select columns of the standing rows with an hour of these (turbine key, ISO day)."""
    lookup, (turbine, day) = rows_as_table(connection, days, (Integer(), Date()))
    table = measurements.c
    on = (table.turbine == turbine) & (table.measured_on == day) & table.withdrawal.is_(None)
    return select(*columns).select_from(lookup.join(measurements, on)).where(table.measured_at.is_not(None))


def note(connection: Connection, instants: Sequence[RowAtInstant]) -> None:
    """Remember the instants of these rows; those that are known already stay as they are."""
    insert_rows(
        connection,
        contradictions,
        ("turbine", "measured_at", "measured_on"),
        [
            (
                row.turbine,
                driver_instant(connection, row.measured_at),
                driver_day(connection, row.measured_on),
            )
            for row in instants
        ],
        unless_known=True,
    )


def open_instants(connection: Connection, limit: int, offset: int) -> tuple[int, list[Instant]]:
    """Return how many contradictions of the living park wait for a choice, and one page, newest first."""
    table, instants = measurements.c, contradictions.c
    standing = (
        select(func.count())
        .where(
            table.turbine == instants.turbine,
            table.measured_on == instants.measured_on,
            table.measured_at == instants.measured_at,
            table.withdrawal.is_(None),
        )
        .correlate(contradictions)
        .scalar_subquery()
    )
    query: Select[Any] = (
        select(instants.turbine, turbines.c.turbine_id, instants.measured_on, instants.measured_at)
        .join_from(contradictions, turbines)
        .where(turbines.c.archived_at.is_(None), standing > 1)
    )
    total = connection.scalar(select(func.count()).select_from(query.subquery())) or 0
    page = query.order_by(instants.measured_at.desc(), instants.turbine).limit(limit).offset(offset)
    return total, [Instant(*row) for row in connection.execute(page)]
