"""A model's card: its manifest, the cost of its thresholds under a policy, its time in service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from api.domain.models.quality import ClassificationQuality
from api.domain.models.statistics import Estimate
from api.domain.models.threshold_costs import (
    Costs,
    Scores,
    ThresholdCost,
    threshold_curve,
    threshold_table,
)
from api.domain.policy.risk_policy import RiskPolicy
from api.inference.serving.manifest import Manifest
from api.schemas.common import Figure
from api.schemas.model_card import CalibrationTrial, Decision, Explained, Golden, ThresholdOutcome
from api.schemas.models import Activation, ModelFacts, ModelSummary
from api.services.models.feature_info import feature_info
from api.storage.models.activations import AnyRow


def facts_of(
    manifest: Manifest,
    summary: ModelSummary,
    scores: Scores | None,
    policy: tuple[int, RiskPolicy],
    task_history: Sequence[AnyRow],
) -> ModelFacts:
    """Gather the facts of one version.

    Args:
        manifest: of the version.
        summary: its state in the cockpit.
        scores: its outputs on its unseen rows; None if they were not stored.
        policy: number and policy in force.
        task_history: every activation for its task, newest first.
    """
    stored = manifest.model_dump(mode="json", include={"measured", "reported", "interval"})
    calibration = manifest.calibration
    return ModelFacts(
        summary=summary,
        target=manifest.target,
        features=[feature_info(spec, [manifest.name]) for spec in manifest.features],
        authorised_use=list(manifest.authorised_use),
        prohibited_use=list(manifest.prohibited_use),
        limits=list(manifest.limits),
        data=manifest.data.model_dump(mode="json"),
        measured=stored["measured"],
        reported=stored["reported"],
        calibration=calibration.status,
        calibration_reason=calibration.reason,
        raw_brier=calibration.raw_brier,
        calibration_trials=[
            CalibrationTrial(method=trial.method, brier=trial.brier, change=_figure(trial.change))
            for trial in calibration.trials
        ],
        decision=decision_of(manifest, scores, *policy),
        interval=stored["interval"],
        libraries=manifest.libraries,
        runtime=manifest.runtime.model_dump(mode="json"),
        activations=_activations(manifest, task_history),
        estimator=manifest.estimator,
        classes=[str(label) for label in manifest.classes or ()],
        positive_class=None if manifest.positive_class is None else str(manifest.positive_class),
        size_bytes=manifest.size_bytes,
        golden=None if manifest.golden is None else Golden(**manifest.golden.model_dump()),
        explained=_explained(manifest),
        own_threshold=manifest.own_threshold,
    )


def decision_of(
    manifest: Manifest, scores: Scores | None, version: int, policy: RiskPolicy
) -> Decision | None:
    """Compute what each threshold would have caught and cost under a policy, on unseen rows.

    Args:
        manifest: of a version.
        scores: its outputs on these rows; None if they were not stored.
        version: number of the policy.
        policy: gives costs and threshold.

    Returns:
        None for a version that gives no probability, or was never measured.
    """
    quality = manifest.measured
    if not isinstance(quality, ClassificationQuality):
        return None
    costs = Costs(policy.cost_intervention_eur, policy.cost_failure_eur)
    return Decision(
        policy_version=version,
        threshold=policy.threshold,
        cost_intervention_eur=costs.intervention,
        cost_failure_eur=costs.failure,
        never_eur=costs.failure * quality.failures,
        always_eur=costs.intervention * quality.rows,
        table=[_outcome(each) for each in threshold_table(quality, scores, costs, policy.threshold)],
        curve=[_outcome(each) for each in threshold_curve(quality, scores, costs)],
    )


def _outcome(each: ThresholdCost) -> ThresholdOutcome:
    return ThresholdOutcome.model_validate(
        {**asdict(each.row), "cost_eur": asdict(each.cost), "chosen": each.chosen}
    )


def _figure(estimate: Estimate) -> Figure:
    return Figure.model_validate(asdict(estimate))


def _explained(manifest: Manifest) -> Explained:
    if not manifest.explainable:
        return "aucune"
    return "exacte" if manifest.explained_exactly else "estimee"


def _activations(manifest: Manifest, task_history: Sequence[AnyRow]) -> list[Activation]:
    """List this version's activations, newest first; each ends when the next for its task begins."""
    ends = (None, *(row.activated_at for row in task_history))
    return [
        Activation(
            name=row.name,
            version=row.version,
            activated_at=row.activated_at,
            activated_by=row.activated_by,
            reason=row.reason,
            admitted_by=row.admitted_by,
            replaced_at=end,
        )
        for row, end in zip(task_history, ends, strict=False)
        if (row.name, row.version) == (manifest.name, manifest.version)
    ]
