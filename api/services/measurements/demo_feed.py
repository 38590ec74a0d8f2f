"""Continues the simulated park: adds its next days, and the labels that become known with them.

Only in demo and test, and only while the park is the simulated one.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from api.domain.measurements.rows import DATE, DAYS_LEFT, FAILURE
from api.domain.measurements.sensors import SensorCatalogue
from api.domain.shared.exceptions import Conflict
from api.schemas import french
from api.schemas.measurements import ImportReport
from api.services.measurements.ingest import ingest_file
from api.services.measurements.source import Source
from api.settings import Environment
from api.storage.measurements import import_log, ingestion, measurements
from api.storage.shared import leases
from api.storage.shared.database import Database
from api.storage.shared.jobs import LEASE

if TYPE_CHECKING:
    import pandas as pd

BY = "simulateur"
MAX_DAYS = 366
WINDOW_DAYS = 7  # failure_within_7d means strictly less than 7.0 days
_LEASE = "feed"
log = logging.getLogger(__name__)


@dataclass
class DemoFeed:
    """Continues the simulated sample.

    Args:
        database: holds the simulated park.
        sensors: gives every known sensor.
        env: of the installation.
        now: the clock.
        worker: name under which the lease is taken, so that only one worker adds a day.
    """

    database: Database
    sensors: SensorCatalogue
    env: Environment
    now: Callable[[], datetime]
    worker: str = BY
    _looked_on: date | None = field(default=None)

    def feed(self, days: int) -> tuple[list[date], ImportReport]:
        """Add the days after the last measured one; return them with the import's report.

        Raises:
            Conflict: not a demonstration, a real or empty park, or days in the future.
        """
        last = self._last_simulated_day()
        today = self._today()
        end = last + timedelta(days=days)
        if end > today:
            raise Conflict(
                f"Le parc simulé est mesuré jusqu’au {french.date(last)} : "
                f"{french.days(days)} de plus {'iraient' if days > 1 else 'irait'} "
                f"au-delà d’aujourd’hui ({french.date(today)})."
            )
        with tempfile.TemporaryDirectory(prefix="cockpit-") as folder:
            path = Path(folder) / f"simulation-{end.isoformat()}.csv"
            days_known(last, end).to_csv(path, index=False, lineterminator="\n")
            report = ingest_file(
                self.database,
                path,
                self.sensors(),
                source=Source.SIMULATION,
                imported_by=BY,
                now=self.now(),
            )
        return [last + timedelta(days=n) for n in range(1, days + 1)], report

    def feed_today(self) -> bool:
        """Add one simulated day per real day, by the first worker that asks; True if this call added it.

        The first one comes the day after the sample was installed.
        """
        today = self._today()
        if self._looked_on == today:
            return False
        self._looked_on = today
        with self.database.write() as connection:
            if not leases.take(connection, _LEASE, self.worker, datetime.now(UTC), LEASE):
                return False
            before = import_log.last_from(connection, Source.SIMULATION)
        try:
            if before is not None and french.paris_day(before) >= today:
                return False
            self.feed(1)
        except Conflict as error:
            log.info("no simulated day", extra={"reason": error.detail})
            return False
        finally:
            with self.database.write() as connection:
                leases.release(connection, _LEASE, self.worker)
        return True

    def _today(self) -> date:
        return french.paris_day(self.now())

    def _last_simulated_day(self) -> date:
        if not self.env.is_demonstration:
            raise Conflict("Le simulateur n’alimente le parc qu’en démonstration (COCKPIT_ENV=demo).")
        with self.database.read() as connection:
            sources = ingestion.living_sources(connection)
            last = measurements.last_measured_day(connection)
        if last is None or sources != {Source.SIMULATION}:
            raise Conflict("Le parc n’est pas celui de l’échantillon simulé : rien à prolonger.")
        return last


def days_known(last: date, end: date) -> pd.DataFrame:
    """Return the simulated rows after the published sample, with the labels that are certain on ``end``.

    Args:
        last: the last stored day; the days just before it are repeated for their labels alone.
        end: the last day to add.

    Returns:
        EnergiTech's columns; a label is missing while the failure, or its absence, still lies ahead.
    """
    # The simulation needs pandas; no other command has to load it.
    import pandas as pd  # noqa: PLC0415

    from data.simulator import DAYS, HORIZON_TENTHS, START, simulate  # noqa: PLC0415

    rows = simulate(days=(end - START).days + 1)
    moments = pd.to_datetime(rows[DATE])
    oldest = max(START + timedelta(days=DAYS), last - timedelta(days=HORIZON_TENTHS // 10 + 1))
    rows = rows[moments >= pd.Timestamp(oldest)].reset_index(drop=True)
    # Labels count from the first midnight of a row's day; the day ``end`` is over.
    lived = (pd.Timestamp(end + timedelta(days=1)) - pd.to_datetime(rows[DATE])).dt.days
    ended = rows[DAYS_LEFT] <= lived
    settled = ended | (lived >= WINDOW_DAYS)
    rows[FAILURE] = rows[FAILURE].astype("Int64").where(settled)
    rows[DAYS_LEFT] = rows[DAYS_LEFT].where(ended)
    return rows
