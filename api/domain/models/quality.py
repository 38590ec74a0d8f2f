"""Measured quality of a model, each figure with its 95 % interval: shapes only, so reading costs nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from api.domain.models.statistics import Estimate

SHORT_HORIZON_DAYS = 14.0
_UNKNOWN = Estimate(None)


@dataclass(frozen=True)
class ThresholdRow:
    """Alerts raised at a threshold, against the outcomes."""

    threshold: float
    true_negatives: int
    false_positives: int
    false_negatives: int
    true_positives: int
    precision: Estimate
    recall: Estimate
    f1: Estimate


@dataclass(frozen=True)
class ReliabilityBin:
    """Rows whose probability lies in [low, high[ (the last bin includes 1): announced and observed share."""

    low: float
    high: float
    rows: int
    failures: int
    mean_probability: float
    observed: Estimate


@dataclass(frozen=True)
class ClassificationQuality:
    """Quality of a probability of failure, on unseen rows.

    Args:
        blocks: drawn again for the intervals in place of turbines, where these are too few; None: turbines.
        constant: the only answer of the model, where it answered nothing else.
    """

    rows: int
    turbines: int
    failures: int
    failure_events: int
    prevalence: float
    roc_auc: Estimate
    average_precision: Estimate
    brier: Estimate
    thresholds: tuple[ThresholdRow, ...]
    reliability: tuple[ReliabilityBin, ...] = ()
    constant: float | None = None
    blocks: int | None = None
    task: Literal["classification"] = "classification"


@dataclass(frozen=True)
class DaysError:
    """Errors of an estimated time to failure, over a set of rows [days]; bias > 0 means too late.

    Args:
        mae_of_median: error of always answering the median known when the model was fitted.
        mae_of_constant: error of the harder constant to beat: that median, or the median of the unseen rows,
            the best constant in hindsight. None in versions measured before it was known.
        skill: 1 − MAE ÷ ``mae_of_constant``; 0 is no better than a constant.
    """

    rows: int
    turbines: int
    mae: Estimate
    bias: Estimate
    mae_of_median: float | None
    mae_of_constant: float | None = None
    skill: Estimate = _UNKNOWN


@dataclass(frozen=True)
class DaysErrorRange:
    """Errors on the rows that really had more than ``low`` and at most ``high`` days left (None: no end)."""

    low: float
    high: float | None
    error: DaysError


@dataclass(frozen=True)
class RegressionQuality:
    """Quality of an estimated time to failure, on unseen rows [days].

    Args:
        blocks: drawn again for the intervals in place of turbines, where these are too few; None: turbines.
        constant: the only answer of the model, where it answered nothing else.
        negative: rows on which the model answered fewer than zero days, measured and shown as zero.
    """

    rows: int
    turbines: int
    overall: DaysError
    rmse: Estimate
    r2: Estimate
    training_median: float
    short_horizon_days: float
    short_horizon: DaysError
    by_days_left: tuple[DaysErrorRange, ...] = ()
    constant: float | None = None
    blocks: int | None = None
    negative: int = 0
    task: Literal["regression"] = "regression"
