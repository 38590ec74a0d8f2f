"""The park's day, and the time of its next scheduled run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection

from api.domain.park.schedule import Attempt, next_attempt
from api.schemas import french
from api.services.measurements.source import is_simulated
from api.settings import Environment
from api.storage.measurements import measurements
from api.storage.park import runs


class NextRun(NamedTuple):
    """When the next scheduled run is due, and the sentence that every page says of it.

    ``at`` is None while none is due: ``words`` gives the reason.
    """

    at: datetime | None
    words: str


@dataclass(frozen=True)
class ParkCalendar:
    """The park's day and schedule, read through the caller's own connection.

    Args:
        now: the clock.
        env: in a demonstration the park does not age.
        run_hour: hour of the daily run, Europe/Paris.
        fed: whether a demonstration on the simulated park gets a new day of measurements each day.
        awaits_models: whether the living park waits for models of its own.
    """

    now: Callable[[], datetime]
    env: Environment
    run_hour: int = 6
    fed: bool = False
    awaits_models: Callable[[Connection], bool] = lambda _connection: False

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

    def next_run(self, connection: Connection, day: date | None = None) -> NextRun:
        """Return when the next scheduled run is due: the one source for every page.

        Args:
            connection: to read with.
            day: what :meth:`day` returns, where the caller has it already.
        """
        if self.awaits_models(connection):
            return NextRun(None, "Aucun calcul n’est prévu : le parc attend ses propres modèles.")
        attempts = attempts_of(connection, day or self.day(connection))
        done = any(not attempt.failed for attempt in attempts)
        if done and self.env.is_demonstration and not (self.fed and is_simulated(connection)):
            return NextRun(None, "Aucun calcul n’est prévu : la démonstration attend de nouvelles mesures.")
        at = next_attempt(self.now(), self.run_hour, attempts)
        words = "Calcul dû depuis" if at <= self.now() else "Prochain calcul"
        return NextRun(at, f"{words} le {french.date(at)}.")


def attempts_of(connection: Connection, day: date) -> list[Attempt]:
    """Return the scheduled runs of a day.

    An interrupted run does not count as a failure of the day: another may start at once.
    """
    return [
        Attempt(row.status in runs.FAILED, None if row.status == "interrompu" else row.finished_at)
        for row in runs.scheduled(connection, day)
    ]
