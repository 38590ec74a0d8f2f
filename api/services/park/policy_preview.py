"""Previews a policy before it is saved: its effect on the published ranking, and its costs.

Levels are recounted from the run's stored probability, days and status, by the rule of every run. Another age
limit changes which measurements are out of date and which are judged against their history: the statuses are
then judged again, as in a run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Row

from api.domain.models.quality import ClassificationQuality
from api.domain.models.statistics import Estimate
from api.domain.models.threshold_costs import Costs
from api.domain.park.scored import RankedTurbine, ScoredTurbine
from api.domain.plausibility.trust import Finding, age_finding, data_status, extrapolated
from api.domain.policy.levels import SEVERITY, assess, unassessed
from api.domain.policy.risk_policy import RiskPolicy
from api.domain.shared.exceptions import ModelUnavailable, NotFound
from api.inference.serving.store import ModelStore
from api.schemas.common import Notice
from api.schemas.model_card import Decision, ThresholdOutcome
from api.schemas.park import LevelCounts
from api.schemas.policy import LevelShift, PolicyPreview, PreviewRequest
from api.schemas.vocabulary import DataStatus, RiskLevel
from api.services.models.card.card import decision_of
from api.services.models.charts import cost_chart
from api.services.models.sensors import catalogue_of
from api.services.park.contract import turbine_fields
from api.services.park.plausibility import audit_park, is_plausibility
from api.services.policy.versions import bounds_of, policy_of
from api.storage import policy as policies
from api.storage.models import activations
from api.storage.park.ranking import page_of_scores
from api.storage.shared import published
from api.storage.shared.database import Database

_AGE = "mesure_perimee"


@dataclass(frozen=True)
class _Costed:
    """The active classifier and the cost of its thresholds."""

    model: str | None = None
    decision: Decision | None = None
    in_force: ThresholdOutcome | None = None


@dataclass(frozen=True)
class PolicyPreviewService:
    """Previews policies; saves nothing."""

    database: Database
    store: ModelStore

    def preview(self, asked: PreviewRequest) -> PolicyPreview:
        """Return the effect of a policy on the published ranking, and the cost of its threshold.

        Raises:
            InvalidInput: parameters that contradict each other.
        """
        wanted, notices = policy_of(asked.parameters), list[Notice]()
        with self.database.read() as connection:
            base, present = policies.current(connection)
            active = activations.active(connection).get("classification")
            run = published.published_run(connection)
            ranking = [] if run is None else page_of_scores(connection, run.id)[1]
            statuses = {} if run is None else self._statuses(connection, run, ranking, wanted)
        may_raise = run is not None and self._may_raise(run, notices)
        shifts, after = _recount(ranking, statuses, wanted, may_raise)
        before = [turbine.score.level for turbine in ranking]
        costed = self._costed(active, base, present, wanted, notices)
        if run is None:
            notices.append(
                _notice("aucun_classement", "Aucun classement publié : aucune turbine à recompter.")
            )
        return PolicyPreview(
            bounds=bounds_of(wanted),
            base_version=base,
            run_id=None if run is None else run.id,
            as_of=None if run is None else run.as_of,
            ranking_policy_version=None if run is None else run.policy_version,
            total=len(ranking),
            changed=len(shifts),
            raised=sum(SEVERITY[shift.after] > SEVERITY[shift.before] for shift in shifts),
            counts_before=_counts(before),
            counts_after=_counts(after),
            turbines=shifts[: asked.limit],
            model=costed.model,
            decision=costed.decision,
            cost_chart=None if costed.decision is None else cost_chart(costed.decision),
            threshold_in_force=costed.in_force,
            notices=notices,
        )

    def _statuses(
        self, connection: Connection, run: Row[Any], ranking: Sequence[RankedTurbine], wanted: RiskPolicy
    ) -> dict[int, DataStatus]:
        """Return the data status of each rank under the proposed age limit."""
        used = policies.version(connection, run.policy_version)
        if used.max_age_days == wanted.max_age_days:
            return {turbine.score.rank: turbine.score.data_status for turbine in ranking}
        audit = audit_park(
            connection, run.as_of, catalogue_of(connection, self.store), fresh_days=wanted.max_age_days
        )
        statuses = {}
        for score, *_ in ranking:
            if score.probability is None or score.measured_on is None or score.measurement is None:
                statuses[score.rank] = score.data_status
                continue
            findings = audit.of(score.measurement, score.turbine)
            age = age_finding(score.measured_on, run.as_of, wanted.max_age_days)
            statuses[score.rank] = data_status([*_lasting(score), *findings, *([age] if age else ())])
        return statuses

    def _may_raise(self, run: Row[Any], notices: list[Notice]) -> bool:
        """Tell whether the run's stored days may raise a level, by the quality gate of their model."""
        used = next((model for model in run.models if model["task"] == "regression"), None)
        if used is None:
            return False
        try:
            return self.store.manifest(used["name"], used["version"]).gate.may_raise
        except (NotFound, ModelUnavailable) as error:
            sentence = f"Les jours avant panne ne sont pas comptés dans cet aperçu : {error.detail}"
            notices.append(_notice("modele_absent", sentence))
            return False

    def _costed(
        self,
        active: Row[Any] | None,
        base: int,
        present: RiskPolicy,
        wanted: RiskPolicy,
        notices: list[Notice],
    ) -> _Costed:
        if active is None:
            notices.append(_notice("aucun_modele", "Aucun classifieur en service : coûts non calculés."))
            return _Costed()
        name = f"{active.name} v{active.version}"
        try:
            manifest = self.store.manifest(active.name, active.version)
            scores = self.store.scores(active.name, active.version)
        except (NotFound, ModelUnavailable) as error:
            notices.append(_notice("modele_absent", f"Coûts non calculés : {error.detail}"))
            return _Costed(name)
        decision = decision_of(manifest, scores, base if wanted == present else base + 1, wanted)
        quality = manifest.measured
        if decision is None or not isinstance(quality, ClassificationQuality):
            notices.append(_notice("qualite_inconnue", f"{name} n’a jamais été mesuré : coûts non calculés."))
            return _Costed(name)
        costs = Costs(wanted.cost_intervention_eur, wanted.cost_failure_eur)
        known = {row.threshold: row for row in decision.table}
        if scores is None:
            return _Costed(name, decision, known.get(present.threshold))
        row, cost = scores.at(present.threshold, costs, quality.failure_events)
        return _Costed(name, decision, _outcome(asdict(row), cost))


