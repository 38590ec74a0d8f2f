"""Models: stored versions, the versions in service, their quality."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from fastapi.responses import HTMLResponse

from api.deps import CoreDep, NamingDep, OnceDep, need
from api.domain.people import Principal
from api.schemas.models import ActivationRequest, ModelCard, ModelList, ModelSummary
from api.schemas.vocabulary import Right

router = APIRouter(prefix="/api/v1/models", tags=["Modèles"], dependencies=[Depends(need(Right.READ))])
Engineer = Annotated[Principal, Depends(need(Right.MODELS, fresh=True))]
Name = Annotated[str, Path(max_length=64)]
Version = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("", summary="Modèles rangés")
def models(core: CoreDep, named: NamingDep) -> ModelList:
    """Toutes les versions, celles en service d’abord."""
    return named(ModelList(items=core.model_service.all()))


@router.get("/{name}/{version}", summary="Fiche d’un modèle")
def card(core: CoreDep, named: NamingDep, name: Name, version: Version) -> ModelCard:
    """Usage, données, qualité mesurée et, à part, qualité annoncée."""
    return core.model_service.card(name, version, named)


@router.get(
    "/{name}/{version}/card",
    summary="Fiche d’un modèle, à imprimer",
    response_class=HTMLResponse,
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}},
)
def printable_card(core: CoreDep, named: NamingDep, name: Name, version: Version) -> HTMLResponse:
    """La même fiche en une page HTML qui ne demande rien d’autre, au format A4."""
    headers = {
        "Content-Disposition": f'inline; filename="fiche-{name}-v{version}.html"',
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    }
    return HTMLResponse(core.model_service.printable_card(name, version, named), headers=headers)


@router.post("/{name}/{version}/activate", summary="Mettre une version en service")
def activate(
    core: CoreDep,
    named: NamingDep,
    once: OnceDep,
    principal: Engineer,
    name: Name,
    version: Version,
    body: ActivationRequest,
) -> ModelSummary:
    """Elle remplace celle qui servait pour la même tâche ; le motif est conservé."""
    work = partial(core.model_service.activate, name, version, by=principal.name, reason=body.reason)
    return named(once(body, ModelSummary, work))


@router.post("/{name}/{version}/retire", summary="Retirer une version")
def retire(
    core: CoreDep,
    named: NamingDep,
    once: OnceDep,
    principal: Engineer,
    name: Name,
    version: Version,
    body: ActivationRequest,
) -> ModelSummary:
    """Personne ne peut plus la mettre en service ; ce dont dépendent les scores passés est gardé."""
    work = partial(core.model_service.retire, name, version, by=principal.name, reason=body.reason)
    return named(once(body, ModelSummary, work))


@router.post("/{name}/rollback", summary="Revenir à ce qui servait avant")
def rollback(
    core: CoreDep, named: NamingDep, once: OnceDep, principal: Engineer, name: Name, body: ActivationRequest
) -> ModelSummary:
    """Rend sa tâche au modèle précédent ; le motif est conservé."""
    work = partial(core.model_service.rollback, name, by=principal.name, reason=body.reason)
    return named(once(body, ModelSummary, work))
