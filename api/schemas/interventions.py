"""Interventions: proposals, planning, work, verdicts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.schemas.common import Answer, FieldChange, Notice, Page
from api.schemas.predictions import Driver
from api.schemas.turbine_story import LivingIntervention, Situation
from api.schemas.vocabulary import (
    DataStatus,
    Effect,
    InterventionOrigin,
    InterventionState,
    JournalAction,
    Priority,
    RiskLevel,
    Skill,
    Verdict,
)

Pseudonym = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000)]
TurbineName = Annotated[str, Field(min_length=1, max_length=64, description="Identifiant de la turbine")]
Hours = Annotated[float, Field(gt=0, le=500, description="Durée prévue sur place [h]")]
Downtime = Annotated[float, Field(ge=0, le=8_784, description="Arrêt de la machine [h], 0 si aucun")]
Place = Annotated[int, Field(ge=0, le=99)]


class InterventionRequest(BaseModel):
    """Opens an intervention: a manual one, a confirmed recommendation, or a reported finding."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    turbine_id: TurbineName
    origin: InterventionOrigin = Field(
        InterventionOrigin.MANUELLE,
        description="recommandation : confirme une proposition ; constat : sans rien planifier",
    )
    planned_on: date | None = Field(None, description="Jour prévu ; attendu, sauf pour un constat")
    assignee: Pseudonym | None = Field(None, description="Pseudonyme de la personne qui y va")
    expected_hours: Hours | None = None
    priority: Priority | None = Field(None, description="Par défaut selon le niveau de risque")
    skills: Annotated[list[Skill], Field(max_length=6)] | None = Field(
        None, description="Par défaut selon le facteur principal"
    )
    findings: Words | None = Field(None, description="Ce qui a été constaté ; attendu pour un constat")
    comment: Words | None = None
    dismissed: bool = Field(
        False, description="Écarte la recommandation au lieu de la confirmer ; « comment » dit pourquoi"
    )
    dismissed_until: date | None = Field(
        None, description="Dernier jour où elle reste écartée ; par défaut le délai urgent de la politique"
    )


class InterventionChange(BaseModel):
    """Changes of an intervention; an omitted field stays."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    version: Annotated[int, Field(ge=1, le=2**31 - 1)] = Field(
        description="Celle que vous avez lue ; une autre est refusée (409)"
    )
    state: InterventionState | None = Field(
        None, description="planifiee, en_cours, terminee (avec un verdict) ou annulee (avec « comment »)"
    )
    acknowledged: bool | None = Field(None, description="true : « j’ai lu, j’y vais »")
    assignee: Pseudonym | None = None
    planned_on: date | None = None
    expected_hours: Hours | None = None
    priority: Priority | None = None
    skills: Annotated[list[Skill], Field(max_length=6)] | None = None
    checklist_done: Annotated[list[Place], Field(max_length=100)] | None = Field(
        None, description="Points vérifiés, par leur place à partir de 0 ; remplace les précédents"
    )
    verdict: Verdict | None = Field(None, description="Attendu à la clôture")
    findings: Words | None = Field(None, description="Ce qui a été constaté ; attendu à la clôture")
    downtime_hours: Downtime | None = None
    done_on: date | None = Field(None, description="Jour de fin des travaux ; aujourd’hui par défaut")
    comment: Words | None = None


class CheckLine(Answer):
    """One point to check on site."""

    text: str
    done: bool = False
    feature: str | None = Field(None, description="Mesure qui le demande")


class Intervention(Answer):
    """One intervention on one turbine."""

    id: int
    turbine_id: str
    site: str | None
    farm: str | None
    state: InterventionState
    origin: InterventionOrigin
    reason: str | None = Field(description="Pourquoi elle a été ouverte")
    run_id: int | None = Field(description="Calcul publié à l’ouverture")
    opened_at_level: RiskLevel | None = Field(description="Niveau de risque à l’ouverture")
    opened_at_probability: float | None
    priority: Priority
    assignee: str | None
    skills: list[Skill]
    planned_on: date | None
    expected_hours: float | None
    checklist: list[CheckLine]
    verdict: Verdict | None
    findings: str | None
    downtime_hours: float | None
    done_on: date | None = Field(description="Jour de fin des travaux, ou de l’annulation")
    dismissed_until: date | None = Field(None, description="Recommandation écartée jusqu’à ce jour")
    effect: Effect | None = Field(
        description="Ce que disent les calculs suivants ; nul sans alerte à l’ouverture ou avant la clôture"
    )
    has_photo: bool
    created_at: datetime
    created_by: str
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    started_at: datetime | None
    closed_at: datetime | None
    closed_by: str | None
    version: int = Field(description="À renvoyer avec chaque modification")


class JournalEntry(Answer):
    """One change: its author, instant, fields and comment."""

    at: datetime
    by: str
    action: JournalAction
    changes: list[FieldChange]
    comment: str | None


class InterventionDetail(Intervention):
    """One intervention with its journal, oldest entry first."""

    journal: list[JournalEntry]


class VerdictFigures(Answer):
    """Verdicts, and the precision that they show."""

    counts: dict[Verdict, int]
    confirmed: int = Field(description="Pannes confirmées et dégradations trouvées")
    false_alerts: int
    precision: float | None = Field(description="confirmées ÷ (confirmées + fausses alertes)")
    low: float | None = Field(description="Intervalle de Wilson à 95 %, borne basse")
    high: float | None


class InterventionPrecision(VerdictFigures):
    """All verdicts, then those of interventions opened while the turbine was in alert."""

    on_alert: VerdictFigures


class Interventions(Page[Intervention]):
    """A page of interventions, and today's date in the park's calendar."""

    today: date


class Proposal(Answer):
    """A turbine of the last published run that waits for a decision, and what is recommended."""

    turbine_id: str
    site: str | None
    farm: str | None
    run_id: int
    as_of: date
    risk_level: RiskLevel
    failure_probability: float | None
    time_to_failure_days: float | None
    expected_failure_cost_eur: float | None
    net_benefit_eur: float | None
    main_driver: Driver | None
    data_status: DataStatus
    warnings: list[Notice] = Field(default_factory=list)
    situation: Situation
    recommendation: str
    planned_visit_on: date | None = Field(description="Visite du fichier ; elle ne répond à rien seule")
    intervention: LivingIntervention | None = Field(
        description="Intervention à planifier ou à avancer ; nulle quand il faut en ouvrir une"
    )
    priority: Priority
    skills: list[Skill]
    checklist: list[CheckLine]


class AnsweredAlert(Answer):
    """A turbine in alert about which nothing is to be decided."""

    turbine_id: str
    risk_level: RiskLevel
    failure_probability: float | None
    situation: Situation


class Proposals(Page[Proposal]):
    """Turbines to decide about, the most urgent first."""

    alerts: int = Field(0, description="Turbines en alerte, décidées comprises")
    answered_total: int = Field(0, description="Alertes qui ont déjà une réponse")
    answered: list[AnsweredAlert] = Field(
        default_factory=list, description="Ces alertes, les plus urgentes d’abord ; `limit` au plus"
    )
    as_of: date | None
    today: date


class Assignees(Answer):
    """Pseudonyms of possible assignees."""

    items: list[str]
