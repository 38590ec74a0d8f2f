"""One measurement in, one prediction out.

The fields of a measurement are those that the active models declare, so
:mod:`api.services.models.measurement_model` builds its schema at run time. This module has the fixed part.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from api.schemas.common import Answer, FieldProblem, Notice, Probability
from api.schemas.vocabulary import DataStatus, RiskLevel


class Driver(Answer):
    """How much one feature moves the probability away from the model's base."""

    feature: str
    label: str = Field(description="Nom en français")
    value: float | None = Field(description="Valeur mesurée, dans l’unité indiquée")
    unit: str
    dtype: Literal["float", "int", "binary"] = Field(
        "float", description="Nombre, nombre entier, ou « binary » : 0 ou 1 pour non ou oui"
    )
    contribution: float = Field(description="Valeur de Shapley, en points de probabilité (0,01 = 1 point)")
    direction: Literal["hausse", "baisse", "neutre"]
    marker: bool = Field(
        description="Vrai : indice qui accompagne les pannes, pas une cause sur laquelle agir"
    )
    note: str = Field("", description="Ce qu’il faut savoir avant d’interpréter ce facteur")


@dataclass(slots=True)  # five times as fast to make as an Answer: a batch has two for each row
class ModelUse:
    """A model that answered, and its raw output."""

    name: str
    version: int
    task: Literal["classification", "regression"]
    sha256: str
    raw_output: Annotated[float, Field(description="Sortie brute : probabilité ou jours")]
    calibration: Annotated[str, Field(description="non_calibree, ou le nom de la calibration")]


class Prediction(Answer):
    """The active models' and the risk policy's answer for one measurement."""

    request_id: str
    turbine_id: str
    measured_at: datetime | date | None
    failure_probability: Probability = Field(description="Probabilité de panne dans les 7 jours")
    failure_within_7d: bool = Field(description="Vrai si la probabilité atteint le seuil de décision")
    decision_threshold: Probability
    time_to_failure_days: float | None = Field(description="Jours estimés avant panne")
    time_to_failure_interval: tuple[float, float] | None = Field(
        description="Intervalle [bas, haut], en jours"
    )
    risk_level: RiskLevel
    risk_score: float = Field(ge=0, le=1, description="Score de classement, un quart par niveau")
    data_status: DataStatus
    expected_failure_cost_eur: float = Field(description="Probabilité × coût d’une panne manquée [€]")
    net_benefit_eur: float = Field(description="Gain attendu à intervenir maintenant [€]")
    recommendation: str
    drivers: list[Driver]
    base_probability: Probability | None = Field(
        None, description="Probabilité de référence du modèle, d’où partent les facteurs"
    )
    warnings: list[Notice]
    models: list[ModelUse]
    policy_version: int
    scored_at: datetime


class BatchItem(Answer):
    """The prediction or the errors of one measurement of a batch."""

    index: int
    prediction: Prediction | None = None
    errors: list[FieldProblem] = Field(default_factory=list)


class BatchPredictions(Answer):
    """One item per measurement of the request, in the same order."""

    request_id: str
    total: int
    succeeded: int
    failed: int
    items: list[BatchItem]


class FeatureInfo(Answer):
    """A feature that the active models read, described well enough for an input field."""

    name: str
    label: str
    unit: str
    dtype: Literal["float", "int", "binary"]
    minimum: float | None = Field(description="Borne physique basse")
    maximum: float | None = Field(description="Borne physique haute")
    training_minimum: float | None = None
    training_maximum: float | None = None
    marker: bool = False
    note: str = ""
    required_by: list[str] = Field(description="Modèles qui lisent ce champ")
