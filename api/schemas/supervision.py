"""The supervision page's three answers with their figures, and the call log."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from api.schemas.common import Answer, Name
from api.schemas.park import LevelCounts, Run

State = Literal["ok", "attention", "erreur", "inconnu"]


class Check(Answer):
    """One question and its answer in words."""

    question: str
    state: State
    answer: str


class Component(Answer):
    """A part of the service, and its state."""

    name: str
    state: State
    detail: str


class CallStats(Answer):
    """Calls over a period."""

    since: datetime
    calls: int
    errors: int = Field(description="Réponses 5xx")
    refused: int = Field(description="Réponses 4xx")
    mean_ms: float | None
    p95_ms: float | None


class AlertDay(Answer):
    """Turbines per level on one day."""

    as_of: date
    counts: LevelCounts


class FindingTrend(Answer):
    """Number of turbines with a finding, in the published run and in the previous one."""

    code: str
    label: str = Field(description="Nom du constat en français")
    turbines: int = Field(description="Turbines qui le portent au calcul publié")
    before: int | None = Field(None, description="Turbines au calcul précédent ; nul s’il n’y en a pas")


class FindingTrends(Answer):
    """The findings of the published run, compared with the last published run of an earlier day."""

    run_id: int
    as_of: date
    previous_run_id: int | None = None
    previous_as_of: date | None = None
    items: list[FindingTrend] = Field(description="Du constat le plus fréquent au plus rare")


class Supervision(Answer):
    """Does the cockpit run, do the scorings go well, is the alert level unusual?"""

    checked_at: datetime
    version: str
    state: State
    checks: list[Check]
    components: list[Component]
    calls: CallStats
    last_runs: list[Run]
    alert_history: list[AlertDay]
    next_run_at: datetime | None = None
    next_run: str = Field("", description="Prochain calcul planifié, ou pourquoi il n’y en a pas")
    findings: FindingTrends | None = Field(None, description="Nul tant qu’aucun calcul n’est publié")


class CallLogItem(Answer):
    """One logged call."""

    request_id: str
    at: datetime
    method: str
    endpoint: str
    purpose: str | None = Field(description="unitaire, et_si, lot ou nul")
    principal: str
    principal_name: Name = None
    status: int
    duration_ms: float
    rows: int | None
    turbine_id: str | None
    error: str | None


class CallLog(Answer):
    """The call log, newest first."""

    total: int
    items: list[CallLogItem]
