"""Evaluation of a model: its measured quality on rows that it has not seen.

Every figure carries a 95 % interval: Wilson's for a proportion, if each failure row is its own failure event;
else from resampled turbines. Accuracy is left out on purpose: where failures are rare, it flatters a model
that never raises an alert.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from api.domain.models.blocks import EVENT_GAP_DAYS, days_after, days_of_failure, groups_of
from api.domain.models.quality import (
    SHORT_HORIZON_DAYS,
    ClassificationQuality,
    DaysError,
    DaysErrorRange,
    RegressionQuality,
    ReliabilityBin,
)
from api.domain.models.statistics import (
    Estimate,
    Floats,
    GroupBootstrap,
    GroupedRanking,
    ratio,
    wilson,
    within,
)
from api.domain.models.threshold_costs import Scores

# 0.06 is the threshold of the default costs (3,000 / 50,000 €); the others span usual choices.
THRESHOLDS = (0.5, 0.2, 0.1, 0.06, 0.05, 0.02)
# Where most rows lie near zero, equal steps would put them all in one bin: borders follow the thresholds.
RELIABILITY_BORDERS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
DAYS_LEFT_BORDERS = (0.0, 7.0, SHORT_HORIZON_DAYS, 30.0, 60.0)


_SAME = 1e-9  # answers closer than this are one: a sum of equal trees differs in its last bits


@dataclass(frozen=True)
class Unseen:
    """Rows that the model has not seen, with their outcomes.

    Args:
        turbines: (n,) turbine of each row.
        days: (n,) calendar day of each row.
        truth: (n,) 1 for a failure and 0 otherwise, or the days that really remained.
        output: (n,) the model's raw output, in the same unit.
    """

    turbines: NDArray[np.str_]
    days: NDArray[np.datetime64]
    truth: Floats
    output: Floats


def failure_events(turbines: NDArray[np.str_], days: NDArray[np.datetime64], truth: Floats) -> int:
    """Count the distinct failures behind the failure rows.

    A turbine's failure rows are one event while they follow each other within the label's horizon.
    """
    failing = truth > 0
    events = 0
    last: dict[str, date] = {}
    for day, turbine in sorted(zip(days[failing].tolist(), turbines[failing].tolist(), strict=True)):
        previous = last.get(turbine)
        if previous is None or (day - previous).days > EVENT_GAP_DAYS:
            events += 1
        last[turbine] = day
    return events


def evaluate_classification(unseen: Unseen) -> ClassificationQuality:
    """Measure the quality of probabilities of failure.

    Raises:
        ValueError: no row, or only one outcome among them: nothing can be ranked.
    """
    truth, output = unseen.truth, unseen.output
    failures = int(truth.sum())
    if not 0 < failures < len(truth):
        raise ValueError("unseen rows must hold both failures and non-failures")
    events = failure_events(unseen.turbines, unseen.days, truth)
    turbines = len(np.unique(unseen.turbines))
    groups, blocks = groups_of(unseen.turbines, unseen.days, days_of_failure(unseen.days, truth))
    unseen = replace(unseen, turbines=groups)
    scores = Scores(groups, truth, output)
    bootstrap = scores.bootstrap
    ranking = GroupedRanking(truth, output, bootstrap.group)
    return ClassificationQuality(
        rows=len(truth),
        turbines=turbines,
        blocks=blocks,
        failures=failures,
        failure_events=events,
        prevalence=failures / len(truth),
        roc_auc=bootstrap.interval(ranking.roc_auc, events),
        average_precision=bootstrap.interval(ranking.average_precision, events),
        brier=bootstrap.mean((output - truth) ** 2, events),
        thresholds=tuple(scores.row(threshold, events) for threshold in THRESHOLDS),
        reliability=tuple(_reliability(unseen, events)),
        constant=_constant(output),
    )


def _constant(output: Floats) -> float | None:
    """Return the only answer of a model; None where it gave several."""
    return float(output[0]) if np.ptp(output) <= _SAME * max(1.0, float(np.abs(output[0]))) else None


def _reliability(unseen: Unseen, events: int) -> Iterator[ReliabilityBin]:
    """Compare announced probability and observed share of failures, for each bin that holds a row."""
    independent = events == int(unseen.truth.sum())
    index = np.searchsorted(RELIABILITY_BORDERS[1:-1], unseen.output, side="right")
    for place, (low, high) in enumerate(pairwise(RELIABILITY_BORDERS)):
        kept = index == place
        rows, failing = int(kept.sum()), unseen.truth[kept]
        if not rows:
            continue
        failures = int(failing.sum())
        bootstrap = GroupBootstrap(unseen.turbines[kept])
        if independent:
            observed = wilson(failures, rows)
        elif failures in {0, rows}:
            # No replicate differs: the independent observations are the turbines, not the rows.
            observed = wilson(bootstrap.count if failures else 0, bootstrap.count)
        else:
            observed = bootstrap.mean(failing)
        yield ReliabilityBin(low, high, rows, failures, float(unseen.output[kept].mean()), observed)


def evaluate_regression(unseen: Unseen, training_median: float) -> RegressionQuality:
    """Measure the quality of estimated days before failure; an answer below zero counts as zero, as shown.

    Args:
        unseen: rows with the days that really remained.
        training_median: the constant answer of a person without a model, known at the cut [days].

    Raises:
        ValueError: fewer than two rows.
    """
    if len(unseen.truth) < 2:
        raise ValueError("unseen rows must hold at least two known times to failure")
    truth, negative = unseen.truth, int((unseen.output < 0).sum())
    unseen = replace(unseen, output=np.maximum(unseen.output, 0.0))
    constants = training_median, float(np.median(truth))
    turbines = len(np.unique(unseen.turbines))
    groups, blocks = groups_of(unseen.turbines, unseen.days, days_after(unseen.days, truth))
    unseen = replace(unseen, turbines=groups)
    bootstrap = GroupBootstrap(groups)
    centred = truth - truth.mean()  # keeps the difference of squares below accurate
    rows, squared, apart, spread = map(
        bootstrap.sums, (np.ones(len(truth)), (unseen.output - truth) ** 2, centred, centred**2)
    )

    def rmse(draws: Floats) -> Floats:
        return np.sqrt(ratio(draws @ squared, draws @ rows))

    def r2(draws: Floats) -> Floats:
        """Return 1 − residual variance ÷ variance of the truth."""
        return 1.0 - ratio(draws @ squared, draws @ spread - ratio((draws @ apart) ** 2, draws @ rows))

    return RegressionQuality(
        rows=len(truth),
        turbines=turbines,
        blocks=blocks,
        overall=_days_error(unseen, np.ones(len(truth), dtype=bool), constants),
        rmse=bootstrap.interval(rmse),
        r2=bootstrap.interval(r2),
        training_median=training_median,
        short_horizon_days=SHORT_HORIZON_DAYS,
        short_horizon=_days_error(unseen, truth <= SHORT_HORIZON_DAYS, constants),
        by_days_left=tuple(_by_days_left(unseen, constants)),
        constant=_constant(unseen.output),
        negative=negative,
    )


def _by_days_left(unseen: Unseen, constants: tuple[float, float]) -> Iterator[DaysErrorRange]:
    for low, high in zip(DAYS_LEFT_BORDERS, (*DAYS_LEFT_BORDERS[1:], None), strict=True):
        kept = within(unseen.truth, low, high)
        if kept.any():
            yield DaysErrorRange(low, high, _days_error(unseen, kept, constants))


def _days_error(unseen: Unseen, kept: NDArray[np.bool_], constants: tuple[float, float]) -> DaysError:
    """Return the errors on some rows, beside those of two constants: the median at the cut, in hindsight."""
    truth, error = unseen.truth[kept], (unseen.output - unseen.truth)[kept]
    bootstrap = GroupBootstrap(unseen.turbines[kept])
    if not len(error):
        return DaysError(0, 0, Estimate(None), Estimate(None), None)
    wrong = bootstrap.sums(np.abs(error))
    known, hindsight = (bootstrap.sums(np.abs(constant - truth)) for constant in constants)

    def skill(draws: Floats) -> Floats:
        return 1.0 - ratio(draws @ wrong, np.minimum(draws @ known, draws @ hindsight))

    return DaysError(
        rows=len(error),
        turbines=bootstrap.count,
        mae=bootstrap.mean(np.abs(error)),
        bias=bootstrap.mean(error),
        mae_of_median=float(known.sum()) / len(error),
        mae_of_constant=float(min(known.sum(), hindsight.sum())) / len(error),
        skill=bootstrap.interval(skill),
    )
