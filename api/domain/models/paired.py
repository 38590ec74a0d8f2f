"""Two versions measured on identical rows that neither has seen, and how sure their difference is.

Both versions meet the same turbines in each replicate, so what makes a turbine easy or hard for both cancels
out. The interval of the difference is narrower than the two intervals side by side suggest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from api.domain.models.evaluation import Unseen, failure_events
from api.domain.models.quality import SHORT_HORIZON_DAYS
from api.domain.models.statistics import Estimate, Floats, GroupBootstrap, GroupedRanking, Statistic, ratio
from api.domain.policy.risk_policy import RiskPolicy

# None for a bias, which is best at zero.
HIGHER_IS_BETTER: Mapping[str, bool | None] = {
    "roc_auc": True,
    "average_precision": True,
    "brier": False,
    "precision": True,
    "recall": True,
    "cost_eur": False,
    "mae": False,
    "rmse": False,
    "bias": None,
    "mae_short": False,
}


@dataclass(frozen=True)
class PairedFigure:
    """A figure of quality for both versions.

    Args:
        key: one of :data:`HIGHER_IS_BETTER`.
        left: of the first version, with its interval.
        right: of the second one.
        difference: right minus left, with the interval of the difference itself.
    """

    key: str
    left: Estimate
    right: Estimate
    difference: Estimate

    @property
    def better(self) -> Literal["left", "right"] | None:
        """The version that the whole interval of the difference favours; None if it reaches zero."""
        upwards = HIGHER_IS_BETTER[self.key]
        low, high = self.difference.low, self.difference.high
        if upwards is None or low is None or high is None or low <= 0 <= high:
            return None
        return "right" if (low > 0) == upwards else "left"


@dataclass(frozen=True)
class PairedQuality:
    """Both versions on the same rows; ``failures`` and ``failure_events`` are None for estimated days."""

    rows: int
    turbines: int
    failures: int | None
    failure_events: int | None
    figures: tuple[PairedFigure, ...]


def compare_classifiers(left: Unseen, right: Unseen, policy: RiskPolicy) -> PairedQuality:
    """Compare two probabilities of failure.

    Args:
        left: rows with the first version's output.
        right: the same rows with the second one's.
        policy: alerts are counted at its threshold; ``cost_eur`` is the cost per row of alerts and missed
            failures, at its costs [€].

    Raises:
        ValueError: the rows differ, or hold a single outcome.
    """
    _identical(left, right)
    failures = int(left.truth.sum())
    if not 0 < failures < len(left.truth):
        raise ValueError("unseen rows must hold both failures and non-failures")
    events = failure_events(left.turbines, left.days, left.truth)
    bootstrap = GroupBootstrap(left.turbines)
    first, second = (_of_classifier(side, bootstrap, policy) for side in (left, right))
    figures = tuple(_paired(key, first[key], second[key], bootstrap, events) for key in first)
    return PairedQuality(len(left.truth), bootstrap.count, failures, events, figures)


def compare_regressors(left: Unseen, right: Unseen) -> PairedQuality:
    """Compare two estimates of the days before failure.

    Args:
        left: rows with the first version's output.
        right: the same rows with the second one's.

    Raises:
        ValueError: the rows differ, or are fewer than two.
    """
    _identical(left, right)
    if len(left.truth) < 2:
        raise ValueError("unseen rows must hold at least two known times to failure")
    near = left.truth <= SHORT_HORIZON_DAYS
    figures = [*_days_figures(left, right, np.ones(len(near), dtype=bool), ("mae", "rmse", "bias"))]
    if near.any():
        figures += _days_figures(left, right, near, ("mae_short",))
    return PairedQuality(len(near), len(np.unique(left.turbines)), None, None, tuple(figures))


def _identical(left: Unseen, right: Unseen) -> None:
    for name in ("turbines", "days", "truth"):
        if not np.array_equal(getattr(left, name), getattr(right, name)):
            raise ValueError("both versions must be measured on the same rows")


def _of_classifier(side: Unseen, bootstrap: GroupBootstrap, policy: RiskPolicy) -> dict[str, Statistic]:
    failing, alert, sums = side.truth > 0, side.output >= policy.threshold, bootstrap.sums
    rows, squared = sums(np.ones(len(alert))), sums((side.output - side.truth) ** 2)
    hits, alerts, failures = sums(failing & alert), sums(alert), sums(failing)
    costs = policy.cost_intervention_eur * alerts + policy.cost_failure_eur * sums(failing & ~alert)
    ranking = GroupedRanking(side.truth, side.output, bootstrap.group)
    return {
        "roc_auc": ranking.roc_auc,
        "average_precision": ranking.average_precision,
        "brier": lambda w: ratio(w @ squared, w @ rows),
        "precision": lambda w: ratio(w @ hits, w @ alerts),
        "recall": lambda w: ratio(w @ hits, w @ failures),
        "cost_eur": lambda w: ratio(w @ costs, w @ rows),
    }


def _days_figures(
    left: Unseen, right: Unseen, kept: NDArray[np.bool_], keys: tuple[str, ...]
) -> list[PairedFigure]:
    bootstrap = GroupBootstrap(left.turbines[kept])
    first, second = (_of_regressor((side.output - side.truth)[kept], bootstrap) for side in (left, right))
    return [_paired(key, first[key], second[key], bootstrap) for key in keys]


def _of_regressor(error: Floats, bootstrap: GroupBootstrap) -> dict[str, Statistic]:
    rows, apart, squared, signed = map(bootstrap.sums, (np.ones(len(error)), np.abs(error), error**2, error))
    mae: Statistic = lambda w: ratio(w @ apart, w @ rows)  # noqa: E731
    return {
        "mae": mae,
        "mae_short": mae,
        "rmse": lambda w: np.sqrt(ratio(w @ squared, w @ rows)),
        "bias": lambda w: ratio(w @ signed, w @ rows),
    }


def _paired(
    key: str, left: Statistic, right: Statistic, bootstrap: GroupBootstrap, events: int | None = None
) -> PairedFigure:
    def difference(weights: Floats) -> Floats:
        return right(weights) - left(weights)

    first, second, apart = (bootstrap.interval(each, events) for each in (left, right, difference))
    return PairedFigure(key, first, second, apart)
