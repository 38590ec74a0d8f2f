"""The park: runs, ranking, history."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, status

from api.deps import CoreDep, need
from api.domain.rights import Principal, Right
from api.schemas.common import Items
from api.schemas.park import Park, ParkDay, Run, RunRequest, ServiceState
from api.schemas.vocabulary import RiskLevel
from api.services.park_view import ParkQuery, TurbineFilter

router = APIRouter(prefix="/api/v1/park", tags=["Parc"], dependencies=[Depends(need(Right.READ))])
Starter = Annotated[Principal, Depends(need(Right.START_RUN, fresh=True))]
First = Annotated[date | None, Query(alias="from", description="Premier jour")]
Last = Annotated[date | None, Query(alias="to", description="Dernier jour")]
RunId = Annotated[int, Path(ge=1, le=2**31 - 1, description="Numéro du calcul")]


@router.get("", summary="Classement publié du parc")
def park(
    core: CoreDep,
    risk_level: Annotated[list[RiskLevel], Query(description="Niveaux gardés ; tous par défaut")] = [],  # noqa: B006
    max_days: Annotated[float | None, Query(ge=0, le=10_000, description="Jours avant panne au plus")] = None,
    sort: Annotated[
        str, Query(max_length=20, description="rank, turbine, probability, days, age ; - inverse")
    ] = "rank",
    limit: Annotated[int, Query(ge=1, le=10_000)] = 100,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    as_of: Annotated[date | None, Query(description="Classement de ce jour ; par défaut le dernier")] = None,
    site: Annotated[str | None, Query(max_length=120, description="Site, exactement")] = None,
    farm: Annotated[str | None, Query(max_length=120, description="Parc éolien, exactement")] = None,
    service_state: Annotated[ServiceState | None, Query(description="État présent de la machine")] = None,
    text: Annotated[
        str | None, Query(max_length=80, description="Cherché dans l’identifiant, le site et le parc éolien")
    ] = None,
) -> Park:
    """Toutes les turbines du dernier calcul publié, de la plus à la moins urgente."""
    where = TurbineFilter(site, farm, service_state, text or None)
    return core.view.park(ParkQuery(tuple(risk_level), max_days, where, sort, limit, offset, as_of))


@router.get("/history", summary="Turbines par niveau, jour après jour")
def history(core: CoreDep, first: First = None, last: Last = None) -> Items[ParkDay]:
    """Une entrée par jour évalué, la plus ancienne d’abord."""
    return Items(items=core.view.history(first, last))


@router.post("/runs", status_code=status.HTTP_202_ACCEPTED, summary="Lancer un calcul du parc")
def start_run(core: CoreDep, principal: Starter, asked: RunRequest | None = None) -> Run:
    """Le calculateur s’en charge ; suivez-le par son numéro."""
    day = asked.as_of if asked else None
    return core.view.run(core.runner.request(day, kind="manuel", by=principal.name))


@router.get("/runs", summary="Derniers calculs")
def list_runs(core: CoreDep, limit: Annotated[int, Query(ge=1, le=500)] = 20) -> Items[Run]:
    """Les calculs les plus récents, quel que soit leur sort."""
    return Items(items=core.view.recent_runs(limit))


@router.get("/runs/{run_id}", summary="Suivre un calcul")
def one_run(core: CoreDep, run_id: RunId) -> Run:
    """État, avancement et raison d’un échec éventuel."""
    return core.view.run(run_id)
