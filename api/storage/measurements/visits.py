"""Writing the visits that files announce."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, Date, Integer, select

from api.storage.shared.bulk import driver_day, insert_rows, rows_as_table
from api.storage.tables import planned_visits


class PlannedVisit(NamedTuple):
    """A visit planned for a turbine, as known on ``known_on``; the technician is a pseudonym."""

    turbine: int
    planned_on: date
    known_on: date
    technician: str | None


def add_planned_visits(
    connection: Connection, visits: Iterable[PlannedVisit], source: str, import_id: int | None
) -> int:
    """Store the visits that are not known yet and return how many."""
    different = dict.fromkeys(visits)
    named = [visit for visit in different if visit.technician is not None]
    unnamed = _without_known(connection, [visit for visit in different if visit.technician is None])
    return insert_rows(
        connection,
        planned_visits,
        (*PlannedVisit._fields, "source", "import_id"),
        [
            (
                visit.turbine,
                driver_day(connection, visit.planned_on),
                driver_day(connection, visit.known_on),
                visit.technician,
                source,
                import_id,
            )
            for visit in (*named, *unnamed)
        ],
        unless_known=True,
    )


def _without_known(connection: Connection, visits: Sequence[PlannedVisit]) -> list[PlannedVisit]:
    """Return the new visits without a technician: a unique constraint never takes two of them for equal."""
    if not visits:
        return []
    days = [(visit.turbine, visit.planned_on.isoformat(), visit.known_on.isoformat()) for visit in visits]
    lookup, (turbine, planned_on, known_on) = rows_as_table(connection, days, (Integer(), Date(), Date()))
    table = planned_visits.c
    rows = connection.execute(
        select(table.turbine, table.planned_on, table.known_on, table.technician).select_from(
            lookup.join(
                planned_visits,
                (table.turbine == turbine)
                & (table.planned_on == planned_on)
                & (table.known_on == known_on)
                & table.technician.is_(None),
            )
        )
    )
    known = {PlannedVisit(*row) for row in rows}
    return [visit for visit in visits if visit not in known]
