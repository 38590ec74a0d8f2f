"""Interventions: proposals, planning, work, verdicts."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response, status
from fastapi.concurrency import run_in_threadpool

from api.deps import STALE, CoreDep, OnceDep, need
from api.domain.people import Principal
from api.routes.park import First, Last
from api.schemas.interventions import (
    Assignees,
    InterventionChange,
    InterventionDetail,
    InterventionPrecision,
    InterventionRequest,
    Interventions,
    Proposals,
)
from api.schemas.vocabulary import InterventionState, Right
from api.services.interventions.calendar import calendar
from api.services.interventions.interventions import Filter

router = APIRouter(
    prefix="/api/v1", tags=["Interventions"], dependencies=[Depends(need(Right.READ, fresh=True))]
)
Worker = Annotated[Principal, Depends(need(Right.WORK, fresh=True))]
Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="Numéro de l’intervention")]
Limit = Annotated[int, Query(ge=1, le=1_000)]
Offset = Annotated[int, Query(ge=0, le=10_000_000)]
_IMAGES = ("image/jpeg", "image/png", "image/webp")
_IMAGE: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_PHOTO_BODY = {"requestBody": {"required": True, "content": dict.fromkeys(_IMAGES, _IMAGE)}}
_PHOTO: dict[int | str, dict[str, Any]] = {200: {"content": dict.fromkeys(_IMAGES, _IMAGE)}}
_ICS = "text/calendar"
_CALENDAR: dict[int | str, dict[str, Any]] = {200: {"content": {_ICS: {"schema": {"type": "string"}}}}}
_SECOND: dict[int | str, dict[str, Any]] = {
    200: {"model": InterventionDetail, "description": "Constat ajouté à l’intervention en vie de la turbine"},
    409: {"description": "La turbine a déjà une intervention en vie, ou rien n’est recommandé"},
}


def _filter(
    state: Annotated[list[InterventionState], Query(description="États gardés ; tous par défaut")] = [],  # noqa: B006
    turbine: Annotated[str | None, Query(min_length=1, max_length=64, description="Turbine")] = None,
    assignee: Annotated[str | None, Query(max_length=64, description="Pseudonyme, exactement")] = None,
    first: First = None,
    last: Last = None,
) -> Filter:
    return Filter(tuple(state), turbine, assignee, first, last)


FilterDep = Annotated[Filter, Depends(_filter)]


@router.get("/interventions", summary="Interventions")
def interventions(core: CoreDep, kept: FilterDep, limit: Limit = 100, offset: Offset = 0) -> Interventions:
    """En cours, planifiées, proposées, puis terminées et annulées.

    « from » et « to » portent sur le jour de fin, sinon sur le jour prévu.
    """
    return core.interventions.page(kept, limit, offset)


@router.get("/interventions.ics", summary="Calendrier", response_class=Response, responses=_CALENDAR)
def calendar_file(core: CoreDep, kept: FilterDep) -> Response:
    """Les mêmes interventions pour un agenda (iCalendar), 1 000 au plus."""
    page = core.interventions.page(kept, 1_000, 0)
    situations = core.intervention_proposals.reasons()
    return _calendar_answer(calendar(page.items, core.settings.now(), situations), "interventions.ics")


@router.get("/interventions/proposals", summary="Interventions proposées")
def proposals(core: CoreDep, limit: Limit = 100, offset: Offset = 0) -> Proposals:
    """Les turbines à décider, et les alertes qui ont déjà une réponse ; rien n’est enregistré.

    Une visite annoncée par un fichier ne répond à rien : confirmez-la, ou planifiez, par un POST d’origine
    « recommandation » ; `dismissed` écarte l’alerte jusqu’à un jour. `intervention` : celle à avancer.
    """
    return core.intervention_proposals.page(limit, offset)


@router.get("/interventions/precision", summary="Précision selon les verdicts")
def precision(core: CoreDep, first: First = None, last: Last = None) -> InterventionPrecision:
    """Pannes confirmées et dégradations trouvées ÷ (celles-ci + fausses alertes), et tous les verdicts."""
    return core.interventions.precision(first, last)


@router.get("/interventions/assignees", summary="Techniciens affectables")
def assignees(core: CoreDep) -> Assignees:
    """Pseudonymes : identifiants des comptes de techniciens, et techniciens des visites prévues."""
    return Assignees(items=core.interventions.assignees())


@router.post(
    "/interventions",
    status_code=status.HTTP_201_CREATED,
    summary="Ouvrir une intervention",
    responses=_SECOND,
)
def open_one(
    core: CoreDep, once: OnceDep, principal: Worker, body: InterventionRequest, response: Response
) -> InterventionDetail:
    """Planifier, confirmer ou écarter une recommandation, ou signaler un constat (tout technicien)."""

    def work() -> InterventionDetail:
        number, created = core.interventions.open(body, principal)
        if not created:
            response.status_code = status.HTTP_200_OK
        return core.interventions.detail(number)

    opened = once(body, InterventionDetail, work)
    response.headers["Location"] = f"/api/v1/interventions/{opened.id}"
    return opened


@router.get(
    "/interventions/{number}.ics",
    summary="Une intervention, pour un agenda",
    response_class=Response,
    responses=_CALENDAR,
)
def one_calendar(core: CoreDep, number: Number) -> Response:
    """Un événement d’une journée (iCalendar)."""
    intervention = core.interventions.detail(number)
    situations = core.intervention_proposals.reasons()
    return _calendar_answer(
        calendar([intervention], core.settings.now(), situations), f"intervention-{number}.ics"
    )


@router.get("/interventions/{number}", summary="Une intervention et son journal")
def one(core: CoreDep, number: Number) -> InterventionDetail:
    """Tout ce qui en est connu, et chaque modification, la plus ancienne d’abord."""
    return core.interventions.detail(number)


@router.patch("/interventions/{number}", summary="Modifier une intervention", responses=STALE)
def change(
    core: CoreDep, once: OnceDep, principal: Worker, number: Number, body: InterventionChange
) -> InterventionDetail:
    """Affecter, dater, prendre en compte, commencer, clôturer avec un verdict, annuler avec un motif.

    Un technicien modifie celles qui lui sont affectées ; la planification est au responsable.
    """

    def work() -> InterventionDetail:
        core.interventions.change(number, body.model_dump(exclude_unset=True), principal)
        return core.interventions.detail(number)

    return once(body, InterventionDetail, work)


@router.put(
    "/interventions/{number}/photo",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Joindre une photo",
    openapi_extra=_PHOTO_BODY,
)
async def put_photo(request: Request, core: CoreDep, principal: Worker, number: Number) -> None:
    """JPEG, PNG ou WebP, 10 Mo au plus, dans le corps ; gardée en JPEG, réduite, sans lieu ni appareil."""
    content = await request.body()
    await run_in_threadpool(core.intervention_photos.keep, number, content, principal)


@router.get(
    "/interventions/{number}/photo",
    summary="La photo",
    response_class=Response,
    responses=_PHOTO,
    dependencies=[Depends(need(Right.PHOTOS, fresh=True))],
)
def photo(core: CoreDep, number: Number) -> Response:
    """En JPEG, sans ses métadonnées ; une clé doit avoir la portée « photos »."""
    kind, content = core.intervention_photos.read(number)
    return Response(content, media_type=kind, headers={"X-Content-Type-Options": "nosniff"})


def _calendar_answer(content: bytes, name: str) -> Response:
    return Response(
        content, media_type=_ICS, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
