"""Recorded predictions, and their replay."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from api.schemas.common import Answer


class RecordedPrediction(Answer):
    """A call with its inputs and outputs, from the call log."""

    request_id: str
    at: datetime
    purpose: str | None
    principal: str = Field(description="Qui a demandé : compte:N ou cle:N")
    status: int
    inputs: Any = Field(description="Ce qui fut demandé")
    outputs: Any = Field(description="Ce qui fut répondu : sorties, modèles et leurs empreintes, politique")


class ReplayedOutput(Answer):
    """A model's recorded raw output, and the replayed one."""

    index: int = Field(description="Place dans le lot ; 0 pour une mesure seule")
    model: str
    version: int
    sha256: str
    recorded: float
    replayed: float
    difference: float


class Replay(Answer):
    """The replay of a recorded prediction: same inputs, same model versions, same policy."""

    request_id: str
    agrees: bool = Field(
        description="Vrai si toutes les sorties brutes concordent à 1e-6 près et les niveaux aussi"
    )
    largest_difference: float
    policy_version: int | None
    outputs: list[ReplayedOutput]
    differing_levels: list[int] = Field(description="Places dont le niveau de risque diffère")
