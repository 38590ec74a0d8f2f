"""What the active models say of readings, before any policy."""

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
    """One reading's outputs; None where a model could not speak.

    Args:
        probability: as people see it, calibrated where the model's calibration was adopted.
        days: with the model's interval where it has one.
        raw: the classifier's own output, before any calibration; that of the regressor is ``days``.
        findings: what must be said of these outputs.
    """

    probability: float | None
    days: TimeToFailure | None
    raw: float | None
    findings: tuple[Finding, ...] = ()


def outputs_of(readings: Sequence[Reading], models: ActiveModels) -> list[Output]:
    """One output per reading, in order; each model is called once for all.

    Raises:
        ModelUnavailable: no classifier can answer.
    """
    classifier = models.require()
    raw = raw_outputs(classifier, readings)
    shown = classifier.model.calibrated(raw)
    days = _days(models.regressor, readings)
    doubt = _doubtful_interval(models)
    rows = zip(raw.tolist(), shown.tolist(), days, strict=True)
    return [_output(r, p, d, doubt) for r, p, d in rows]


def raw_outputs(served: ServedModel, readings: Sequence[Reading]) -> Floats:
    """(n,) raw outputs, NaN where a feature of the model is missing."""
    matrix = matrix_of(served, readings)
    complete = ~np.isnan(matrix).any(axis=1)
    if complete.all():
        return served.model.raw(matrix)
    outputs = np.full(len(readings), np.nan)
    if complete.any():
        outputs[complete] = served.model.raw(matrix[complete])
    return outputs


def matrix_of(served: ServedModel, readings: Sequence[Reading]) -> Floats:
    """(n, k) features in the model's order, NaN for missing."""
    names = served.model.manifest.feature_names
    rows = [[reading.values.get(name) for name in names] for reading in readings]
    return np.array(rows, dtype=np.float64).reshape(len(readings), len(names))


class _Days(NamedTuple):
    """One estimate; NaN where the model could not speak."""

    days: float
    low: float | None = None
    high: float | None = None
    reliable: bool = True


def _days(regressor: ServedModel | None, readings: Sequence[Reading]) -> list[_Days]:
    if regressor is None:
        return [_Days(float("nan"))] * len(readings)
    days = raw_outputs(regressor, readings)
    bounds = regressor.model.interval(days)
    if bounds is None:
        return [_Days(d) for d in days.tolist()]
    columns = (days, *bounds, regressor.model.interval_reliable(days))
    return [_Days(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def _output(raw: float, shown: float, days: _Days, doubt: Finding) -> Output:
    if isnan(raw):
        return Output(None, None, None)
    spoke = not isnan(days.days)
    findings = (doubt,) if spoke and not days.reliable else ()
    estimate = TimeToFailure(days.days, days.low, days.high) if spoke else None
    return Output(shown, estimate, raw, findings)


def _doubtful_interval(models: ActiveModels) -> Finding:
    """The interval is published with the coverage that it really had; where that is too low, it is said."""
    table = models.regressor.model.manifest.interval if models.regressor else None
    target = f" de {french.share(table.target)}" if table else ""
    sentence = (
        f"L’intervalle des jours restants n’atteint pas ici la couverture visée{target} : "
        "près de la panne, le modèle répond souvent trop tard."
    )
    return Finding("intervalle_peu_sur", "time_to_failure_days", sentence)