def _recount(
    ranking: Sequence[RankedTurbine], statuses: Mapping[int, DataStatus], wanted: RiskPolicy, may_raise: bool
) -> tuple[list[LevelShift], list[RiskLevel]]:
    """Return the turbines whose level changes, by rank, and the new level of all."""
    shifts, levels = [], []
    for turbine in ranking:
        score, level = turbine.score, unassessed().level
        status = statuses[score.rank]
        if score.probability is not None:
            days, beyond = score.days if may_raise else None, extrapolated(score.findings)
            level = assess(wanted, score.probability, days, status, extrapolated=beyond).level
        levels.append(level)
        if level is not score.level:
            fields = turbine_fields(turbine)
            shifts.append(LevelShift(**fields, before=score.level, after=level, data_status_after=status))
    return shifts, levels


def _lasting(score: ScoredTurbine) -> list[Finding]:
    """Return the findings of the run that do not depend on the age limit."""
    return [finding for finding in score.findings if finding.code != _AGE and not is_plausibility(finding)]


def _counts(levels: list[RiskLevel]) -> LevelCounts:
    return LevelCounts(**{level.value: levels.count(level) for level in RiskLevel})


def _outcome(row: Mapping[str, Any], cost: Estimate) -> ThresholdOutcome:
    return ThresholdOutcome.model_validate({**row, "cost_eur": asdict(cost), "chosen": True})


def _notice(code: str, sentence: str) -> Notice:
    return Notice(code=code, field=None, message=sentence)
