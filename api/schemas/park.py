"""The park: its runs, its ranking, its turbines."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.schemas import french
from api.schemas.changes import DaysCoverage, ItemChange, QueueCounts, SincePrevious
from api.schemas.common import Answer, ModelRef, Name, Notice, Page, ReadVersion
from api.schemas.predictions import Driver, FeatureInfo
from api.schemas.turbine_story import LivingIntervention, PowerLink, Situation, UsualRange
from api.schemas.vocabulary import DataStatus, Freshness, Queue, RiskLevel, SituationCode

RunStatus = Literal[
    "en_attente", "en_cours", "termine", "termine_avec_erreurs", "echoue", "interrompu", "annule"
]
RunPhase = Literal["lecture", "evaluation", "explication", "enregistrement", "publication"]
ServiceState = Literal["en_service", "arret_programme", "hors_service"]
RunKind = Literal["planifie", "manuel", "reprise"]


def stale_words(count: int) -> str:
    """Say how many turbines of a run had a measurement older than the policy allows."""
    words = f"mesure {Freshness.TROP_ANCIENNE.words}"
    return french.counted(count, words) if count else f"aucune {words}"


class RunRequest(BaseModel):
    """Requests a run."""

    model_config = ConfigDict(extra="forbid")

    as_of: date | None = Field(
        None, description="Jour à évaluer ; par défaut aujourd’hui (en démo, dernier jour mesuré)"
    )


class RunModel(ModelRef):
    """A model that a run used."""

    task: Literal["classification", "regression"]


class SpokenModel(RunModel):
    """A model behind a published score."""

    calibration: str | None = Field(
        description="Calibration de sa probabilité ; null si la version n’est plus dans le magasin"
    )


class Run(Answer):
    """A run: one scoring of the whole park, waiting, under way or ended."""

    run_id: int
    kind: RunKind
    as_of: date
    status: RunStatus
    requested_by: str
    requested_by_name: Name = None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    duration_s: float | None
    total: int = Field(description="Turbines du parc ; 0 tant que les mesures ne sont pas lues")
    done: int = Field(description="Turbines traitées dans la phase en cours")
    phase: RunPhase | None = Field(None, description="Ce que fait un calcul en cours ; nul avant et après")
    failed: int
    stale: int = Field(0, description="Turbines dont la mesure est trop ancienne (`data_status` perime)")
    models: list[RunModel]
    policy_version: int | None
    error: str | None = Field(description="Raison d’un échec, d’une interruption ou d’une annulation")
    cancel_asked_by: str | None = Field(None, description="Qui a demandé l’annulation")
    cancel_asked_by_name: Name = None


class LevelCounts(Answer):
    """Turbines per level."""

    critique: int = 0
    eleve: int = 0
    modere: int = 0
    faible: int = 0


class ParkItem(Answer):
    """One turbine in a published ranking."""

    rank: int
    turbine_id: str
    site: str | None
    farm: str | None
    service_state: ServiceState = Field("en_service", description="État présent de la machine")
    risk_level: RiskLevel
    risk_score: float
    failure_probability: float | None
    time_to_failure_days: float | None
    time_to_failure_interval: tuple[float, float] | None
    data_status: DataStatus
    measured_on: date | None
    age_days: int | None = Field(description="Âge de la mesure au jour du calcul [j]")
    expected_failure_cost_eur: float | None
    net_benefit_eur: float | None
    main_driver: Driver | None
    recommendation: str
    planned_visit_on: date | None = Field(description="Prochaine visite prévue après le jour du calcul")
    warnings: list[Notice]
    change: ItemChange | None = Field(None, description="Ce qui a changé depuis le calcul précédent")
    situation: Situation | None = Field(
        None, description="Ce qui reste à faire ; nul pour un classement passé"
    )
    queues: list[Queue] = Field(default_factory=list, description="Files où la turbine se trouve")
    intervention: LivingIntervention | None = Field(
        None, description="Intervention proposée, planifiée ou en cours ; nulle pour un classement passé"
    )


class HistoryProgress(Answer):
    """How far the recomputation of the park's past days is."""

    first: date
    last: date
    done: int = Field(description="Jours faits")
    total: int = Field(description="Jours en tout")


class ParkState(Answer):
    """What is true of the park on every page."""

    simulated: bool = Field(description="Vrai : toutes les données viennent de l’échantillon simulé")
    next_run_at: datetime | None = Field(description="Prochain calcul planifié ; nul s’il n’y en a pas")
    next_run: str = Field(description="Prochain calcul planifié, ou pourquoi il n’y en a pas")
    history: HistoryProgress | None = Field(description="Historique en cours de calcul ; nul autrement")


