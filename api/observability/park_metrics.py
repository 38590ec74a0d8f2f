"""What Prometheus reads of the park: runs, turbines by level and by finding, age of the ranking."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection

from api.domain.plausibility.finding_counts import turbines_by_code
from api.schemas.findings import FINDING_LABELS
from api.schemas.vocabulary import RiskLevel
from api.storage.park import runs
from api.storage.shared import jobs, published
from api.storage.shared.database import Database
from api.storage.turbines import coverage


class ParkCollector(Collector):
    """Reads the database at each scrape: the worker, which carries runs out, is scraped by nobody."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database, self._now = database, now
        self._found: tuple[int, Mapping[str, int]] = (0, {})

    def describe(self) -> Iterable[Metric]:
        """Nothing before the first scrape: registering must not need the database."""
        return []

    def collect(self) -> Iterable[Metric]:
        """The families, from one look at the database."""
        with self._database.read() as connection:
            statuses = runs.count_by_status(connection)
            shown = published.published_run(connection)
            seen = jobs.last_seen(connection)
            found = {} if shown is None else self._findings(connection, shown.id)
        ended = CounterMetricFamily("cockpit_runs", "Calculs du parc", labels=["status"])
        for status, count in statuses.items():
            ended.add_metric([status], count)
        yield ended
        if shown is not None:
            levels = GaugeMetricFamily("cockpit_turbines", "Turbines par niveau", labels=["level"])
            for level in RiskLevel:
                levels.add_metric([level.value], (shown.counts or {}).get(level.value, 0))
            yield levels
            doubts = GaugeMetricFamily(
                "cockpit_turbines_with_finding", "Turbines qui portent un constat", labels=["code"]
            )
            for code in sorted({*FINDING_LABELS, *found}):
                doubts.add_metric([code], found.get(code, 0))
            yield doubts
            yield GaugeMetricFamily("cockpit_turbines_failed", "Turbines non évaluées", value=shown.failed)
            yield GaugeMetricFamily(
                "cockpit_turbines_stale", "Turbines à la mesure périmée", value=shown.stale
            )
            age = (self._now() - shown.published_at).total_seconds()
            yield GaugeMetricFamily(
                "cockpit_published_run_age_seconds", "Âge du classement publié [s]", value=age
            )
        if seen is not None:
            yield GaugeMetricFamily(
                "cockpit_worker_seen_timestamp_seconds",
                "Dernier signe de vie d’un calculateur",
                value=seen.timestamp(),
            )

    def _findings(self, connection: Connection, run_id: int) -> Mapping[str, int]:
        """Turbines per finding; a published run never changes, so it is read once."""
        if self._found[0] != run_id:
            self._found = run_id, turbines_by_code(coverage.findings_of(connection, run_id).values())
        return self._found[1]
