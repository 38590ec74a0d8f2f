"""What changed in the park, as people read it: stored changes turned into answers."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Row

from api.domain.park.change_causes import Cause, sentence
from api.domain.shared.exceptions import InvalidInput
from api.schemas import french
from api.schemas.changes import (
    DaysCoverage,
    LevelDifferences,
    ParkEvent,
    ParkEvents,
    QueueCounts,
    SincePrevious,
)
from api.schemas.vocabulary import RiskLevel
from api.storage.park import changes
from api.storage.shared.database import Database


def park_events(
    database: Database, first: date | None, last: date | None, limit: int, offset: int
) -> ParkEvents:
    """The events of a period, one day's last published run standing for the day.

    Raises:
        InvalidInput: the last day precedes the first.
    """
    if first is not None and last is not None and last < first:
        raise InvalidInput.single("to", f"le dernier jour précède le premier ({french.date(first)}).", last)
    with database.read() as connection:
        total, rows = changes.events(connection, first, last, limit=limit, offset=offset)
    return ParkEvents(total=total, items=[_event(row) for row in rows])


def _event(row: Row[Any]) -> ParkEvent:
    return ParkEvent(
        as_of=row.as_of,
        run_id=row.run,
        turbine_id=row.turbine_id,
        site=row.site,
        farm=row.farm,
        kind=row.event,
        previous_level=row.event_from,
        risk_level=row.event_to,
        sentence=sentence(Cause.of_stored(row.cause)),
    )


def since_previous(summary: Row[Any] | None, counts: dict[str, int] | None) -> SincePrevious | None:
    """A run beside the one before it.

    Args:
        summary: of the run; None where it is older than summaries.
        counts: its turbines per level.
    """
    if summary is None or summary.previous is None:
        return None
    now, before = counts or {}, summary.previous_counts or {}
    return SincePrevious(
        previous_run_id=summary.previous,
        previous_as_of=summary.previous_as_of,
        levels=LevelDifferences(**{level: now.get(level, 0) - before.get(level, 0) for level in RiskLevel}),
        events=summary.events,
    )


def queue_counts(summary: Row[Any] | None) -> QueueCounts:
    """Turbines per queue in a run."""
    return QueueCounts(**(summary.queues if summary is not None else {}))


def days_coverage(summary: Row[Any] | None) -> DaysCoverage | None:
    """What the run's interval of days left is worth; None without one."""
    table = None if summary is None else summary.interval
    if table is None:
        return None
    return DaysCoverage(target=table["target"], measured=table["value"], low=table["low"], high=table["high"])
