"""Answer a question about one measurement, or about many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ValidationError

from api.domain.exceptions import FieldError, InvalidInput
from api.domain.risk import RiskPolicy
from api.domain.trust import Finding
from api.domain.wording import recommendation
from api.schemas.common import FieldProblem, Notice
from api.schemas.predictions import BatchItem, BatchPredictions, Driver, Prediction
from api.services.active_models import ActiveModels, ActiveModelsSource
from api.services.explaining import drivers
from api.services.french_errors import french_errors
from api.services.measurement_model import Reading, reading_of
from api.services.plausibility import audit_one
from api.services.policy import PolicySource
from api.services.scoring import Score, score
from api.services.turbines import KnownTurbines
from api.settings import PARIS

MAX_BATCH = 10_000


@dataclass(frozen=True)
class PredictionService:
    """Validates measurements against the active models, scores them, and words the answer."""

    models: ActiveModelsSource
    policy: PolicySource
    turbines: KnownTurbines
    now: Callable[[], datetime]

    def one(self, body: bytes, request_id: str, *, explain: bool) -> Prediction:
        """The prediction for one measurement.

        Args:
            body: the measurement as JSON.
            request_id: names this answer in the log.
            explain: whether to compute what drives the probability.

        Raises:
            InvalidInput: the measurement is malformed, outside the physical range or from the future.
            ModelUnavailable: no model can answer.
        """
        models = self.models.current()
        models.require()
        reading = self._checked(_validated(models.measurement_model.model_validate_json, body, models))
        version, policy = self.policy.current()
        scored = score([reading], models, policy, found=[audit_one(reading, models.sensors)])
        base, found = drivers([reading], models) if explain else (None, [[]])
        return self._worded(scored[0], request_id, policy, version, base, found[0])

    def batch(self, rows: Sequence[Any], request_id: str, *, explain: bool) -> BatchPredictions:
        """A prediction or the reasons for its absence for each row, in order.

        Raises:
            InvalidInput: more than :data:`MAX_BATCH` rows.
            ModelUnavailable: no model can answer.
        """
        if len(rows) > MAX_BATCH:
            raise InvalidInput.single(
                "measurements",
                f"{MAX_BATCH} mesures au plus par appel ; envoyez le reste ensuite.",
                len(rows),
            )
        models = self.models.current()
        models.require()
        readings: dict[int, Reading] = {}
        refused: dict[int, Sequence[FieldError]] = {}
        for index, row in enumerate(rows):
            try:
                validated = _validated(models.measurement_model.model_validate, row, models)
                readings[index] = self._checked(validated)
            except InvalidInput as error:
                refused[index] = error.errors
        version, policy = self.policy.current()
        kept = list(readings.values())
        scored = score(kept, models, policy, found=[audit_one(r, models.sensors) for r in kept])
        base, found = drivers(kept, models) if explain else (None, [[] for _ in kept])
        answers = {
            index: self._worded(s, f"{request_id}-{index}", policy, version, base, d)
            for index, s, d in zip(readings, scored, found, strict=True)
        }
        items = [
            BatchItem(index=i, prediction=answers.get(i), errors=_problems(refused.get(i, ())))
            for i in range(len(rows))
        ]
        return BatchPredictions(
            request_id=request_id,
            total=len(rows),
            succeeded=len(answers),
            failed=len(refused),
            items=items,
        )

    def _checked(self, reading: Reading) -> Reading:
        today = self.now().astimezone(PARIS).date()
        if reading.day is not None and reading.day > today:
            raise InvalidInput.single(
                "measured_at", f"la mesure est datée du futur (aujourd’hui : {today:%d/%m/%Y}).", reading.day
            )
        return reading

    def _worded(
        self,
        scored: Score,
        request_id: str,
        policy: RiskPolicy,
        policy_version: int,
        base: float | None,
        found: list[Driver],
    ) -> Prediction:
        probability = scored.probability
        if probability is None:  # validation demands every feature of the classifier
            raise InvalidInput.single("", "mesure incomplète : aucune prédiction possible.")
        days, risk = scored.days, scored.risk
        return Prediction(
            request_id=request_id,
            turbine_id=scored.reading.turbine_id,
            measured_at=scored.reading.moment,
            failure_probability=probability,
            failure_within_7d=risk.reaches_threshold,
            decision_threshold=policy.threshold,
            time_to_failure_days=days.days if days else None,
            time_to_failure_interval=interval_of(scored),
            risk_level=risk.level,
            risk_score=risk.score,
            data_status=scored.status,
            expected_failure_cost_eur=risk.expected_failure_cost_eur,
            net_benefit_eur=risk.net_benefit_eur,
            recommendation=recommendation(risk.level, scored.status, probability, risk.net_benefit_eur),
            drivers=found,
            base_probability=base,
            warnings=notices([*scored.findings, *self._about_turbine(scored.reading.turbine_id)]),
            models=list(scored.models),
            policy_version=policy_version,
            scored_at=self.now(),
        )

    def _about_turbine(self, turbine_id: str) -> list[Finding]:
        if turbine_id in self.turbines:
            return []
        sentence = f"La turbine « {turbine_id} » n’est pas connue du parc : vérifiez l’identifiant."
        return [Finding("turbine_inconnue", "turbine_id", sentence)]


def interval_of(scored: Score) -> tuple[float, float] | None:
    """The interval for days left, where the model publishes one."""
    days = scored.days
    return (days.low, days.high) if days and days.low is not None and days.high is not None else None


def notices(findings: Sequence[Finding]) -> list[Notice]:
    """Findings, as an answer carries them."""
    return [Notice(code=f.code, field=f.field, message=f.message) for f in findings]


def _validated(check: Callable[[Any], BaseModel], raw: Any, models: ActiveModels) -> Reading:
    try:
        return reading_of(check(raw), models.features)
    except ValidationError as error:
        raise InvalidInput(french_errors(error.errors(include_url=False))) from error


def _problems(errors: Sequence[FieldError]) -> list[FieldProblem]:
    return [FieldProblem(field=e.field, message=e.message, value=e.value) for e in errors]
