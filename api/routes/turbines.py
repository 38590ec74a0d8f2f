"""Turbines: their facts, measurements, scores and events."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from api.deps import STALE, CoreDep, NamingDep, OnceDep, need
from api.domain.people import Principal
from api.routes.park import First, Last
from api.schemas.common import Items, Page
from api.schemas.park import MeasurementRow, ScorePoint, Turbine, TurbineChange, TurbineDetail
from api.schemas.turbine_story import PowerAtWind, TurbineEvent
from api.schemas.vocabulary import Right

router = APIRouter(prefix="/api/v1/turbines", tags=["Turbines"], dependencies=[Depends(need(Right.READ))])
Planner = Annotated[Principal, Depends(need(Right.PLAN, fresh=True))]
TurbineId = Annotated[str, Path(max_length=64, description="Identifiant de la turbine")]
Wind = Annotated[float, Query(ge=0, le=100, allow_inf_nan=False, description="Vent demandé [m/s]")]
FromWind = Annotated[float | None, Query(ge=0, le=100, allow_inf_nan=False, description="Vent mesuré [m/s]")]
FromPower = Annotated[
    float | None,
    Query(ge=-1_000, le=30_000, allow_inf_nan=False, description="Puissance mesurée à ce vent [kW]"),
]


@router.get("", summary="Turbines du parc")
def turbines(core: CoreDep, named: NamingDep) -> Page[Turbine]:
    """Toutes les turbines, dans l’ordre naturel de leurs identifiants."""
    items = core.turbines.turbines()
    return named(Page(total=len(items), items=items))


@router.get("/{turbine_id}", summary="Une turbine")
def turbine(core: CoreDep, named: NamingDep, turbine_id: TurbineId) -> TurbineDetail:
    """Sa place dans le classement, ce qui l’explique, ses dernières mesures."""
    return named(core.turbines.detail(turbine_id))


@router.patch("/{turbine_id}", summary="Modifier une turbine", responses=STALE)
def change(
    core: CoreDep,
    named: NamingDep,
    once: OnceDep,
    principal: Planner,
    turbine_id: TurbineId,
    body: TurbineChange,
) -> TurbineDetail:
    """État de service, site, parc éolien, puissance, mise en service ; ce qui est omis reste."""

    def work() -> TurbineDetail:
        core.turbine_admin.change(turbine_id, body.model_dump(exclude_unset=True), principal.name)
        return core.turbines.detail(turbine_id)

    return named(once(body, TurbineDetail, work))


@router.get("/{turbine_id}/measurements", summary="Mesures d’une turbine")
def measurements(
    core: CoreDep,
    turbine_id: TurbineId,
    limit: Annotated[int, Query(ge=1, le=5_000)] = 200,
    first: First = None,
    last: Last = None,
) -> Items[MeasurementRow]:
    """De la plus récente à la plus ancienne, avec ce qui fut observé ensuite quand on le sait."""
    return Items(items=core.turbines.measurements(turbine_id, limit, first, last))


@router.get("/{turbine_id}/history", summary="Historique du risque d’une turbine")
def history(
    core: CoreDep, turbine_id: TurbineId, first: First = None, last: Last = None
) -> Items[ScorePoint]:
    """Un score publié par jour, le plus ancien d’abord."""
    return Items(items=core.turbines.history(turbine_id, first, last))


@router.get("/{turbine_id}/events", summary="Visites, interventions et pannes d’une turbine")
def events(
    core: CoreDep, turbine_id: TurbineId, first: First = None, last: Last = None
) -> Items[TurbineEvent]:
    """Visites prévues, interventions terminées et pannes observées, les plus anciennes d’abord."""
    return Items(items=core.turbine_story.events(turbine_id, first, last))


@router.get(
    "/{turbine_id}/power",
    summary="Puissance qui accompagne un vent",
    responses={409: {"description": "Trop peu de mesures en marche pour une courbe de puissance"}},
)
def power(
    core: CoreDep,
    turbine_id: TurbineId,
    wind_speed: Wind,
    from_wind: FromWind = None,
    from_power: FromPower = None,
) -> PowerAtWind:
    """Selon la courbe de puissance de cette turbine ; à partir d’une mesure quand elle est donnée."""
    return core.turbine_story.power_at(turbine_id, wind_speed, from_wind, from_power)
