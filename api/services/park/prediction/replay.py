"""Replays a recorded prediction: the same inputs through the same versions and policy."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.domain.policy.risk_policy import RiskPolicy
from api.domain.shared.exceptions import Conflict, ModelUnavailable, NotFound
from api.inference.serving.store import ModelStore
from api.schemas.replay import RecordedPrediction, Replay, ReplayedOutput
from api.services.models.active_models import ActiveModels, ServedModel
from api.services.models.measurement_model import reading_of
from api.services.park.plausibility import recorded_findings
from api.services.park.scoring import Score, score
from api.storage import policy as policies
from api.storage.shared import call_log
from api.storage.shared.database import Database

TOLERANCE = 1e-6
PURPOSES = frozenset({"unitaire", "et_si", "lot"})


@dataclass(frozen=True)
class ReplayService:
    """Reads predictions in the call log and replays them."""

    database: Database
    store: ModelStore

    def recorded(self, request_id: str) -> RecordedPrediction:
        """Return the recorded inputs and outputs of a call.

        Raises:
            NotFound: no prediction call has this id, or its row was purged.
        """
        with self.database.read() as connection:
            row = call_log.get(connection, request_id)
        if row is None or row.purpose not in PURPOSES:
            raise NotFound("Prédiction", request_id, "Vérifiez l’identifiant de la requête.")
        return RecordedPrediction(
            request_id=row.request_id,
            at=row.at,
            purpose=row.purpose,
            principal=row.principal,
            status=row.status,
            inputs=_content(row.inputs),
            outputs=_content(row.outputs),
        )

    def replay(self, request_id: str) -> Replay:
        """Compute the answer again and compare.

        Raises:
            NotFound: no such prediction.
            Conflict: the call was refused: there is nothing to compute.
            ModelUnavailable: a version that answered is no longer in the store, or was altered.
        """
        recorded = self.recorded(request_id)
        if recorded.status >= 400:
            raise Conflict(f"Cet appel a été refusé (statut {recorded.status}) : rien à recalculer.")
        pairs = _answered(recorded)
        if not pairs:
            raise Conflict("Aucune mesure de ce lot n’a reçu de prédiction : rien à recalculer.")
        models = self._models(pairs[0].answer)
        version, policy = self._policy(pairs[0].answer)
        features = models.features
        readings = [reading_of(models.measurement_model.model_validate(p.asked), features) for p in pairs]
        findings = [recorded_findings(p.answer["warnings"]) for p in pairs]
        scores = score(readings, models, policy, findings=findings)
        outputs = [o for p, s in zip(pairs, scores, strict=True) for o in _compared(p, s)]
        levels = [
            p.index
            for p, s in zip(pairs, scores, strict=True)
            if p.answer["risk_level"] != s.risk.level.value
        ]
        largest = max(o.difference for o in outputs)
        return Replay(
            request_id=request_id,
            agrees=largest <= TOLERANCE and not levels,
            largest_difference=largest,
            policy_version=version,
            outputs=outputs,
            differing_levels=levels,
        )

    def _models(self, answer: Mapping[str, Any]) -> ActiveModels:
        """Load the versions that answered, active or not."""
        served: dict[str, ServedModel] = {}
        for use in answer["models"]:
            try:
                model = self.store.load(use["name"], use["version"])
            except NotFound as error:
                raise ModelUnavailable(error.detail) from error
            if model.manifest.sha256 != use["sha256"]:
                raise ModelUnavailable(f"L’artefact de {use['name']} v{use['version']} a changé depuis.")
            served[use["task"]] = ServedModel(model, admitted_by=None)
        return ActiveModels(0, served.get("classification"), served.get("regression"))

    def _policy(self, answer: Mapping[str, Any]) -> tuple[int, RiskPolicy]:
        number = int(answer["policy_version"])
        with self.database.read() as connection:
            return number, policies.version(connection, number)


@dataclass(frozen=True)
class _Pair:
    """One recorded measurement and its answer."""

    index: int
    asked: Any
    answer: Mapping[str, Any]


def _answered(recorded: RecordedPrediction) -> list[_Pair]:
    if recorded.purpose != "lot":
        return [_Pair(0, recorded.inputs, recorded.outputs)]
    asked: Sequence[Any] = recorded.inputs["measurements"]
    return [
        _Pair(item["index"], asked[item["index"]], item["prediction"])
        for item in recorded.outputs["items"]
        if item["prediction"] is not None
    ]


def _compared(pair: _Pair, scored: Score) -> list[ReplayedOutput]:
    replayed = scored.raw_outputs()
    return [
        ReplayedOutput(
            index=pair.index,
            model=use["name"],
            version=use["version"],
            sha256=use["sha256"],
            recorded=use["raw_output"],
            replayed=replayed[use["task"]],
            difference=abs(use["raw_output"] - replayed[use["task"]]),
        )
        for use in pair.answer["models"]
    ]


def _content(stored: bytes | None) -> Any:
    """Read stored JSON; anything else is returned as text."""
    content = call_log.unpack(stored)
    if content is None:
        return None
    try:
        return json.loads(content)
    except ValueError:
        return content.decode("utf-8", "replace")
