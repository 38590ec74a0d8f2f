"""Measures a model on unseen rows: quality, calibration, intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from api.domain.models.calibration import Calibration, cross_fitted, judge_calibration
from api.domain.models.conformal import IntervalTable, conformal_table
from api.domain.models.evaluation import Unseen, evaluate_classification, evaluate_regression, failure_events
from api.domain.models.quality import ClassificationQuality, RegressionQuality
from api.domain.models.threshold_costs import Scores
from api.domain.shared.exceptions import InvalidInput
from api.inference.importing.child.measuring.evidence import Evidence
from api.inference.serving.loaded import Floats, RawOutput

Quality = ClassificationQuality | RegressionQuality
NOT_JUDGED = Calibration(
    "non_calibree", "Probabilité brute du modèle : sans lignes non vues, aucune calibration n’est jugée."
)
DAYS_ARE_NOT = Calibration("sans_objet", "Un nombre de jours n’est pas une probabilité.")


@dataclass(frozen=True)
class Measures:
    """The measures of a model; nothing where nobody declared which rows are unseen.

    Args:
        scores: the unseen rows with the probability that would be shown; None for days.
    """

    quality: Quality | None
    calibration: Calibration
    interval: IntervalTable | None
    scores: Scores | None = None


def measure(evidence: Evidence | None, output: RawOutput, classifier: bool) -> Measures:
    """Measure a model on the rows that it has not seen.

    Args:
        evidence: labelled rows and their parts; None without labelled rows.
        output: the runtime that will answer.
        classifier: whether the output is a probability.

    Raises:
        InvalidInput: the unseen rows hold a single outcome, or too few days.
    """
    if evidence is None or evidence.training is None or evidence.unseen is None:
        return Measures(None, NOT_JUDGED if classifier else DAYS_ARE_NOT, None)
    rows, kept = evidence.rows, evidence.unseen
    unseen = Unseen(rows.turbines[kept], rows.days[kept], rows.labels[kept], output(rows.features[kept]))
    try:
        if classifier:
            return _classifier(unseen)
        median = float(np.median(rows.labels[evidence.training]))
        table = conformal_table(unseen.output, unseen.truth, unseen.turbines)
        return Measures(evaluate_regression(unseen, median), DAYS_ARE_NOT, table)
    except ValueError as error:
        raise too_few() from error


def too_few() -> InvalidInput:
    """Return the refusal of unseen rows that are too few to measure on."""
    return InvalidInput.single(
        "split",
        "les lignes non vues ne suffisent pas à mesurer : il faut des pannes et des non-pannes, ou au "
        "moins deux délais connus.",
    )


def _classifier(unseen: Unseen) -> Measures:
    """Measure the probability that people see: calibrated by other turbines' rows, once adopted."""
    raw_quality = evaluate_classification(unseen)
    events = failure_events(unseen.turbines, unseen.days, unseen.truth)
    calibration = judge_calibration(unseen.output, unseen.truth, unseen.turbines, events)
    if calibration.table is None:
        return Measures(raw_quality, calibration, None, _scores(unseen))
    probabilities: Floats = cross_fitted(
        calibration.table.method, unseen.output, unseen.truth, unseen.turbines
    )
    calibrated = Unseen(unseen.turbines, unseen.days, unseen.truth, probabilities)
    return Measures(evaluate_classification(calibrated), calibration, None, _scores(calibrated))


def _scores(unseen: Unseen) -> Scores:
    return Scores(unseen.turbines, unseen.truth, unseen.output)
