"""Turns the stored changes of the park into answers."""

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
    """Return the events of a period; a day counts by its last published run.

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
    """Compare a run with the former one.

    Args:
        summary: of the run; None for a run from before summaries existed.
        counts: its turbines per level.
    """
    if summary is None or summary.previous is None:
        return None
    present, before = counts or {}, summary.previous_counts or {}
    return SincePrevious(
        previous_run_id=summary.previous,
        previous_as_of=summary.previous_as_of,
        levels=LevelDifferences(
            **{level: present.get(level, 0) - before.get(level, 0) for level in RiskLevel}
        ),
        events=summary.events,
    )


def queue_counts(summary: Row[Any] | None) -> QueueCounts:
    """Count the turbines per queue in a run."""
    return QueueCounts(**(summary.queues if summary is not None else {}))


def days_coverage(summary: Row[Any] | None) -> DaysCoverage | None:
    """Return the coverage of the run's interval of days left; None without an interval."""
    table = None if summary is None else summary.interval
    if table is None:
        return None
    return DaysCoverage(target=table["target"], measured=table["value"], low=table["low"], high=table["high"])
