"""The week plan: crews, budget and choices in; visits, turbines left aside and their risk out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.schemas.common import Answer, Notice
from api.schemas.interventions import Pseudonym, TurbineName
from api.schemas.vocabulary import DataStatus, RiskLevel, Skill

MAX_CREWS, MAX_VISITS = 30, 1_000
Choice = Literal["libre", "imposee", "ecartee"]
Days = Literal[5, 7]
LeftReason = Literal[
    "ecartee",
    "competence",
    "journee_trop_courte",
    "heures",
    "budget",
    "heures_et_budget",
    "pas_rentable",
    "deja_decidee",
    "trop_tard",
    "visite_a_confirmer",
]
CrewName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
DayHours = Annotated[float, Field(ge=0, le=24)]
VisitHours = Annotated[float, Field(ge=0.25, le=24, description="Durée sur place [h]")]
Skills = Annotated[list[Skill], Field(max_length=6)]
Budget = Annotated[
    float, Field(ge=0, le=1e9, description="Pour toutes les interventions [€] ; nul : sans limite")
]
_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)


class PlanCrew(BaseModel):
    """People who work together: one intervention at a time, each within one day."""

    model_config = _STRICT

    name: CrewName
    skills: Skills = Field(default_factory=list, description="Ce que l’équipe sait faire")
    hours: Annotated[list[DayHours], Field(min_length=5, max_length=7)] = Field(
        description="Heures disponibles chaque jour, depuis le premier [h]"
    )
    assignee: Pseudonym | None = Field(None, description="Pseudonyme à qui ses interventions sont affectées")


class PlanAdjustment(BaseModel):
    """A person's choice for one turbine before the plan."""

    model_config = _STRICT

    turbine_id: TurbineName
    choice: Choice = Field("libre", description="imposee : dans le plan ; ecartee : hors du plan")
    hours: VisitHours | None = Field(None, description="Durée pour elle, à la place de hours_each [h]")
    skills: Skills | None = Field(None, description="À la place de celles que son facteur principal demande")


class WeekPlanRequest(BaseModel):
    """The crews, the budget and the choices for one week."""

    model_config = _STRICT

    week_start: date | None = Field(None, description="Premier jour ; par défaut le prochain lundi")
    days: Days = 5
    crews: Annotated[list[PlanCrew], Field(min_length=1, max_length=MAX_CREWS)]
    budget_eur: Budget | None = None
    hours_each: VisitHours = 4.0
    place_visits: bool = Field(
        True,
        description="Donne une équipe et un jour aux turbines à décider dont le fichier annonce une visite ; "
        "false : elles attendent qu’une personne confirme cette visite",
    )
    adjustments: Annotated[list[PlanAdjustment], Field(max_length=MAX_VISITS)] = Field(default_factory=list)


class WeekPlanInputs(Answer):
    """The inputs of the last plan; without a crew before the first plan."""

    crews: list[PlanCrew] = Field(default_factory=list)
    days: Days = 5
    budget_eur: float | None = None
    hours_each: float = 4.0
    place_visits: bool = True
    saved_at: datetime | None = None
    week_start: date = Field(description="Prochain lundi, premier jour proposé")


class PlannedTurbine(Answer):
    """A turbine of the published ranking, with its euros."""

    turbine_id: str
    site: str | None
    farm: str | None
    risk_level: RiskLevel
    failure_probability: float | None
    data_status: DataStatus
    main_driver: str | None = Field(description="Facteur principal, en français")
    skills: list[Skill] = Field(description="Attendues sur place")
    hours: float = Field(description="Durée prévue sur place [h]")
    choice: Choice
    planned_visit_on: date | None = Field(description="Visite déjà prévue, après le jour du classement")
    risk_eur: float = Field(description="Coût attendu de la panne, p × F [€]")
    net_benefit_eur: float = Field(description="Coût évité en intervenant, p × F − C [€]")


class PlannedVisit(PlannedTurbine):
    """An intervention of the plan."""

    day: date
    crew: str
    assignee: str | None
    cost_eur: float


