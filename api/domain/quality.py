"""What was measured of a model, each figure with its 95 % interval: shapes only, so reading costs nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from api.domain.statistics import Estimate


@dataclass(frozen=True)
class ThresholdRow:
    """Alerts raised at one threshold, against what happened."""

    threshold: float
    true_negatives: int
    false_positives: int
    false_negatives: int
    true_positives: int
    precision: Estimate
    recall: Estimate
    f1: Estimate


@dataclass(frozen=True)
class ClassificationQuality:
    """How well a probability of failure was worth, on unseen rows."""

    rows: int
    turbines: int
    failures: int
    failure_events: int
    prevalence: float
    roc_auc: Estimate
    average_precision: Estimate
    brier: Estimate
    thresholds: tuple[ThresholdRow, ...]
    task: Literal["classification"] = "classification"


@dataclass(frozen=True)
class DaysError:
    """Errors of an estimated time to failure, over some rows [days]; bias > 0 means too late."""

    rows: int
    turbines: int
    mae: Estimate
    bias: Estimate
    mae_of_median: float | None


@dataclass(frozen=True)
class RegressionQuality:
    """How well an estimated time to failure was worth, on unseen rows [days]."""

    rows: int
    turbines: int
    overall: DaysError
    rmse: Estimate
    r2: Estimate
    training_median: float
    short_horizon_days: float
    short_horizon: DaysError
    task: Literal["regression"] = "regression"
