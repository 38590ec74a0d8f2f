"""The week plan: solve it, export it, accept it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from api.deps import CoreDep, OnceDep, need
from api.domain.people import Principal
from api.schemas.vocabulary import Right
from api.schemas.week_plan import (
    WeekPlan,
    WeekPlanAcceptance,
    WeekPlanAccepted,
    WeekPlanInputs,
    WeekPlanRequest,
)
from api.services.plan.files import plan_csv, plan_html

Planner = Annotated[Principal, Depends(need(Right.PLAN, fresh=True))]
router = APIRouter(prefix="/api/v1/week-plan", tags=["Interventions"])


class Format(StrEnum):
    """Format of the exported plan."""

    CSV = "csv"
    HTML = "html"


MEDIA = {Format.CSV: "text/csv; charset=utf-8", Format.HTML: "text/html; charset=utf-8"}
_FILES: dict[int | str, dict[str, Any]] = {
    200: {"content": {media.split(";")[0]: {"schema": {"type": "string"}} for media in MEDIA.values()}}
}
_STALE: dict[int | str, dict[str, Any]] = {
    409: {"description": "Aucun classement publié, ou un autre depuis"}
}


@router.get("", summary="Ce qui a servi au dernier plan")
def inputs(core: CoreDep, _principal: Planner) -> WeekPlanInputs:
    """Équipes, budget et durée, pour ne pas les saisir chaque semaine."""
    return core.week_plan.inputs()


@router.post("", summary="Établir le plan de la semaine", responses=_STALE)
def plan(core: CoreDep, principal: Planner, body: WeekPlanRequest) -> WeekPlan:
    """Le meilleur ensemble d’interventions pour ces équipes et ce budget, résolu exactement.

    Coût évité d’une intervention : probabilité × coût d’une panne − coût d’une intervention, selon la
    politique du classement publié. Rien n’est planifié ; équipes et budget sont retenus jusqu’au
    plan suivant.
    """
    return core.week_plan.plan(body, principal)


@router.post("/export", summary="Le plan en fichier", response_class=Response, responses={**_FILES, **_STALE})
def export(
    core: CoreDep,
    _principal: Planner,
    body: WeekPlanRequest,
    form: Annotated[Format, Query(alias="format", description="csv (tableur) ou html (A4)")] = Format.CSV,
) -> Response:
    """Le même plan pour un tableur français, ou à imprimer. Une fois accepté, `interventions.ics` le donne
    aux agendas."""
    week = core.week_plan.plan(body)
    content = plan_csv(week) if form is Format.CSV else plan_html(week, core.settings.now()).encode()
    headers = {
        "Content-Disposition": f'attachment; filename="plan-{week.week_start.isoformat()}.{form.value}"',
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    }
    return Response(content, media_type=MEDIA[form], headers=headers)


@router.post("/accept", summary="Planifier les interventions du plan", responses=_STALE)
def accept(core: CoreDep, once: OnceDep, principal: Planner, body: WeekPlanAcceptance) -> WeekPlanAccepted:
    """Chaque intervention est planifiée, ou refusée avec sa raison, sans gêner les autres."""
    return once(body, WeekPlanAccepted, lambda: core.week_plan.accept(body, principal))