class LeftTurbine(PlannedTurbine):
    """A turbine that the plan leaves aside."""

    reason: LeftReason
    sentence: str


class CoveredTurbine(Answer):
    """A turbine whose risk is treated: somebody goes, or has been there since the measurement."""

    turbine_id: str
    risk_eur: float
    sentence: str


class CrewDay(Answer):
    """Available and booked hours of one crew on one day [h]."""

    crew: str
    day: date
    available: float = Field(description="Heures données pour cette équipe [h]")
    booked: float = Field(0.0, description="Déjà prises par des interventions planifiées [h]")
    planned: float = Field(description="Prises par ce plan [h]")
    free: float = Field(0.0, description="Encore libres, jamais sous zéro [h]")


class BookedVisit(Answer):
    """An intervention already planned within the days of the plan."""

    intervention_id: int
    turbine_id: str
    day: date
    hours: float = Field(description="Durée prévue [h] ; 0 si personne ne l’a dite")
    assignee: str | None
    crew: str | None = Field(description="Équipe dont les heures sont prises ; nulle si inconnue")


class PlanTotals(Answer):
    """The plan in euros; ``park_eur`` is the sum of prevented, remaining and already covered."""

    visits: int
    cost_eur: float = Field(description="Coût des interventions du plan [€]")
    prevented_eur: float = Field(description="Coût attendu des pannes que le plan traite [€]")
    net_eur: float = Field(description="Coût évité : traité moins coût des interventions [€]")
    remaining_eur: float = Field(description="Risque qui reste : ni traité, ni dans ce plan [€]")
    covered_eur: float = Field(
        description="Risque déjà traité : quelqu’un y va, ou y est allé depuis la mesure [€]"
    )
    park_eur: float = Field(description="Coût attendu des pannes de tout le parc [€]")
    small_turbines: int = Field(description="Turbines où le risque coûte moins qu’une intervention")
    small_eur: float = Field(description="Leur part du risque qui reste [€]")
    unassessed: int = Field(description="Turbines sans probabilité : leur risque n’est pas compté")


class WeekPlan(Answer):
    """The best plan, and the turbines that it leaves aside."""

    run_id: int
    as_of: date
    policy_version: int
    cost_intervention_eur: float
    cost_failure_eur: float
    week_start: date
    days: int
    budget_eur: float | None
    visits: list[PlannedVisit]
    left: list[LeftTurbine]
    covered: list[CoveredTurbine]
    loads: list[CrewDay]
    booked: list[BookedVisit] = Field(
        default_factory=list, description="Interventions déjà planifiées ces jours-là"
    )
    totals: PlanTotals
    proven: bool = Field(description="Vrai : aucun autre plan n’évite davantage")
    gap_eur: float = Field(description="Ce qu’un autre plan pourrait encore éviter, au plus [€]")
    net_without_choices_eur: float | None = Field(
        None, description="Coût évité sans aucune turbine imposée ni écartée ; nul sans de tels choix [€]"
    )
    notices: list[Notice]


class AcceptedVisit(BaseModel):
    """One intervention to plan, as the plan shows it or adjusted."""

    model_config = _STRICT

    turbine_id: TurbineName
    day: date
    crew: CrewName
    assignee: Pseudonym | None = None
    hours: VisitHours
    skills: Skills | None = None


class WeekPlanAcceptance(BaseModel):
    """The interventions to plan, and the run of their ranking."""

    model_config = _STRICT

    run_id: Annotated[int, Field(ge=1, le=2**31 - 1)]
    visits: Annotated[list[AcceptedVisit], Field(min_length=1, max_length=MAX_VISITS)]


class VisitOutcome(Answer):
    """The result for one intervention to plan: its number, or the reason of its refusal."""

    turbine_id: str
    intervention_id: int | None = None
    error: str | None = None


class WeekPlanAccepted(Answer):
    """Results in the order of the request; each intervention is accepted or refused on its own."""

    planned: int
    refused: int
    items: list[VisitOutcome]
