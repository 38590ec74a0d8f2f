"""Open Inference Protocol V2 over REST: raw outputs for any standard client."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from api.deps import CoreDep, need
from api.domain.exceptions import InvalidInput
from api.domain.rights import Right
from api.schemas.open_inference import (
    InferRequest,
    InferResponse,
    Live,
    ModelMetadata,
    ModelReady,
    Ready,
    ServerMetadata,
)

router = APIRouter(prefix="/v2", tags=["Open Inference Protocol V2"])
Name = Annotated[str, Path(max_length=64)]
Version = Annotated[str, Path(max_length=20)]
READ, PREDICT = Depends(need(Right.READ)), Depends(need(Right.PREDICT))
BINARY = "Inference-Header-Content-Length"


@router.get("", summary="Serveur")
@router.get("/", include_in_schema=False)
def server(core: CoreDep) -> ServerMetadata:
    """Nom et version du serveur."""
    return ServerMetadata(name="cockpit", version=core.settings.version, extensions=[])


@router.get("/health/live", summary="Le processus vit")
def live() -> Live:
    """Toujours vrai tant que le processus répond."""
    return Live(live=True)


@router.get("/health/ready", summary="Les modèles actifs peuvent répondre")
def ready(core: CoreDep) -> Ready:
    """503 tant qu’un modèle actif manque."""
    core.models.current().require()
    return Ready(live=True, ready=True)


@router.get("/models/{name}", summary="Entrées et sorties d’un modèle", dependencies=[READ])
@router.get("/models/{name}/versions/{version}", include_in_schema=False, dependencies=[READ])
def metadata(core: CoreDep, name: Name, version: Version | None = None) -> ModelMetadata:
    """La version en service, ou la dernière rangée."""
    return core.open_inference.metadata(name, version)


@router.get("/models/{name}/ready", summary="Ce modèle peut répondre", dependencies=[READ])
@router.get("/models/{name}/versions/{version}/ready", include_in_schema=False, dependencies=[READ])
def model_ready(core: CoreDep, name: Name, version: Version | None = None) -> ModelReady:
    """Vrai quand l’artefact est présent et intact."""
    return ModelReady(name=name, ready=core.open_inference.ready(name, version))


@router.post("/models/{name}/infer", summary="Sorties brutes", dependencies=[PREDICT])
@router.post("/models/{name}/versions/{version}/infer", include_in_schema=False, dependencies=[PREDICT])
def infer(
    core: CoreDep, request: Request, name: Name, asked: InferRequest, version: Version | None = None
) -> InferResponse:
    """Une sortie par ligne, avant toute politique de risque."""
    if BINARY in request.headers:
        raise InvalidInput.single("", f"les tenseurs binaires ({BINARY}) ne sont pas lus ; envoyez du JSON.")
    return core.open_inference.infer(name, version, asked)
