"""Candidates in shadow, and two versions side by side."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.common import MAX_REASON, MIN_REASON, Answer, Figure, ModelRef, Name

Task = Literal["classification", "regression"]


class CandidateRequest(BaseModel):
    """The version to try in shadow, and the reason, stored with it."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=64, description="Nom du modèle")
    version: int = Field(ge=1, le=2**31 - 1, description="Version rangée")
    reason: str = Field(
        min_length=MIN_REASON, max_length=MAX_REASON, description="Motif, conservé avec le candidat"
    )


class Candidate(Answer):
    """A version that scores each run without publishing its scores."""

    task: Task
    name: str
    version: int
    sha256: str
    since: datetime = Field(description="Candidat depuis")
    set_by: str
    set_by_name: Name = None
    reason: str
    ended_at: datetime | None = Field(None, description="Retiré, remplacé ou mis en service le")
    ended_by: str | None = None
    ended_by_name: Name = None
    end_reason: str | None = None
    failure: str | None = Field(None, description="Pourquoi il n’a pas su noter le dernier calcul")
    failed_at: datetime | None = None
    failed_run: int | None = Field(None, description="Calcul qu’il n’a pas su noter")
    runs_scored: int = Field(description="Calculs du parc qu’il a notés")


class LevelBound(Answer):
    """The bound from which a level begins, on the model's own scale."""

    level: str = Field(description="Niveau de risque, ou « imminente » pour des jours")
    value: float = Field(description="Probabilité, ou jours")


class TopOverlap(Answer):
    """How many of the most urgent turbines two rankings share."""

    size: int
    shared: int


class TurbinePair(Answer):
    """Both models' outputs for one turbine, from the same measurement."""

    turbine_id: str
    active: float = Field(description="Sortie du modèle en service : probabilité ou jours")
    candidate: float = Field(description="Sortie du candidat, dans la même unité")
    active_level: str
    candidate_level: str


class RunAgreement(Answer):
    """Agreement of the candidate's scores with the published ones, for one run."""

    run_id: int
    as_of: date
    active: ModelRef
    rows: int = Field(description="Turbines notées par les deux")
    left_out: int = Field(description="Turbines qu’un des deux n’a pas notées")
    same_level: Figure = Field(description="Part des turbines au même niveau, par la seule sortie du modèle")
    rank_correlation: float | None = Field(description="Corrélation de rang de Spearman, de −1 à 1")
    tops: list[TopOverlap] = Field(description="Têtes de classement communes")
    mean_absolute_difference: float
    mean_difference: float = Field(description="Candidat moins modèle en service")


class PooledRuns(Answer):
    """Agreement over several runs that the same active version published."""

    runs: int
    rows: int
    turbines: int
    same_level: Figure
    mean_absolute_difference: Figure


class ShadowReport(Answer):
    """The candidate's scores beside the published ones."""

    candidate: Candidate
    policy_version: int | None = Field(None, description="Politique dont viennent les niveaux")
    bounds: list[LevelBound]
    last: RunAgreement | None = Field(None, description="Calcul comparé ; null tant qu’il n’y en a pas")
    pairs: list[TurbinePair] = Field(description="Turbines du calcul, les plus grands écarts d’abord")
    runs: list[RunAgreement] = Field(description="Derniers calculs notés, le plus récent d’abord")
    pooled: PooledRuns | None = Field(None, description="Ces calculs ensemble ; intervalles par turbine")


class QualityPair(Answer):
    """One figure of quality for both versions."""

    key: str
    left: Figure
    right: Figure
    difference: Figure = Field(description="Droite moins gauche, avec l’intervalle de la différence")
    better: Literal["left", "right"] | None = Field(
        description="Version que tout l’intervalle favorise ; null s’il ne tranche pas"
    )


class ModelComparison(Answer):
    """Two stored versions measured on identical rows that neither has seen."""

    task: Task
    left: ModelRef
    right: ModelRef
    rows: int
    turbines: int
    failures: int | None
    failure_events: int | None
    left_out: int = Field(description="Mesures étiquetées que l’une des deux a vues, ou incomplètes")
    policy_version: int
    threshold: float = Field(description="Seuil auquel précision, rappel et coût sont comptés")
    figures: list[QualityPair]
