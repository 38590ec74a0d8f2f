"""Scores readings with models and policy, for one turbine and for the park."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from api.domain.plausibility.trust import Finding, age_finding, data_status, extrapolated, outside_training
from api.domain.policy.levels import Risk, TimeToFailure, assess, unassessed
from api.domain.policy.risk_policy import RiskPolicy
from api.schemas.vocabulary import DataStatus
from api.services.models.active_models import ActiveModels
from api.services.models.measurement_model import Reading
from api.services.models.outputs import Output, outputs_of


@dataclass(frozen=True, slots=True)
class Score:
    """The score of one reading by models and policy.

    Args:
        probability: as people see it; ``raw`` is the classifier's output before calibration.
        raw_days: the regressor's output; ``days`` are never negative.
    """

    reading: Reading
    probability: float | None
    days: TimeToFailure | None
    risk: Risk
    status: DataStatus
    findings: tuple[Finding, ...]
    raw: float | None
    raw_days: float | None = None

    def raw_outputs(self) -> dict[str, float]:
        """Return the raw output of each model that answered, by task."""
        outputs = {"classification": self.raw, "regression": self.raw_days}
        return {task: raw for task, raw in outputs.items() if raw is not None}


def score(
    readings: Sequence[Reading],
    models: ActiveModels,
    policy: RiskPolicy,
    *,
    as_of: date | None = None,
    findings: Sequence[Sequence[Finding]] | None = None,
) -> list[Score]:
    """Compute one score per reading, in order, with one call of each model.

    Args:
        readings: validated measurements.
        models: to call.
        policy: to apply.
        as_of: day of a park run, from which ages are counted; None for a single prediction.
        findings: known findings of each reading; they count in its data status.

    Raises:
        ModelUnavailable: no classifier can answer.
    """
    per_reading = findings if findings is not None else [()] * len(readings)
    outputs = outputs_of(readings, models)
    return [
        _score(reading, output, models, policy, [*_findings(reading, models, policy, as_of), *already])
        for reading, output, already in zip(readings, outputs, per_reading, strict=True)
    ]


def _score(
    reading: Reading, output: Output, models: ActiveModels, policy: RiskPolicy, findings: list[Finding]
) -> Score:
    findings += output.findings
    if output.probability is None:
        return Score(reading, None, None, unassessed(), DataStatus.NON_EVALUE, tuple(findings), raw=None)
    status = data_status(findings)
    may_raise = models.regressor is not None and models.regressor.may_raise
    return Score(
        reading=reading,
        probability=output.probability,
        days=output.days,
        risk=assess(
            policy,
            output.probability,
            output.days if may_raise else None,
            status,
            extrapolated=extrapolated(findings),
        ),
        status=status,
        findings=tuple(findings),
        raw=output.raw,
        raw_days=output.raw_days,
    )


def _findings(
    reading: Reading, models: ActiveModels, policy: RiskPolicy, as_of: date | None
) -> list[Finding]:
    findings = [
        Finding("champ_inconnu", name, f"« {name} » n’est lu par aucun modèle actif ; champ ignoré.")
        for name in reading.unknown
    ]
    findings += _about_models(reading, models)
    findings += outside_training(reading.values, models.known_ranges)
    day = reading.day
    if as_of is not None and day is not None and (old := age_finding(day, as_of, policy.max_age_days)):
        findings.append(old)
    return findings


def _about_models(reading: Reading, models: ActiveModels) -> list[Finding]:
    """Report models that cannot answer, and models admitted without passing the gate."""
    findings = []
    for served in models.served:
        manifest = served.model.manifest
        if None in map(reading.values.get, served.labels):
            missing = [label for name, label in served.labels.items() if reading.values.get(name) is None]
            code = "mesure_incomplete" if served is models.classifier else "modele_muet"
            sentence = f"Valeur absente ({', '.join(missing)}) : {manifest.name} ne peut pas répondre."
            findings.append(Finding(code, None, sentence))
        if served.admitted_by:
            why = "" if served.admitted_for is None else f", motif : {served.admitted_for}"
            sentence = (
                f"Le modèle {manifest.name} v{manifest.version} n’a pas passé le contrôle de qualité ; "
                f"il a été admis par {served.admitted_by}{why}."
            )
            findings.append(Finding("modele_admis", None, sentence))
    return findings
