"""What each decision threshold would have caught, missed and cost on rows that a model has not seen.

An alert costs an intervention, needed or not; a missed failure costs a failure. The policy's own threshold
follows from the same costs (see :mod:`api.domain.policy.risk_policy`). Each row counts as one decision.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from api.domain.models.quality import ClassificationQuality, ThresholdRow
from api.domain.models.statistics import Estimate, Floats, GroupBootstrap, wilson

# The range of useful thresholds, evenly on a logarithmic scale.
CURVE_THRESHOLDS = tuple(float(f"{t:.3g}") for t in np.geomspace(0.002, 0.9, 36))


@dataclass(frozen=True)
class Costs:
    """Costs of decisions [€].

    Args:
        intervention: paid for each alert, needed or not.
        failure: paid for each failure that was not announced.
    """

    intervention: float
    failure: float

    def of(self, row: ThresholdRow) -> float:
        """Return the cost of every decision behind a row of the table [€]."""
        alerts = row.true_positives + row.false_positives
        return self.intervention * alerts + self.failure * row.false_negatives


@dataclass(frozen=True)
class ThresholdCost:
    """A threshold: counts and proportions, and their cost [€]."""

    row: ThresholdRow
    cost: Estimate
    chosen: bool = False


@dataclass(frozen=True)
class Scores:
    """Unseen rows: turbine, outcome (1 for a failure) and probability that people see, each (n,)."""

    turbines: NDArray[np.str_]
    failed: Floats
    probabilities: Floats

    @cached_property
    def bootstrap(self) -> GroupBootstrap:
        """Replicates of whole turbines."""
        return GroupBootstrap(self.turbines)

    def row(self, threshold: float, events: int) -> ThresholdRow:
        """Return a threshold's counts, and their proportions with intervals.

        Args:
            threshold: alerts are raised from this probability on.
            events: independent failures among the rows.
        """
        hit, false, missed = self._by_turbine(threshold)
        tp, fp, fn = int(hit.sum()), int(false.sum()), int(missed.sum())
        if events == tp + fn:
            precision, recall = wilson(tp, tp + fp), wilson(tp, tp + fn)
        else:
            precision = self.bootstrap.quotient(hit, hit + false, events)
            recall = self.bootstrap.quotient(hit, hit + missed, events)
        f1 = self.bootstrap.quotient(2 * hit, 2 * hit + false + missed, events)
        return ThresholdRow(threshold, len(self.failed) - tp - fp - fn, fp, fn, tp, precision, recall, f1)

    def at(self, threshold: float, costs: Costs, events: int) -> tuple[ThresholdRow, Estimate]:
        """Return :meth:`row`, and the cost of the threshold [€] with its interval."""
        hit, false, missed = self._by_turbine(threshold)
        spent = costs.intervention * (hit + false) + costs.failure * missed
        return self.row(threshold, events), self.bootstrap.interval(lambda draws: draws @ spent, events)

    def _by_turbine(self, threshold: float) -> tuple[Floats, Floats, Floats]:
        """Count hits, false alerts and missed failures of each turbine."""
        failing, alert, sums = self.failed > 0, self.probabilities >= threshold, self.bootstrap.sums
        return sums(failing & alert), sums(~failing & alert), sums(failing & ~alert)


def threshold_table(
    quality: ClassificationQuality, scores: Scores | None, costs: Costs, chosen: float
) -> tuple[ThresholdCost, ...]:
    """Return the measured thresholds and the one in force, from the highest.

    Without ``scores`` (a version stored before they were kept) only the measured thresholds are known, and
    their cost has no interval.
    """
    measured = {row.threshold: row for row in quality.thresholds}
    if scores is None:
        rows = [ThresholdCost(row, Estimate(costs.of(row)), t == chosen) for t, row in measured.items()]
    else:
        rows = [
            ThresholdCost(*scores.at(t, costs, quality.failure_events), t == chosen)
            for t in {*measured, chosen}
        ]
    return tuple(sorted(rows, key=lambda each: -each.row.threshold))


def threshold_curve(
    quality: ClassificationQuality, scores: Scores | None, costs: Costs
) -> tuple[ThresholdCost, ...]:
    """Return the same at each of :data:`CURVE_THRESHOLDS`, to be drawn; empty without ``scores``."""
    if scores is None:
        return ()
    return tuple(ThresholdCost(*scores.at(t, costs, quality.failure_events)) for t in CURVE_THRESHOLDS)
