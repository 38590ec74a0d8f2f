"""Predictions for one measurement or many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ValidationError

from api.domain.models.drivers import Driver
from api.domain.plausibility.trust import Finding
from api.domain.policy.risk_policy import RiskPolicy
from api.domain.shared.exceptions import FieldError, InvalidInput
from api.domain.shared.wording import recommendation
from api.schemas import french
from api.schemas.common import FieldProblem
from api.schemas.predictions import BatchItem, BatchPredictions, ModelUse, Prediction
from api.schemas.vocabulary import indicative
from api.services.models.active_models import ActiveModels, ActiveModelsSource
from api.services.models.explaining import drivers
from api.services.models.measurement_model import Reading, reading_of
from api.services.park.pasts import PastReader
from api.services.park.scoring import Score, score
from api.services.policy.in_force import PolicySource
from api.services.shared.french_errors import french_errors
from api.services.turbines.known import KnownTurbines

MAX_BATCH = 10_000
BLOCK = 2_500  # rows of a batch handled together
TOGETHER = 2  # blocks under way at once


@dataclass(frozen=True, slots=True)
class Asked:
    """One measurement as JSON, and the name of its answer."""

    body: bytes
    request_id: str


@dataclass(frozen=True)
class _Rule:
    """Models, policy and time of one call: they must not change between two of its rows."""

    models: ActiveModels
    policy_version: int
    policy: RiskPolicy
    now: datetime

    @cached_property
    def today(self) -> date:
        """The day in Europe/Paris."""
        return french.paris_day(self.now)


@dataclass(frozen=True)
class PredictionService:
    """Validates measurements against the active models, scores them, and writes the answers."""

    models: ActiveModelsSource
    policy: PolicySource
    pasts: PastReader
    turbines: KnownTurbines
    now: Callable[[], datetime]

    def predict(self, body: bytes, request_id: str, *, explain: bool) -> Prediction:
        """Return the prediction for one measurement.

        Args:
            body: the measurement as JSON.
            request_id: names this answer in the log.
            explain: whether to compute the drivers of the probability.

        Raises:
            InvalidInput: the measurement is malformed, outside the physical range or from the future.
            ModelUnavailable: no model can answer.
        """
        (answer,) = self.many([Asked(body, request_id)], explain=explain)
        if isinstance(answer, InvalidInput):
            raise answer
        return answer

    def many(self, asked: Sequence[Asked], *, explain: bool) -> list[Prediction | InvalidInput]:
        """Return one prediction or error per measurement, in order, with one call of each model.

        Raises:
            ModelUnavailable: no model can answer.
        """
        rule = self._rule()
        check = rule.models.measurement_model.model_validate_json
        results = [_read(check, item.body, rule) for item in asked]
        kept = [
            (r, item.request_id) for r, item in zip(results, asked, strict=True) if isinstance(r, Reading)
        ]
        answers = iter(self._answers(kept, rule, explain=explain))
        return [next(answers) if isinstance(read, Reading) else read for read in results]

    def batch(self, rows: Sequence[Any], request_id: str, *, explain: bool) -> BatchPredictions:
        """Return a prediction or errors for each row, in order.

        Raises:
            InvalidInput: more than :data:`MAX_BATCH` rows.
            ModelUnavailable: no model can answer.
        """
        if len(rows) > MAX_BATCH:
            raise InvalidInput.single(
                "measurements",
                f"{french.counted(MAX_BATCH, 'mesure')} au plus par appel ; envoyez le reste ensuite.",
                len(rows),
            )
        rule = self._rule()
        blocks = [range(start, min(start + BLOCK, len(rows))) for start in range(0, len(rows), BLOCK)]
        with ThreadPoolExecutor(TOGETHER) as pool:  # one block is written while a model computes another
            made = pool.map(lambda block: self._items(rows, block, request_id, rule, explain=explain), blocks)
            items = [item for block in made for item in block]
        succeeded = sum(item.prediction is not None for item in items)
        return BatchPredictions(
            request_id=request_id,
            total=len(rows),
            succeeded=succeeded,
            failed=len(rows) - succeeded,
            items=items,
        )

    def _items(
        self, rows: Sequence[Any], block: range, request_id: str, rule: _Rule, *, explain: bool
    ) -> list[BatchItem]:
        check = rule.models.measurement_model.model_validate
        results = [_read(check, rows[i], rule) for i in block]
        pairs = zip(block, results, strict=True)
        kept = [(read, f"{request_id}-{i}") for i, read in pairs if isinstance(read, Reading)]
        answers = iter(self._answers(kept, rule, explain=explain))
        return [
            BatchItem(index=i, prediction=next(answers))
            if isinstance(read, Reading)
            else BatchItem(index=i, errors=_problems(read.errors))
            for i, read in zip(block, results, strict=True)
        ]

    def _rule(self) -> _Rule:
        """Fix models, policy and time for one call.

        Raises:
            ModelUnavailable: no model can answer.
        """
        models = self.models.current()
        models.require()
        return _Rule(models, *self.policy.current(), self.now())

    def _answers(
        self, kept: Sequence[tuple[Reading, str]], rule: _Rule, *, explain: bool
    ) -> list[Prediction]:
        models = rule.models
        readings = [reading for reading, _ in kept]
        findings = self.pasts.findings_for_many(readings, models.sensors)
        scored = score(readings, models, rule.policy, findings=findings)
        base, driver_lists = drivers(readings, models) if explain else (None, [[] for _ in readings])
        return [
            self._worded(scored_reading, request_id, rule, base, own)
            for (_, request_id), scored_reading, own in zip(kept, scored, driver_lists, strict=True)
        ]

    def _worded(
        self,
        scored: Score,
        request_id: str,
        rule: _Rule,
        base: float | None,
        own_drivers: list[Driver],
    ) -> Prediction:
        probability = scored.probability
        if probability is None:  # validation requires every feature of the classifier
            raise InvalidInput.single("", "mesure incomplète : aucune prédiction possible.")
        days, risk = scored.days, scored.risk
        return Prediction(
            request_id=request_id,
            turbine_id=scored.reading.turbine_id,
            measured_at=scored.reading.moment,
            failure_probability=probability,
            failure_within_7d=risk.reaches_threshold,
            decision_threshold=rule.policy.threshold,
            time_to_failure_days=days.days if days else None,
            time_to_failure_interval=days.interval if days else None,
            risk_level=risk.level,
            risk_score=risk.score,
            data_status=scored.status,
            expected_failure_cost_eur=risk.expected_failure_cost_eur,
            net_benefit_eur=risk.net_benefit_eur,
            recommendation=recommendation(
                risk.level,
                scored.status,
                probability,
                risk.net_benefit_eur,
                indicative=indicative(scored.findings),
            ),
            drivers=own_drivers,
            base_probability=base,
            warnings=[*scored.findings, *self._about_turbine(scored.reading.turbine_id)],
            models=_uses(rule.models, scored),
            policy_version=rule.policy_version,
            scored_at=rule.now,
        )

    def _about_turbine(self, turbine_id: str) -> list[Finding]:
        if turbine_id in self.turbines:
            return []
        sentence = f"La turbine « {turbine_id} » n’est pas connue du parc : vérifiez l’identifiant."
        return [Finding("turbine_inconnue", "turbine_id", sentence)]


def _uses(models: ActiveModels, scored: Score) -> list[ModelUse]:
    """List the models that answered, with their raw outputs."""
    raw_outputs = scored.raw_outputs()
    return [
        served.use(raw_outputs[served.model.manifest.task])
        for served in models.served
        if served.model.manifest.task in raw_outputs
    ]


def _read(check: Callable[[Any], BaseModel], raw: Any, rule: _Rule) -> Reading | InvalidInput:
    try:
        return _not_later(_validated(check, raw, rule.models), rule.today)
    except InvalidInput as error:
        return error


def _not_later(reading: Reading, today: date) -> Reading:
    if reading.day is not None and reading.day > today:
        raise InvalidInput.single(
            "measured_at", f"la mesure est datée du futur (aujourd’hui : {french.date(today)}).", reading.day
        )
    return reading


def _validated(check: Callable[[Any], BaseModel], raw: Any, models: ActiveModels) -> Reading:
    try:
        return reading_of(check(raw), models.features)
    except ValidationError as error:
        raise InvalidInput(french_errors(error.errors(include_url=False))) from error


def _problems(errors: Sequence[FieldError]) -> list[FieldProblem]:
    return [FieldProblem(field=e.field, message=e.message, value=e.value) for e in errors]
