"""Readings in, scores out: the one place where models and policy meet, for one turbine and for the park."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from api.domain.risk import Risk, RiskPolicy, TimeToFailure, assess, unassessed
from api.domain.trust import Finding, age_finding, data_status, outside_training
from api.schemas.predictions import Driver, ModelUse
from api.schemas.vocabulary import DataStatus
from api.services.active_models import ActiveModels, ServedModel
from api.services.measurement_model import Reading

NEUTRAL = 5e-4  # under a twentieth of a point, a driver has no direction worth telling


@dataclass(frozen=True)
class Score:
    """What the models and the policy make of one reading."""

    reading: Reading
    probability: float | None
    days: TimeToFailure | None
    risk: Risk
    status: DataStatus
    findings: tuple[Finding, ...]
    models: tuple[ModelUse, ...]


def score(
    readings: Sequence[Reading],
    models: ActiveModels,
    policy: RiskPolicy,
    *,
    as_of: date | None = None,
) -> list[Score]:
    """One score per reading, in order; each model is called once for all.

    Args:
        readings: measurements, already validated.
        models: the set in force.
        policy: the rule in force.
        as_of: the day of a park run, against which ages are counted; None for a single question.

    Raises:
        ModelUnavailable: no classifier can answer.
    """
    classifier = models.require()
    probabilities = _raw(classifier, readings)
    days = _raw(models.regressor, readings) if models.regressor else np.full(len(readings), np.nan)
    return [
        _score_one(reading, models, policy, float(p), float(d), as_of)
        for reading, p, d in zip(readings, probabilities, days, strict=True)
    ]


def _raw(served: ServedModel, readings: Sequence[Reading]) -> np.ndarray:
    """Raw outputs, NaN where a feature of the model is missing."""
    matrix = matrix_of(served, readings)
    complete = ~np.isnan(matrix).any(axis=1)
    outputs = np.full(len(readings), np.nan)
    if complete.any():
        outputs[complete] = served.model.raw(matrix[complete])
    return outputs


def matrix_of(served: ServedModel, readings: Sequence[Reading]) -> np.ndarray:
    """Features in the model's order, one row per reading, NaN for missing."""
    names = [spec.name for spec in served.model.manifest.features]
    rows = [[reading.values.get(name) for name in names] for reading in readings]
    return np.array(rows, dtype=np.float64).reshape(len(readings), len(names))


def _score_one(
    reading: Reading,
    models: ActiveModels,
    policy: RiskPolicy,
    probability: float,
    days: float,
    as_of: date | None,
) -> Score:
    findings = list(_findings(reading, models, policy, as_of))
    if np.isnan(probability):
        return Score(reading, None, None, unassessed(), DataStatus.NON_EVALUE, tuple(findings), models=())
    estimate = None if np.isnan(days) else TimeToFailure(days)
    status = data_status(findings)
    may_raise = models.regressor is not None and models.regressor.may_raise
    return Score(
        reading=reading,
        probability=probability,
        days=estimate,
        risk=assess(policy, probability, estimate if may_raise else None, status),
        status=status,
        findings=tuple(findings),
        models=_uses(models, probability, None if estimate is None else days),
    )


def _findings(
    reading: Reading, models: ActiveModels, policy: RiskPolicy, as_of: date | None
) -> list[Finding]:
    found = [
        Finding("champ_inconnu", name, f"« {name} » n’est lu par aucun modèle actif ; champ ignoré.")
        for name in reading.unknown
    ]
    for served in models.served:
        manifest = served.model.manifest
        missing = [s.label for s in manifest.features if reading.values.get(s.name) is None]
        if missing:
            speaks = served is models.classifier
            found.append(
                Finding(
                    "mesure_incomplete" if speaks else "modele_muet",
                    None,
                    f"Valeur absente ({', '.join(missing)}) : {manifest.name} ne peut pas répondre.",
                )
            )
        if served.admitted_by:
            found.append(
                Finding(
                    "modele_admis",
                    None,
                    f"Le modèle {manifest.name} v{manifest.version} n’a pas passé le contrôle de qualité ; "
                    f"il a été admis par {served.admitted_by}.",
                )
            )
    found += outside_training(reading.values, models.known_ranges)
    day = reading.day
    if as_of is not None and day is not None and (old := age_finding(day, as_of, policy.max_age_days)):
        found.append(old)
    return found


def _uses(models: ActiveModels, probability: float, days: float | None) -> tuple[ModelUse, ...]:
    outputs = {"classification": probability, "regression": days}
    return tuple(
        ModelUse(
            name=m.name,
            version=m.version,
            task=m.task,
            sha256=m.sha256,
            raw_output=output,
            calibration=m.calibration.status,
        )
        for m in (served.model.manifest for served in models.served)
        if (output := outputs[m.task]) is not None
    )


def drivers(readings: Sequence[Reading], models: ActiveModels) -> tuple[float | None, list[list[Driver]]]:
    """What moves each probability away from the model's base, strongest first.

    Returns:
        The base probability and one list of drivers per reading; None and empty lists where the model carries
        no background to explain against.
    """
    served = models.require()
    explained = served.model.explain(matrix_of(served, readings)) if readings else None
    if explained is None:
        return None, [[] for _ in readings]
    base, contributions = explained
    return base, [
        _drivers_of(served, reading, row) for reading, row in zip(readings, contributions, strict=True)
    ]


def _drivers_of(served: ServedModel, reading: Reading, contributions: np.ndarray) -> list[Driver]:
    found = []
    for spec, amount in zip(served.model.manifest.features, contributions, strict=True):
        found.append(
            Driver(
                feature=spec.name,
                label=spec.label,
                value=reading.values.get(spec.name),
                unit=spec.unit,
                contribution=float(amount),
                direction=_direction(amount),
                marker=spec.role == "marker",
                note=spec.note,
            )
        )
    return sorted(found, key=lambda driver: -abs(driver.contribution))


def _direction(amount: float) -> Literal["hausse", "baisse", "neutre"]:
    if abs(amount) < NEUTRAL:
        return "neutre"
    return "hausse" if amount > 0 else "baisse"


def main_driver(found: Sequence[Driver]) -> Driver | None:
    """The driver to name first: the cause that raises most, else a marker that raises, else the strongest.

    A marker accompanies failures without causing them, so it is no reason to act as long as a cause speaks.
    """
    rising = [driver for driver in found if driver.direction == "hausse"]
    causes = [driver for driver in rising if not driver.marker]
    return next(iter(causes or rising or found), None)
