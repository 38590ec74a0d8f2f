"""Gives a park its past: the last year scored by its own models, as soon as it has rows and models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from api.schemas import french
from api.services.measurements.source import is_simulated
from api.services.models.active_models import ActiveModels, ActiveModelsSource
from api.services.park.history.history import ParkHistory
from api.services.park.history.keeping import any_reference, is_up_to_date
from api.services.park.run import ParkRunService
from api.storage.measurements import import_log, measurements
from api.storage.park import attempts
from api.storage.shared import published
from api.storage.shared.database import Database

YEAR = timedelta(days=365)  # the past that is scored without being asked for; commands score older days
BY = "historique"
_State = tuple[int, int, int | None]


@dataclass
class HistoryUpkeep:
    """Queues what is missing when rows, models or the published ranking changed.

    Real rows that replace the simulated park, the first model of a real park, the first model of a second
    task: each leads to a ranking of the last measured day, then to the year before it.

    Args:
        database: of the park.
        models: in force.
        runner: takes the request for the present ranking.
        history: takes the request for the past.
        now: the clock.
    """

    database: Database
    models: ActiveModelsSource
    runner: ParkRunService
    history: ParkHistory
    now: Callable[[], datetime]
    _seen: _State | None = field(default=None)

    def look(self) -> None:
        """Queue the missing ranking or the missing past; do nothing while nothing changed."""
        models = self.models.current()
        if models.borrowed or models.problems or models.classifier is None:
            return
        with self.database.read() as connection:
            run = published.published_run(connection)
            state = models.revision, import_log.last_ended(connection), run and run.id
            if state == self._seen or not self._belong(connection, models):
                return
            day = self.unscored_day(connection, models)
            period = None if run is None else self.period(connection)
        if day is not None:
            self.runner.request(day, kind="manuel", by=BY)
        elif period is not None:
            self.history.ask(*period, by=BY)
        self._seen = state

    def period(self, connection: Connection) -> tuple[date, date] | None:
        """Return the days of the park's year, up to the published ranking or the last measurement.

        None for a park without a measurement.
        """
        first = measurements.first_measured_day(connection)
        run = published.published_run(connection)
        last = run.as_of if run is not None else self._last_measured(connection)
        if first is None or last is None or first > last:
            return None
        return max(first, last - YEAR), last

    def _belong(self, connection: Connection, models: ActiveModels) -> bool:
        """Tell whether park and models go together: a real park has no past by reference models."""
        return is_simulated(connection) or not any_reference(self.history.store, models)

    def unscored_day(self, connection: Connection, models: ActiveModels) -> date | None:
        """Return the day whose ranking is to be made first; None if the published one stands.

        A scheduled run of that day, whatever became of it, is the schedule's.
        """
        run = published.published_run(connection)
        if run is not None:
            current = is_up_to_date(connection, self.history.store, run.models, models)
            return None if current else run.as_of
        return None if attempts.last_attempt(connection) is not None else self._last_measured(connection)

    def _last_measured(self, connection: Connection) -> date | None:
        return measurements.last_measured_day(connection, until=french.paris_day(self.now()))
