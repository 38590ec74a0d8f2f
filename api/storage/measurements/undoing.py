"""What undoing an import gives back: labels, completed rows, announced visits, turbines without a row."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection, delete, exists, func, insert, literal, select, update

from api.storage.measurements.measurements import first_measured_day
from api.storage.tables import (
    imports,
    interventions,
    measurement_versions,
    measurements,
    outcome_versions,
    outcomes,
    planned_visits,
    publication,
    runs,
    turbines,
)

_KEPT = ("measurement", "failure_within_7d", "time_to_failure_days", "recorded_at", "source", "import_id")


def first_day_touched(connection: Connection, import_id: int) -> date | None:
    """Return the first day of which undoing an import changes something; None where it changes nothing."""
    completed = select(measurement_versions.c.measurement).where(
        measurement_versions.c.import_id == import_id
    )
    first_days = (
        select(func.min(measurements.c.measured_on)).where(
            measurements.c.import_id == import_id, measurements.c.withdrawal.is_(None)
        ),
        select(func.min(measurements.c.measured_on)).where(measurements.c.id.in_(completed)),
        select(func.min(planned_visits.c.known_on)).where(planned_visits.c.import_id == import_id),
    )
    days = [day for day in map(connection.scalar, first_days) if day is not None]
    return min(days, default=None)


def completed_since(connection: Connection, import_id: int) -> int | None:
    """Return the first later import that completed rows which this one had completed; None without one."""
    own, later = measurement_versions.alias("own"), measurement_versions.alias("later")
    query = (
        select(func.min(later.c.import_id))
        .join_from(own, later, (later.c.measurement == own.c.measurement) & (later.c.id > own.c.id))
        .where(own.c.import_id == import_id, later.c.import_id != import_id)
    )
    later_import: int | None = connection.scalar(query)
    return later_import


def take_labels_back(
    connection: Connection, import_id: int, withdrawal: int, *, at: datetime, by: str
) -> int:
    """Take back the labels that an import brought; those that it had replaced return.

    Returns:
        How many labels were taken back. They stay among the former versions, marked.
    """
    of_import = outcomes.c.import_id == import_id
    older = outcome_versions.c
    connection.execute(
        update(outcome_versions)
        .where(older.import_id == import_id, older.withdrawal.is_(None))
        .values(withdrawal=withdrawal)
    )
    columns = [outcomes.c[name] for name in _KEPT]
    taken = select(*columns, literal(at, outcomes.c.recorded_at.type), literal(by), literal(withdrawal))
    kept = insert(outcome_versions).from_select(
        [*_KEPT, "replaced_at", "replaced_by", "withdrawal"], taken.where(of_import)
    )
    count = connection.scalar(select(func.count()).where(of_import)) or 0
    connection.execute(kept)
    before = (
        select(func.max(older.id))
        .where(older.measurement == outcomes.c.measurement, older.withdrawal.is_(None))
        .correlate(outcomes)
        .scalar_subquery()
    )
    returning = {
        name: select(older[name]).where(older.id == before).correlate(outcomes).scalar_subquery()
        for name in _KEPT[1:]
    }
    has_before = exists().where(older.measurement == outcomes.c.measurement, older.withdrawal.is_(None))
    connection.execute(delete(outcomes).where(of_import, ~has_before))
    connection.execute(update(outcomes).where(of_import).values(returning))
    return count


def take_completions_back(connection: Connection, import_id: int) -> int:
    """Give the rows that an import completed their former form; return how many."""
    former = measurement_versions.c
    own = (former.measurement == measurements.c.id) & (former.import_id == import_id)
    values = {
        name: select(former[name])
        .where(former.id == select(func.min(former.id)).where(own).correlate(measurements).scalar_subquery())
        .correlate(measurements)
        .scalar_subquery()
        for name in ("values", "value_count", "identity")
    }
    of_import = select(former.measurement).where(former.import_id == import_id)
    count = connection.execute(update(measurements).where(measurements.c.id.in_(of_import)).values(values))
    connection.execute(delete(measurement_versions).where(former.import_id == import_id))
    return count.rowcount


def drop_visits(connection: Connection, import_id: int) -> int:
    """Delete the visits that only this import announced; return how many."""
    return connection.execute(delete(planned_visits).where(planned_visits.c.import_id == import_id)).rowcount


def archive_emptied_turbines(connection: Connection, import_id: int, now: datetime) -> int:
    """Archive the turbines that an import created and of which nothing stands; return how many.

    A turbine on which people work stays: its interventions must not leave the screen.
    """
    began = select(imports.c.started_at).where(imports.c.id == import_id).scalar_subquery()
    standing = exists().where(measurements.c.turbine == turbines.c.id, measurements.c.withdrawal.is_(None))
    brought = exists().where(measurements.c.turbine == turbines.c.id, measurements.c.import_id == import_id)
    worked_on = exists().where(interventions.c.turbine == turbines.c.id)
    emptied = (turbines.c.archived_at.is_(None), turbines.c.created_at == began, brought)
    return connection.execute(
        update(turbines).where(*emptied, ~standing, ~worked_on).values(archived_at=now)
    ).rowcount


def archive_unfounded_runs(connection: Connection, now: datetime) -> None:
    """Archive the rankings of days before the first standing row: nothing is left that they rest on."""
    day = first_measured_day(connection)
    published = (runs.c.published_at.is_not(None), runs.c.archived_at.is_(None))
    unfounded = published if day is None else (*published, runs.c.as_of < day)
    connection.execute(update(runs).where(*unfounded).values(archived_at=now))
    archived = select(runs.c.id).where(runs.c.archived_at.is_not(None))
    connection.execute(delete(publication).where(publication.c.run.in_(archived)))
