"""Counts a park's judged scores, turbine by turbine.

Only sums are kept of a counted score, so that a year of a large park fits in little memory.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from statistics import median
from typing import Literal

import numpy as np

from api.domain.models.evaluation import RELIABILITY_BORDERS
from api.domain.models.quality import SHORT_HORIZON_DAYS, ReliabilityBin
from api.domain.models.statistics import Floats, wilson
from api.domain.policy.levels import SEVERITY
from api.domain.quality.figures import (
    EventQuality,
    Figures,
    LevelQuality,
    ModelQuality,
    PeriodQuality,
    RealisedQuality,
)
from api.domain.quality.realised import FailureEvent, JudgedScore, ModelVersion, ScoreStanding, events_of
from api.schemas.vocabulary import RiskLevel

Period = Literal["month", "week"]
# With more turbines than this, several share a group of the bootstrap; groups stay independent of each other.
GROUPS = 500
# The longest lists of failures and false alerts that an answer holds; the CSV holds everything.
MAX_LISTED = 200
_INNER_BORDERS = RELIABILITY_BORDERS[1:-1]


def period_start(day: date, period: Period) -> date:
    """Return the first day of the month, or the Monday of the week."""
    return day.replace(day=1) if period == "month" else day - timedelta(days=day.weekday())


def _confusion() -> Floats:
    return np.zeros((4, GROUPS))


def _errors() -> Floats:
    return np.zeros((5, GROUPS))


class RealisedTally:
    """Sums over the park.

    Args:
        period: by which rankings are grouped.
    """

    def __init__(self, period: Period = "month") -> None:
        self._period: Period = period
        self._counts: Counter[ScoreStanding] = Counter()
        self._threshold = _confusion()
        self._levels: defaultdict[RiskLevel, Floats] = defaultdict(_confusion)
        self._periods: defaultdict[date, Floats] = defaultdict(_confusion)
        self._alert_periods: defaultdict[date, Floats] = defaultdict(_confusion)
        self._classifiers: defaultdict[ModelVersion, Floats] = defaultdict(_confusion)
        self._estimators: defaultdict[ModelVersion, Floats] = defaultdict(_errors)
        self._days, self._short = _errors(), _errors()
        # Per bin of probability: rows, failures, sum of the probabilities.
        self._bins = np.zeros((len(RELIABILITY_BORDERS) - 1, 3, GROUPS))
        self._missed: list[FailureEvent] = []
        self._false: list[JudgedScore] = []
        self._leads: list[tuple[int, float]] = []
        self._false_total = self._events = self._announced = self._turbines = 0

    def add_turbine(self, judged: Sequence[JudgedScore]) -> None:
        """Count a turbine's scores, from :func:`api.domain.quality.realised.judge_turbine`."""
        group = self._turbines % GROUPS
        self._turbines += 1
        for judged_score in judged:
            self._counts[judged_score.standing] += 1
            if judged_score.standing is ScoreStanding.COUNTED:
                self._add_alert(judged_score, group)
                self._add_days(judged_score, group)
        for event in events_of(judged):
            self._events += 1
            self._announced += event.announced
            if event.lead_days is not None:
                self._leads.append((group, event.lead_days))
            if not event.announced:
                self._missed.append(event)
        if max(len(self._missed), len(self._false)) > 2 * MAX_LISTED:
            self._missed, self._false = _newest_failures(self._missed), _newest_alerts(self._false)

    def _add_alert(self, judged_score: JudgedScore, group: int) -> None:
        score, failed = judged_score.score, judged_score.failed
        if failed is None or score.probability is None or score.threshold is None:
            return
        start = period_start(score.as_of, self._period)
        at_threshold = 2 * failed + (score.probability >= score.threshold)
        self._threshold[at_threshold, group] += 1
        self._levels[score.level][2 * failed, group] += 1
        self._periods[start][at_threshold, group] += 1
        self._alert_periods[start][2 * failed + score.alerts, group] += 1
        for model in score.models:
            if model.task == "classification":
                self._classifiers[model][at_threshold, group] += 1
        place = bisect_right(_INNER_BORDERS, score.probability)
        self._bins[place, :, group] += (1.0, failed, score.probability)
        if score.alerts and not failed:
            self._false_total += 1
            self._false.append(judged_score)

    def _add_days(self, judged_score: JudgedScore, group: int) -> None:
        score, outcome = judged_score.score, judged_score.outcome
        if outcome is None or outcome.days_left is None or score.days is None:
            return
        error, has, inside = score.days - outcome.days_left, False, False
        if score.low is not None and score.high is not None:
            has, inside = True, score.low <= outcome.days_left <= score.high
        terms = (1.0, abs(error), error, has, inside)
        self._days[:, group] += terms
        if outcome.days_left <= SHORT_HORIZON_DAYS:
            self._short[:, group] += terms
        for model in score.models:
            if model.task == "regression":
                self._estimators[model][:, group] += terms

    def quality(self) -> RealisedQuality:
        """Return the figures over all the turbines added."""
        failures = int(self._threshold[2:].sum())
        figures = Figures(min(self._turbines, GROUPS), self._events, failures)
        return RealisedQuality(
            turbines=self._turbines,
            counts={standing: self._counts[standing] for standing in ScoreStanding},
            failures=failures,
            independent=figures.independent,
            at_threshold=figures.alerts(self._threshold),
            levels=tuple(self._by_level(figures)),
            models=tuple(self._by_model(figures)),
            periods=tuple(
                PeriodQuality(
                    start, figures.alerts(self._periods[start]), figures.alerts(self._alert_periods[start])
                )
                for start in sorted(self._periods)
            ),
            calibration=tuple(self._calibration(figures)),
            days=figures.days(self._days),
            days_short=figures.days(self._short),
            short_horizon_days=SHORT_HORIZON_DAYS,
            events=self._event_quality(figures),
            false_alerts_total=self._false_total,
            false_alerts=tuple(_newest_alerts(self._false)),
        )

    def _by_level(self, figures: Figures) -> Iterator[LevelQuality]:
        """Yield the levels from the most urgent; alerts are raised at a level and above."""
        alerted = _confusion()
        everything = sum(self._levels.values(), start=_confusion())
        for level in sorted(RiskLevel, key=SEVERITY.__getitem__, reverse=True):
            here = self._levels[level]
            alerted[[1, 3]] += here[[0, 2]]
            alerted[[0, 2]] = everything[[0, 2]] - alerted[[1, 3]]
            yield LevelQuality(level, int(here.sum()), int(here[2].sum()), figures.alerts(alerted))

    def _by_model(self, figures: Figures) -> Iterator[ModelQuality]:
        models = {*self._classifiers, *self._estimators}
        for model in sorted(models, key=lambda m: (m.task, m.name, m.version)):
            alerts, days = self._classifiers.get(model), self._estimators.get(model)
            yield ModelQuality(
                model.name,
                model.version,
                model.task,
                None if alerts is None else figures.alerts(alerts),
                None if days is None else figures.days(days),
            )

    def _calibration(self, figures: Figures) -> Iterator[ReliabilityBin]:
        for (low, high), (rows, failed, announced) in zip(
            pairwise(RELIABILITY_BORDERS), self._bins, strict=True
        ):
            if total := int(rows.sum()):
                mean = float(announced.sum() / total)
                yield ReliabilityBin(low, high, total, int(failed.sum()), mean, figures.share(failed, rows))

    def _event_quality(self, figures: Figures) -> EventQuality:
        sums, known = np.zeros(GROUPS), np.zeros(GROUPS)
        for group, lead in self._leads:
            sums[group] += lead
            known[group] += 1
        leads = [lead for _, lead in self._leads]
        return EventQuality(
            total=self._events,
            announced=self._announced,
            # Events are independent of one another, so it does not matter that rows share an event.
            recall=wilson(self._announced, self._events),
            lead_known=len(leads),
            lead_mean=figures.mean(sums, known),
            lead_median=median(leads) if leads else None,
            lead_shortest=min(leads, default=None),
            lead_longest=max(leads, default=None),
            missed=tuple(_newest_failures(self._missed)),
        )


def _newest_failures(events: list[FailureEvent]) -> list[FailureEvent]:
    return sorted(events, key=lambda event: event.last_on, reverse=True)[:MAX_LISTED]


def _newest_alerts(alerts: list[JudgedScore]) -> list[JudgedScore]:
    return sorted(alerts, key=lambda alert: alert.score.as_of, reverse=True)[:MAX_LISTED]
