"""Readings in, scores out: the one place where models and policy meet, for one turbine and for the park."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from api.domain.plausibility.trust import Finding, age_finding, data_status, outside_training
from api.domain.policy.levels import Risk, TimeToFailure, assess, unassessed
from api.domain.policy.risk_policy import RiskPolicy
from api.schemas.vocabulary import DataStatus
from api.services.models.active_models import ActiveModels
from api.services.models.measurement_model import Reading
from api.services.models.outputs import Output, outputs_of


@dataclass(frozen=True, slots=True)
class Score:
    """What the models and the policy make of one reading.

    Args:
        probability: as people see it; ``raw`` is what the classifier said before calibration.
    """

    reading: Reading
    probability: float | None
    days: TimeToFailure | None
    risk: Risk
    status: DataStatus
    findings: tuple[Finding, ...]
    raw: float | None

    def raw_outputs(self) -> dict[str, float]:
        """By task, what each model that spoke said before any policy."""
        said = {"classification": self.raw, "regression": self.days.days if self.days else None}
        return {task: raw for task, raw in said.items() if raw is not None}


def score(
    readings: Sequence[Reading],
    models: ActiveModels,
    policy: RiskPolicy,
    *,
    as_of: date | None = None,
    found: Sequence[Sequence[Finding]] | None = None,
) -> list[Score]:
    """One score per reading, in order; each model is called once for all.

    Args:
        readings: measurements, already validated.
        models: the set in force.
        policy: the rule in force.
        as_of: the day of a park run, against which ages are counted; None for a single question.
        found: what is already known against each reading; it counts in its data status.

    Raises:
        ModelUnavailable: no classifier can answer.
    """
    known = found if found is not None else [()] * len(readings)
    outputs = outputs_of(readings, models)
    return [
        _score(reading, output, models, policy, [*_findings(reading, models, policy, as_of), *told])
        for reading, output, told in zip(readings, outputs, known, strict=True)
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
        risk=assess(policy, output.probability, output.days if may_raise else None, status),
        status=status,
        findings=tuple(findings),
        raw=output.raw,
    )


def _findings(
    reading: Reading, models: ActiveModels, policy: RiskPolicy, as_of: date | None
) -> list[Finding]:
    found = [
        Finding("champ_inconnu", name, f"« {name} » n’est lu par aucun modèle actif ; champ ignoré.")
        for name in reading.unknown
    ]
    found += _about_models(reading, models)
    found += outside_training(reading.values, models.known_ranges)
    day = reading.day
    if as_of is not None and day is not None and (old := age_finding(day, as_of, policy.max_age_days)):
        found.append(old)
    return found


def _about_models(reading: Reading, models: ActiveModels) -> list[Finding]:
    """Which model cannot speak, and which one was admitted without passing the gate."""
    found = []
    for served in models.served:
        manifest = served.model.manifest
        if None in map(reading.values.get, served.labels):
            missing = [label for name, label in served.labels.items() if reading.values.get(name) is None]
            code = "mesure_incomplete" if served is models.classifier else "modele_muet"
            told = f"Valeur absente ({', '.join(missing)}) : {manifest.name} ne peut pas répondre."
            found.append(Finding(code, None, told))
        if served.admitted_by:
            told = (
                f"Le modèle {manifest.name} v{manifest.version} n’a pas passé le contrôle de qualité ; "
                f"il a été admis par {served.admitted_by}."
            )
            found.append(Finding("modele_admis", None, told))
    return found
