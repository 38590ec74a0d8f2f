"""Open Inference Protocol V2 over REST: raw outputs for any standard client."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.concurrency import run_in_threadpool

from api.deps import CoreDep, need
from api.domain.shared.exceptions import UnreadForm
from api.schemas.open_inference import (
    InferResponse,
    Live,
    ModelMetadata,
    ModelReady,
    Ready,
    ServerMetadata,
)
from api.schemas.vocabulary import Right

router = APIRouter(prefix="/v2", tags=["Open Inference Protocol V2"])
Name = Annotated[str, Path(max_length=64)]
Version = Annotated[str, Path(max_length=20)]
READ, PREDICT = Depends(need(Right.READ)), Depends(need(Right.PREDICT))
# Headers that announce a form of body that we do not read, with the remedy.
UNREAD = {
    "Inference-Header-Content-Length": "les tenseurs binaires ne sont pas lus ; envoyez-les en JSON "
    "(tritonclient : binary_data=False).",
    "Content-Encoding": "un corps compressé n’est pas lu ; envoyez-le tel quel.",
}
# The service reads the body, so that an unread form is refused as such and not as bad JSON. api.openapi adds
# the schema.
INFER = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/InferRequest"}}}}}  # fmt: skip  # noqa: E501


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
    """Vrai quand l’artefact est présent et intact, sinon 503."""
    core.open_inference.require(name, version)
    return ModelReady(name=name, ready=True)


@router.post(
    "/models/{name}/infer",
    summary="Sorties brutes",
    dependencies=[PREDICT],
    response_model=InferResponse,
    openapi_extra=INFER,
    responses={400: {"description": "Tenseurs à corriger ; tenseurs binaires ou corps compressé : du JSON"}},
)
@router.post("/models/{name}/versions/{version}/infer", include_in_schema=False, dependencies=[PREDICT])
async def infer(core: CoreDep, request: Request, name: Name, version: Version | None = None) -> Response:
    """Une sortie par ligne, avant toute politique de risque."""
    for header, sentence in UNREAD.items():
        if header in request.headers:
            raise UnreadForm(f"{header} : {sentence}")
    answer = await run_in_threadpool(core.open_inference.infer, name, version, await request.body())
    # The protocol has no null: empty fields are left out.
    return Response(answer.model_dump_json(exclude_none=True), media_type="application/json")
