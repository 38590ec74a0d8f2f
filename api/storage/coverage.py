"""What the living park sent, by turbine and day; archived turbines are never read."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from api.storage.tables import measurements, scores, turbines

_LIVING = turbines.c.archived_at.is_(None)


def daily_counts(connection: Connection, first: date, last: date) -> dict[int, dict[date, int]]:
    """Measurements per day, both days included, by turbine key; days without any are left out."""
    query = (
        select(measurements.c.turbine, measurements.c.measured_on, func.count())
        .join_from(measurements, turbines)
        .where(_LIVING, measurements.c.measured_on.between(first, last))
        .group_by(measurements.c.turbine, measurements.c.measured_on)
    )
    return _by_turbine(connection, query)


def last_counts(connection: Connection, until: date, rows: int) -> dict[int, dict[date, int]]:
    """Measurements per day of each turbine's last ``rows`` measurements or a little more, by turbine key.

    Two looks into the index on (turbine, day) for each turbine, however long its history.
    """
    other = measurements.alias("other")
    begins = (
        select(other.c.measured_on)
        .where(other.c.turbine == turbines.c.id, other.c.measured_on <= until)
        .order_by(other.c.measured_on.desc())
        .limit(1)
        .offset(rows - 1)
        .correlate(turbines)
        .scalar_subquery()
    )
    query = (
        select(turbines.c.id, measurements.c.measured_on, func.count())
        # Adding 0 keeps SQLite from walking all measurements and looking each one's turbine up.
        .join_from(turbines, measurements, measurements.c.turbine == turbines.c.id + 0)
        .where(
            _LIVING,
            measurements.c.measured_on <= until,
            measurements.c.measured_on >= func.coalesce(begins, date.min),
        )
        .group_by(turbines.c.id, measurements.c.measured_on)
    )
    return _by_turbine(connection, query)


def findings_of(connection: Connection, run_id: int) -> dict[int, list[dict[str, Any]]]:
    """The findings of a run, by turbine key; turbines without any are left out."""
    query = select(scores.c.turbine, scores.c.warnings).where(
        scores.c.run == run_id, scores.c.warnings.is_not(None)
    )
    return {row.turbine: row.warnings for row in connection.execute(query)}


def _by_turbine(connection: Connection, query: Any) -> dict[int, dict[date, int]]:
    found: dict[int, dict[date, int]] = defaultdict(dict)
    for turbine, day, count in connection.execute(query):
        found[turbine][day] = count
    return found
