"""Models: their versions, their cards, their activation."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.common import MAX_REASON, MIN_REASON, Answer, Name, version_words
from api.schemas.model_card import CalibrationTrial, Decision, Description, Explained, Golden
from api.schemas.predictions import FeatureInfo

TASKS = {"classification": "Panne dans les 7 jours", "regression": "Jours avant panne"}
CALIBRATIONS = {
    "non_calibree": "non calibrée",
    "platt": "calibrée, méthode de Platt",
    "isotonique": "calibrée, régression isotonique",
}


class Retirement(Answer):
    """When and why a version was taken out; past scores and their replay still rest on it."""

    retired_at: datetime
    reason: str


class Admission(Answer):
    """Who put a version into service although it did not pass the quality gate, and why."""

    by: str
    by_name: Name = None
    reason: str


class ModelSummary(Answer):
    """One stored version of a model."""

    name: str
    version: int
    task: Literal["classification", "regression"]
    sha256: str
    active: bool
    admitted: bool = Field(description="Passe le contrôle de qualité, ou admis par une personne nommée")
    gate_reasons: list[str]
    created_at: datetime
    imported_by: str
    imported_by_name: Name = None
    problem: str | None = Field(None, description="Pourquoi cette version ne peut pas servir, le cas échéant")
    retired: Retirement | None = Field(
        None, description="Retirée : personne ne peut plus la mettre en service"
    )
    admission: Admission | None = Field(
        None, description="Qui l’a mise en service sans qu’elle passe le contrôle de qualité, et pourquoi"
    )

    @property
    def label(self) -> str:
        """Name and version as people read them, with the reason of an admission against the quality gate."""
        return version_words(self.name, self.version, self.admission.reason if self.admission else None)


class ModelList(Answer):
    """All stored versions, the active ones first."""

    items: list[ModelSummary]


class ModelFacts(Answer):
    """What is known of one version: the manifest in plain terms, measured and reported quality apart."""

    summary: ModelSummary
    target: str
    features: list[FeatureInfo]
    authorised_use: list[str]
    limits: list[str]
    data: dict[str, Any] = Field(description="Sur quoi il a été ajusté, et quelles lignes il n’a jamais vues")
    measured: dict[str, Any] | None = Field(
        description="Mesuré ici, sur des lignes jamais vues, avec intervalles à 95 %"
    )
    reported: dict[str, Any] | None = Field(
        description="Annoncé par le rapport fourni ; jamais mêlé au mesuré"
    )
    calibration: str
    calibration_reason: str = Field("", description="Pourquoi la probabilité est recalibrée, ou non")
    raw_brier: float | None = Field(
        None, description="Score de Brier de la probabilité brute, sur les lignes jamais vues"
    )
    calibration_trials: list[CalibrationTrial] = Field(
        default_factory=list, description="Recalibrations essayées, jugées sur d’autres turbines"
    )
    decision: Decision | None = Field(
        None, description="Ce que chaque seuil aurait donné et coûté, avec la politique en vigueur"
    )
    interval: dict[str, Any] | None = Field(
        None,
        description="Intervalle des jours restants : bornes par horizon et couverture réellement obtenue",
    )
    libraries: dict[str, str]
    runtime: dict[str, Any]
    activations: list[Activation]
    estimator: str = Field("", description="Estimateur scikit-learn, ou ONNX")
    classes: list[str] = Field(default_factory=list, description="Classes, dans l’ordre du modèle")
    positive_class: str | None = Field(None, description="Classe qui veut dire « panne »")
    size_bytes: int | None = Field(None, description="Taille de l’artefact [octets]")
    golden: Golden | None = Field(
        None, description="Sorties enregistrées ailleurs et retrouvées ici, le cas échéant"
    )
    explained: Explained = Field("aucune", description="Facteurs : exacte, estimee (tirages) ou aucune")
    prohibited_use: list[str] = Field(default_factory=list, description="À quoi il ne doit pas servir")
    own_threshold: float | None = Field(
        None, description="Seuil que son auteur a réglé dans le modèle ; montré, jamais appliqué"
    )


class ModelCard(ModelFacts):
    """The card of one version: what is known of it, and the same as people read it."""

    description: Description = Field(description="La fiche telle qu’on la lit : phrases, tableaux, courbes")


class Activation(Answer):
    """One change of the active model."""

    name: str
    version: int
    activated_at: datetime
    activated_by: str
    activated_by_name: Name = None
    reason: str
    admitted_by: str | None = Field(
        None, description="Qui l’a admis sans qu’il passe le contrôle de qualité, le cas échéant"
    )
    admitted_by_name: Name = None
    replaced_at: datetime | None = Field(None, description="Fin de service ; null : en service")


class ActivationRequest(BaseModel):
    """The reason of an activation, stored in the model's history."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(
        min_length=MIN_REASON, max_length=MAX_REASON, description="Motif, conservé dans l’historique"
    )


ModelFacts.model_rebuild()
ModelCard.model_rebuild()