class Park(Page[ParkItem]):
    """The last published ranking, or that of a requested day."""

    as_of: date | None
    run: Run | None = Field(description="Le calcul publié ; nul tant qu’aucun ne l’est")
    counts: LevelCounts
    last_attempt: Run | None = Field(
        description="La dernière tentative au jour du classement publié ou après, si elle n’est pas publiée "
        "; un jour passé recalculé n’en est pas une"
    )
    stale: bool = Field(False, description="Vrai : le classement est trop ancien pour décider")
    next_run_at: datetime | None = Field(
        None, description="Prochain calcul planifié ; nul s’il attend des mesures ou des modèles"
    )
    next_run: str | None = Field(
        None, description="Prochain calcul planifié, ou pourquoi il n’y en a pas ; nul pour un jour passé"
    )
    history: HistoryProgress | None = Field(
        None, description="Historique en cours de calcul ; nul autrement, et pour un jour passé"
    )
    threshold: float | None = Field(description="Seuil de décision du calcul publié")
    changes: SincePrevious | None = Field(
        None, description="Le parc depuis le calcul du jour précédent ; nul s’il n’y en a pas"
    )
    queues: QueueCounts = Field(default_factory=QueueCounts, description="Turbines par file, parc entier")
    situations: dict[SituationCode, int] = Field(
        default_factory=dict, description="Turbines par situation, parc entier ; vide pour un jour passé"
    )
    days_coverage: DaysCoverage | None = Field(
        None, description="Ce que vaut l’intervalle des jours restants sur lequel max_days filtre"
    )
    notices: list[Notice] = Field(default_factory=list)


class ParkDay(Answer):
    """Counts per level of one published run."""

    run_id: int
    as_of: date
    counts: LevelCounts


class Turbine(Answer):
    """A turbine's facts."""

    turbine_id: str
    site: str | None
    farm: str | None
    rated_power_kw: float | None
    commissioned_on: date | None
    service_state: ServiceState
    last_measured_on: date | None
    changed_at: datetime | None = Field(None, description="Dernière modification à la main")
    changed_by: str | None = None
    changed_by_name: Name = None
    version: int = Field(1, description="À renvoyer avec chaque modification")


class TurbineChange(BaseModel):
    """Changes of a turbine; an omitted field stays, null erases."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    site: Annotated[str, Field(min_length=1, max_length=120)] | None = None
    farm: Annotated[str, Field(min_length=1, max_length=120)] | None = None
    rated_power_kw: Annotated[float, Field(gt=0, le=30_000)] | None = Field(
        None, description="Puissance nominale [kW]"
    )
    commissioned_on: date | None = None
    service_state: ServiceState | None = Field(None, description="Ne peut pas être effacé")
    version: ReadVersion = None


class DayBasis(Answer):
    """What a day made of ten-minute records rests on; the records themselves are not kept."""

    records: int = Field(description="Relevés reçus ce jour-là")
    expected: int = Field(description="Relevés d’un jour entier à ce pas")
    step_min: int = Field(description="Temps entre deux relevés [min]")
    valid: dict[str, int] = Field(description="Relevés valides, par capteur")


class MeasurementRow(Answer):
    """One stored measurement."""

    measured_on: date
    measured_at: datetime | None
    values: dict[str, float | None]
    failure_within_7d: bool | None = None
    time_to_failure_days: float | None = None
    basis: DayBasis | None = Field(None, description="Null pour une mesure prise telle quelle")


class ScorePoint(Answer):
    """A turbine's published score on one day."""

    as_of: date
    risk_level: RiskLevel
    risk_score: float
    failure_probability: float | None
    time_to_failure_days: float | None
    data_status: DataStatus


class TurbineDetail(Answer):
    """A turbine with its score, drivers and last measurements."""

    turbine: Turbine
    current: ParkItem | None = Field(description="Sa place dans le dernier classement publié")
    as_of: date | None
    drivers: list[Driver]
    base_probability: float | None
    threshold: float | None
    models: list[SpokenModel]
    policy_version: int | None
    last_measurements: list[MeasurementRow]
    features: list[FeatureInfo]
    planned_visits: list[date]
    usual: list[UsualRange] = Field(default_factory=list, description="Plages habituelles, par mesure")
    power_link: PowerLink | None = Field(
        None, description="Puissance et vent liés par la courbe de puissance de cette turbine"
    )
    notices: list[Notice] = Field(default_factory=list)
