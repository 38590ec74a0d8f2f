"""When the daily run is due: the rule needs no memory but the runs, so catching up comes by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

RETRY_AFTER = timedelta(minutes=10)
MAX_ATTEMPTS = 3


@dataclass(frozen=True)
class Attempt:
    """A scheduled run of the day in question: how it ended and when."""

    failed: bool
    ended_at: datetime | None


def is_due(now: datetime, hour: int, zone: ZoneInfo, attempts: Sequence[Attempt]) -> bool:
    """Whether the day's scheduled run must be asked for now.

    Args:
        now: aware instant.
        hour: local hour of the daily run.
        zone: of that hour.
        attempts: scheduled runs of that day, in any order; one that did not fail ends the matter, and
            failures are tried again after :data:`RETRY_AFTER`, at most :data:`MAX_ATTEMPTS` times in all.
    """
    if now.astimezone(zone).hour < hour or len(attempts) >= MAX_ATTEMPTS:
        return False
    return all(a.failed and (a.ended_at is None or now - a.ended_at >= RETRY_AFTER) for a in attempts)


def next_run(now: datetime, hour: int, zone: ZoneInfo, *, done_today: bool) -> datetime:
    """The next instant at which a scheduled run falls due."""
    local = now.astimezone(zone)
    today = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    return today + timedelta(days=1) if done_today or local >= today else today
