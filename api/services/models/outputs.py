"""Outputs of the active models for readings, before any policy."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from api.domain.plausibility.trust import Finding
from api.domain.policy.levels import TimeToFailure
from api.schemas import french
from api.services.models.active_models import ActiveModels, ServedModel
from api.services.models.measurement_model import Reading

Floats = NDArray[np.float64]


class Output(NamedTuple):
    """One reading's outputs; None if a model could not answer.

    Args:
        probability: as people see it, calibrated if the model's calibration was adopted.
        days: with the model's interval if it has one; never negative.
        raw: the classifier's own output, before any calibration.
        findings: warnings about these outputs.
        raw_days: the regressor's own output, which may be negative.
    """

    probability: float | None
    days: TimeToFailure | None
    raw: float | None
    findings: tuple[Finding, ...] = ()
    raw_days: float | None = None


def outputs_of(readings: Sequence[Reading], models: ActiveModels) -> list[Output]:
    """Compute one output per reading, in order, with one call of each model.

    Raises:
        ModelUnavailable: no classifier can answer.
    """
    classifier = models.require()
    raw = raw_outputs(classifier, readings)
    calibrated = classifier.model.calibrated(raw)
    days = _days(models.regressor, readings)
    doubt, common = _doubtful_interval(models), _indicative_costs(classifier)
    rows = zip(raw.tolist(), calibrated.tolist(), days, strict=True)
    return [_output(r, p, d, doubt, common) for r, p, d in rows]


def raw_outputs(served: ServedModel, readings: Sequence[Reading]) -> Floats:
    """Compute the (n,) raw outputs, NaN if a feature of the model is missing."""
    matrix = matrix_of(served, readings)
    complete = ~np.isnan(matrix).any(axis=1)
    if complete.all():
        return served.model.raw(matrix)
    outputs = np.full(len(readings), np.nan)
    if complete.any():
        outputs[complete] = served.model.raw(matrix[complete])
    return outputs


def matrix_of(served: ServedModel, readings: Sequence[Reading]) -> Floats:
    """Build the (n, k) matrix of features in the model's order, NaN for missing."""
    names = served.model.manifest.feature_names
    rows = [[reading.values.get(name) for name in names] for reading in readings]
    return np.array(rows, dtype=np.float64).reshape(len(readings), len(names))


class _Days(NamedTuple):
    """One estimate, as shown and as answered; NaN if the model could not answer."""

    days: float
    raw: float
    low: float | None = None
    high: float | None = None
    reliable: bool = True
    proved: bool = False


def _days(regressor: ServedModel | None, readings: Sequence[Reading]) -> list[_Days]:
    if regressor is None:
        return [_Days(float("nan"), float("nan"))] * len(readings)
    model, raw = regressor.model, raw_outputs(regressor, readings)
    shown, bounds = model.calibrated(raw), model.interval(raw)
    if bounds is None:
        return [_Days(*pair) for pair in zip(shown.tolist(), raw.tolist(), strict=True)]
    columns = (shown, raw, *bounds, model.interval_reliable(raw), model.interval_proved(raw))
    return [_Days(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def _output(
    raw: float, probability: float, days: _Days, doubt: Finding, common: tuple[Finding, ...]
) -> Output:
    if isnan(raw):
        return Output(None, None, None)
    answered = not isnan(days.days)
    if not answered:
        return Output(probability, None, raw, common)
    findings = common if days.reliable else (*common, doubt)
    if days.raw < 0:
        findings += (_negative(days.raw),)
    estimate = TimeToFailure(days.days, days.low, days.high, days.proved)
    return Output(probability, estimate, raw, findings, days.raw)


def _indicative_costs(classifier: ServedModel) -> tuple[Finding, ...]:
    """Return the remark on euros that rest on a probability which nobody could calibrate."""
    if classifier.model.manifest.calibration.table is not None:
        return ()
    sentence = "Probabilité non calibrée : les euros sont indicatifs."  # short: it is stored with every score
    return (Finding("couts_indicatifs", None, sentence),)


def _negative(raw: float) -> Finding:
    sentence = (
        f"Le modèle a répondu {french.quantity(raw, 'j', 1)} : un délai n’est jamais négatif, 0 est affiché."
    )
    return Finding("delai_negatif", "time_to_failure_days", sentence)


def _doubtful_interval(models: ActiveModels) -> Finding:
    """Build the warning for an interval whose measured coverage is below its target."""
    table = models.regressor.model.manifest.interval if models.regressor else None
    target = f" de {french.share(table.target)}" if table else ""
    sentence = (
        f"L’intervalle des jours restants n’atteint pas ici la couverture visée{target} : "
        "près de la panne, le modèle répond souvent trop tard."
    )
    return Finding("intervalle_peu_sur", "time_to_failure_days", sentence)
