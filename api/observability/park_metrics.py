"""Prometheus metrics of the park: runs, turbines by level and by finding, age of the ranking."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection

from api.domain.plausibility.finding_counts import turbines_by_code
from api.schemas.findings import FINDING_LABELS
from api.schemas.vocabulary import RiskLevel
from api.storage.measurements import import_log
from api.storage.measurements.imports import ImportStatus
from api.storage.park import runs
from api.storage.park.scores import findings_of
from api.storage.shared import jobs, published
from api.storage.shared.database import Database
from api.storage.shared.published import AnyRow


class ParkCollector(Collector):
    """Reads the database at each scrape: the worker does the runs, and Prometheus does not scrape it."""

    def __init__(
        self, database: Database, now: Callable[[], datetime], altered: Callable[[], int] = lambda: 0
    ) -> None:
        self._database, self._now, self._altered = database, now, altered
        self._last_findings: tuple[int, Mapping[str, int]] = (0, {})

    def describe(self) -> Iterable[Metric]:
        """Return no family: registering must not need the database."""
        return []

    def collect(self) -> Iterable[Metric]:
        """Yield the families, from one read of the database."""
        with self._database.read() as connection:
            statuses = runs.count_by_status(connection)
            imported = import_log.counts_by_status(connection)
            run = published.published_run(connection)
            worker_seen = jobs.last_seen(connection)
            findings = {} if run is None else self._findings(connection, run.id)
        ended = CounterMetricFamily("cockpit_runs", "Calculs du parc", labels=["status"])
        for status, count in statuses.items():
            ended.add_metric([status], count)
        yield ended
        files = CounterMetricFamily("cockpit_imports", "Imports de mesures", labels=["status"])
        for status in ImportStatus:
            if status is not ImportStatus.EN_COURS:
                files.add_metric([status], imported.get(status, 0))
        yield files
        yield GaugeMetricFamily(
            "cockpit_models_altered", "Modèles en service altérés, donc refusés", value=self._altered()
        )
        if run is not None:
            yield from self._of_ranking(run, findings)
        if worker_seen is not None:
            yield GaugeMetricFamily(
                "cockpit_worker_seen_timestamp_seconds",
                "Dernier signe de vie d’un calculateur",
                value=worker_seen.timestamp(),
            )

    def _of_ranking(self, run: AnyRow, findings: Mapping[str, int]) -> Iterable[Metric]:
        """Yield the families of the published ranking."""
        levels = GaugeMetricFamily("cockpit_turbines", "Turbines par niveau", labels=["level"])
        for level in RiskLevel:
            levels.add_metric([level.value], (run.counts or {}).get(level.value, 0))
        yield levels
        doubts = GaugeMetricFamily(
            "cockpit_turbines_with_finding", "Turbines qui portent un constat", labels=["code"]
        )
        for code in sorted({*FINDING_LABELS, *findings}):
            doubts.add_metric([code], findings.get(code, 0))
        yield doubts
        yield GaugeMetricFamily("cockpit_turbines_failed", "Turbines non évaluées", value=run.failed)
        yield GaugeMetricFamily(
            "cockpit_turbines_stale", "Turbines dont la mesure est trop ancienne", value=run.stale
        )
        age = (self._now() - run.published_at).total_seconds()
        yield GaugeMetricFamily(
            "cockpit_published_run_age_seconds", "Âge du classement publié [s]", value=age
        )

    def _findings(self, connection: Connection, run_id: int) -> Mapping[str, int]:
        """Return the number of turbines per finding; a published run never changes, so it is read once."""
        if self._last_findings[0] != run_id:
            self._last_findings = run_id, turbines_by_code(findings_of(connection, run_id).values())
        return self._last_findings[1]
