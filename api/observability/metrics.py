"""Prometheus metrics of an API process, in their own registry."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import cache

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from api.domain.shared.exceptions import CockpitError
from api.observability.calls import CallRecord

CONTENT_TYPE = CONTENT_TYPE_LATEST
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)  # [s]
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
log = logging.getLogger(__name__)


class Metrics:
    """Counters that the edge fills, and the registered collectors."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        self._requests = Counter(
            "cockpit_http_requests_total",
            "Requêtes HTTP",
            ["method", "endpoint", "status"],
            registry=self.registry,
        )
        self._durations = Histogram(
            "cockpit_http_request_duration_seconds",
            "Durée des requêtes HTTP [s]",
            ["method", "endpoint"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._predictions = Counter(
            "cockpit_predictions_total",
            "Mesures soumises à prédiction",
            ["purpose", "outcome"],
            registry=self.registry,
        )
        self._log_rows = Counter(
            "cockpit_call_log_rows_total", "Lignes du journal des appels", ["outcome"], registry=self.registry
        )
        self._log_commits = Counter(
            "cockpit_call_log_commits_total",
            "Transactions du journal des appels, une par groupe de lignes",
            registry=self.registry,
        )

    def register(self, collector: Collector) -> None:
        """Add a collector that is read at each scrape; its failures leave the others untouched."""
        self.registry.register(_Guarded(collector))

    def request(self, method: str, endpoint: str, status: int, seconds: float) -> None:
        """Count one answered request; ``endpoint`` is a path template, so that the series stay few."""
        method = method if method in _METHODS else "AUTRE"
        counter, histogram = self._series(method, endpoint, status)
        counter.inc()
        histogram.observe(seconds)

    @cache  # noqa: B019 - lives as long as the process; finding a series costs more than counting
    def _series(self, method: str, endpoint: str, status: int) -> tuple[Counter, Histogram]:
        return self._requests.labels(method, endpoint, status), self._durations.labels(method, endpoint)

    def prediction(self, record: CallRecord, status: int) -> None:
        """Count the measurements of a prediction call by outcome."""
        if record.purpose is None:
            return
        rows = 1 if record.rows is None else record.rows
        if status >= 400:
            self._count(record.purpose, "erreur" if status >= 500 else "refusee", rows)
            return
        self._count(record.purpose, "ok", rows - record.failed_rows)
        self._count(record.purpose, "refusee", record.failed_rows)

    def _count(self, purpose: str, outcome: str, rows: int) -> None:
        if rows:
            self._predictions.labels(purpose, outcome).inc(rows)

    def logged(self, rows: int) -> None:
        """Count one committed group of call log rows."""
        self._log_rows.labels("ecrite").inc(rows)
        self._log_commits.inc()

    def lost(self, rows: int) -> None:
        """Count call log rows that will never be written."""
        self._log_rows.labels("perdue").inc(rows)

    def text(self) -> bytes:
        """Return all metrics in the format that Prometheus scrapes (:data:`CONTENT_TYPE`)."""
        return generate_latest(self.registry)


class _Guarded(Collector):
    """A collector whose expected failures leave a gap instead of failing the whole scrape."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector

    def collect(self) -> Iterable[Metric]:
        try:
            return list(self._collector.collect())
        except CockpitError as error:
            log.warning("collector cannot answer", extra={"reason": error.detail})
            return []
