"""Figures of realised quality, with their intervals, from sums over turbines.

Every figure is a ratio of sums over turbines. Its 95 % interval is Wilson's where each failure measurement is
a failure of its own. Otherwise turbines are resampled, because rows before the same failure repeat each
other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from api.domain.models.quality import ReliabilityBin
from api.domain.models.statistics import Estimate, Floats, GroupBootstrap, wilson
from api.domain.quality.realised import FailureEvent, JudgedScore, ScoreStanding
from api.schemas.vocabulary import RiskLevel


@dataclass(frozen=True)
class AlertQuality:
    """Alerts of one kind against the outcomes; ``rows`` is their total."""

    rows: int
    true_negatives: int
    false_positives: int
    false_negatives: int
    true_positives: int
    precision: Estimate
    recall: Estimate


@dataclass(frozen=True)
class LevelQuality:
    """The scores published at a level, and alerts from that level upwards."""

    level: RiskLevel
    rows: int
    failures: int
    at_or_above: AlertQuality


@dataclass(frozen=True)
class DaysQuality:
    """Published days left against those that remained [days]; bias > 0 means too late.

    Args:
        rows: with both known.
        interval_rows: those of them published with an interval.
        coverage: share of these whose interval held the true days.
    """

    rows: int
    mae: Estimate
    bias: Estimate
    interval_rows: int
    coverage: Estimate


@dataclass(frozen=True)
class PeriodQuality:
    """One month or week of rankings, at the published threshold and at ``eleve`` or above."""

    start: date
    at_threshold: AlertQuality
    at_alert: AlertQuality


@dataclass(frozen=True)
class ModelQuality:
    """One model version: a classifier has ``at_threshold``, an estimator of days ``days``."""

    name: str
    version: int
    task: str
    at_threshold: AlertQuality | None
    days: DaysQuality | None


@dataclass(frozen=True)
class EventQuality:
    """Failure events, and how long before each the alert stood [days]."""

    total: int
    announced: int
    recall: Estimate
    lead_known: int
    lead_mean: Estimate
    lead_median: float | None
    lead_shortest: float | None
    lead_longest: float | None
    missed: tuple[FailureEvent, ...]


@dataclass(frozen=True)
class RealisedQuality:
    """Everything measured; ``counts`` is the number of published scores by standing."""

    turbines: int
    counts: dict[ScoreStanding, int]
    failures: int
    independent: bool
    at_threshold: AlertQuality
    levels: tuple[LevelQuality, ...]
    models: tuple[ModelQuality, ...]
    periods: tuple[PeriodQuality, ...]
    calibration: tuple[ReliabilityBin, ...]
    days: DaysQuality
    days_short: DaysQuality
    short_horizon_days: float
    events: EventQuality
    false_alerts_total: int
    false_alerts: tuple[JudgedScore, ...]


class Figures:
    """Turns sums per group of turbines into figures.

    Args:
        groups: number of groups of turbines with scores.
        events: failures behind the failure measurements.
        failures: failure measurements.
    """

    def __init__(self, groups: int, events: int, failures: int) -> None:
        self.independent = events == failures
        self._groups, self._events = groups, events
        self._bootstrap = GroupBootstrap(np.arange(groups))

    def alerts(self, sums: Floats) -> AlertQuality:
        """Return alerts from (4, groups) sums, in the order of the fields of :class:`AlertQuality`."""
        true_negatives, false_positives, false_negatives, true_positives = (int(n) for n in sums.sum(axis=1))
        return AlertQuality(
            rows=int(sums.sum()),
            true_negatives=true_negatives,
            false_positives=false_positives,
            false_negatives=false_negatives,
            true_positives=true_positives,
            precision=self.share(sums[3], sums[1] + sums[3]),
            recall=self.share(sums[3], sums[2] + sums[3]),
        )

    def share(self, hits: Floats, trials: Floats) -> Estimate:
        """Return a proportion from (groups,) sums."""
        successes, total = int(hits.sum()), int(trials.sum())
        if self.independent or not total:
            return wilson(successes, total)
        if successes in {0, total}:
            # No replicate differs: the independent observations are the turbines, not the rows.
            carrying = int((trials > 0).sum())
            return wilson(carrying if successes else 0, carrying)
        return self._resampled(hits, trials, self._events)

    def mean(self, sums: Floats, rows: Floats) -> Estimate:
        """Return a mean from (groups,) sums and counts; turbines are resampled; None over no row."""
        return self._resampled(sums, rows, int((rows > 0).sum())) if rows.any() else Estimate(None)

    def days(self, sums: Floats) -> DaysQuality:
        """Return errors from (5, groups) sums.

        Rows, absolute errors, errors, rows with an interval, rows inside it, in this order.
        """
        return DaysQuality(
            rows=int(sums[0].sum()),
            mae=self.mean(sums[1], sums[0]),
            bias=self.mean(sums[2], sums[0]),
            interval_rows=int(sums[3].sum()),
            coverage=self.mean(sums[4], sums[3]),
        )

    def _resampled(self, sums: Floats, rows: Floats, carrying: int) -> Estimate:
        top, bottom = sums[: self._groups], rows[: self._groups]
        return self._bootstrap.quotient(top, bottom, carrying)
