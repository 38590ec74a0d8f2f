"""When the daily run is due. The rule needs only the day's runs, so a missed run is caught up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from api.schemas.french import PARIS

RETRY_AFTER = timedelta(minutes=10)
MAX_ATTEMPTS = 3


@dataclass(frozen=True)
class Attempt:
    """A scheduled run of the day: whether it failed, and when it ended."""

    failed: bool
    ended_at: datetime | None


def is_due(now: datetime, hour: int, attempts: Sequence[Attempt]) -> bool:
    """Tell whether the day's scheduled run must be asked for now.

    Args:
        now: aware instant.
        hour: of the daily run, Europe/Paris.
        attempts: scheduled runs of that day, in any order. After a run that did not fail, none is due; a
            failure is tried again after :data:`RETRY_AFTER`, at most :data:`MAX_ATTEMPTS` times in all.
    """
    if now.astimezone(PARIS).hour < hour or len(attempts) >= MAX_ATTEMPTS:
        return False
    return all(a.failed and _rested(now, a.ended_at) for a in attempts)


def _rested(now: datetime, ended_at: datetime | None) -> bool:
    """Tell whether a failure lies far enough back; one in the future shows that the clock went back."""
    return ended_at is None or not timedelta(0) <= now - ended_at < RETRY_AFTER


def next_attempt(now: datetime, hour: int, attempts: Sequence[Attempt]) -> datetime:
    """Return the time of the next scheduled run, in Paris time; it is past where the run is already due.

    Args:
        now: aware instant.
        hour: of the daily run, Europe/Paris.
        attempts: scheduled runs of the day to be scored, as in :func:`is_due`.
    """
    done = len(attempts) >= MAX_ATTEMPTS or any(not a.failed for a in attempts)
    if done:
        return next_look(now, hour)
    due = _at_hour(now.astimezone(PARIS), hour)
    ended = [a.ended_at for a in attempts if a.ended_at is not None and not _rested(now, a.ended_at)]
    return max([due, *(end.astimezone(PARIS) + RETRY_AFTER for end in ended)])


def next_look(now: datetime, hour: int) -> datetime:
    """Return the next instant, in Paris time, at which the schedule checks whether a day is to be scored."""
    local = now.astimezone(PARIS)
    today = _at_hour(local, hour)
    return today if local < today else _at_hour(local + timedelta(days=1), hour)


def _at_hour(local: datetime, hour: int) -> datetime:
    """Return that hour of that day; where summer time skips it, the hour that the clocks show instead."""
    wanted = local.replace(hour=hour, minute=0, second=0, microsecond=0, fold=0)
    return wanted.astimezone(UTC).astimezone(local.tzinfo)
