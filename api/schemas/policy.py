"""The risk policy: its versions, and the preview of another."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.charts import Chart
from api.schemas.common import MAX_REASON, MIN_REASON, Answer, Notice
from api.schemas.model_card import Decision, ThresholdOutcome
from api.schemas.park import LevelCounts
from api.schemas.vocabulary import DataStatus, RiskLevel

MAX_EUR, MAX_FACTOR, MAX_DAYS = 1e9, 1e6, 3_650
Reason = Annotated[
    str, Field(min_length=MIN_REASON, max_length=MAX_REASON, description="Motif, gardé dans l’historique")
]
Base = Annotated[int, Field(ge=1, le=2**31 - 1, description="Version sur laquelle la modification se fonde")]


class PolicyParameters(BaseModel):
    """The parameters that EnergiTech decides."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    cost_intervention_eur: float = Field(gt=0, le=MAX_EUR, description="Coût d’une intervention inutile [€]")
    cost_failure_eur: float = Field(gt=0, le=MAX_EUR, description="Coût d’une panne non évitée [€]")
    critical_factor: float = Field(
        ge=1, le=MAX_FACTOR, description="« critique » commence à ce multiple du seuil…"
    )
    critical_cap: float = Field(gt=0, le=1, description="… ou à cette probabilité, si elle est plus basse")
    moderate_divisor: float = Field(
        ge=1, le=MAX_FACTOR, description="« modéré » commence au seuil divisé par ce nombre"
    )
    urgent_days: float = Field(
        ge=0, le=MAX_DAYS, description="Un délai avant panne au plus égal relève le niveau [jours]"
    )
    max_age_days: int = Field(
        ge=0, le=MAX_DAYS, description="Âge au-delà duquel une mesure est trop ancienne [jours]"
    )
    answer_days_high: int = Field(
        7,
        ge=0,
        le=MAX_DAYS,
        description="Sans borne prouvée, délai pour répondre à une alerte « élevé » [jours]",
    )
    answer_days_critical: int = Field(
        2, ge=0, le=MAX_DAYS,
        description="Sans borne prouvée, délai pour répondre à une alerte « critique » [jours]",
    )  # fmt: skip


class PolicyBounds(Answer):
    """The probability from which each level begins, computed from the parameters."""

    threshold: float = Field(description="Seuil de décision : « élevé »")
    critical_from: float
    moderate_from: float


class PolicyVersion(Answer):
    """One version with its author, instant and reason."""

    version: int
    parameters: PolicyParameters
    bounds: PolicyBounds
    created_at: datetime
    created_by: str = Field(description="compte:N ou installation")
    author: str | None = Field(None, description="Nom affiché de ce compte ; null pour une machine")
    reason: str


class Policy(Answer):
    """The version in force, and all versions, newest first."""

    in_force: PolicyVersion
    versions: list[PolicyVersion]
    used_by_ranking: int | None = Field(
        None, description="Version dont viennent les niveaux du classement publié"
    )
    notices: list[Notice] = Field(default_factory=list)


class PolicyChange(BaseModel):
    """A new version; refused if somebody saved another one since ``base_version``."""

    model_config = ConfigDict(extra="forbid")

    base_version: Base
    parameters: PolicyParameters
    reason: Reason


class PolicyRestore(BaseModel):
    """Restores the parameters of an older version, as a new version."""

    model_config = ConfigDict(extra="forbid")

    base_version: Base | None = Field(None, description="Version en vigueur attendue ; null : peu importe")
    reason: Reason


class PreviewRequest(BaseModel):
    """A policy to try without saving it."""

    model_config = ConfigDict(extra="forbid")

    parameters: PolicyParameters
    limit: int = Field(500, ge=0, le=10_000, description="Turbines listées au plus")


class LevelShift(Answer):
    """A turbine of the published ranking whose level would change."""

    turbine_id: str
    failure_probability: float | None
    time_to_failure_days: float | None
    data_status: DataStatus
    before: RiskLevel
    after: RiskLevel
    data_status_after: DataStatus


class PolicyPreview(Answer):
    """The effect that a policy would have; nothing is saved."""

    bounds: PolicyBounds
    base_version: int = Field(description="Version en vigueur")
    run_id: int | None = Field(None, description="Calcul publié dont les turbines sont recomptées")
    as_of: date | None = None
    ranking_policy_version: int | None = Field(None, description="Politique de ce classement")
    total: int = 0
    changed: int = Field(0, description="Turbines qui changent de niveau")
    raised: int = Field(0, description="Dont celles qui montent")
    counts_before: LevelCounts
    counts_after: LevelCounts
    turbines: list[LevelShift] = Field(default_factory=list, description="Celles qui changent, par rang")
    model: str | None = Field(None, description="Classifieur en service, dont viennent les coûts")
    decision: Decision | None = Field(
        None, description="Ce que chaque seuil aurait annoncé et coûté, sur des lignes jamais vues"
    )
    cost_chart: Chart | None = Field(None, description="Le coût selon le seuil ; tirets : le seuil proposé")
    threshold_in_force: ThresholdOutcome | None = Field(
        None, description="Le seuil en vigueur, aux coûts proposés"
    )
    notices: list[Notice] = Field(default_factory=list)
