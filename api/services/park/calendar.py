"""The park's day, and the time of its next scheduled run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from api.domain.park.schedule import Attempt, next_attempt
from api.schemas import french
from api.settings import Environment
from api.storage.measurements import measurements
from api.storage.park import runs


@dataclass(frozen=True)
class ParkCalendar:
    """The park's day and schedule, read through the caller's own connection.

    Args:
        now: the clock.
        env: in a demonstration the park does not age.
        run_hour: hour of the daily run, Europe/Paris.
        fed: whether a demonstration gets a new day of measurements each day.
    """

    now: Callable[[], datetime]
    env: Environment
    run_hour: int = 6
    fed: bool = False

    def today(self) -> date:
        """Return the clock's day in Europe/Paris."""
        return french.paris_day(self.now())

    def day(self, connection: Connection) -> date:
        """Return the day that a run scores: today; in a demonstration the last measured day."""
        today = self.today()
        if not self.env.is_demonstration:
            return today
        # A measurement dated in the future must not block the schedule.
        return measurements.last_measured_day(connection, until=today) or today

    def next_run_at(self, connection: Connection, day: date) -> datetime | None:
        """Return when the next scheduled run is due; None if a demonstration awaits new measurements.

        Args:
            connection: to read with.
            day: what :meth:`day` returns.
        """
        attempts = attempts_of(connection, day)
        if self.env.is_demonstration and not self.fed and any(not attempt.failed for attempt in attempts):
            return None
        return next_attempt(self.now(), self.run_hour, attempts)


def attempts_of(connection: Connection, day: date) -> list[Attempt]:
    """Return the scheduled runs of a day.

    An interrupted run does not count as a failure of the day: another may start at once.
    """
    return [
        Attempt(row.status in runs.FAILED, None if row.status == "interrompu" else row.finished_at)
        for row in runs.scheduled(connection, day)
    ]
