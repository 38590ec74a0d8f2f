"""Measurements: sending them, following their import, and their coverage."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response, status
from fastapi.concurrency import run_in_threadpool

from api.deps import CoreDep, IdempotencyKey, NamingDep, need
from api.domain.people import Principal
from api.routes.park import First, Last
from api.routes.upload_form import (
    FILE_SCHEMA,
    JSON,
    MAX_UPLOAD_BYTES,
    MULTIPART,
    content_type,
    file_of,
    options_of,
    read_form,
)
from api.schemas.common import Page
from api.schemas.measurements import Coverage, ImportJob, ImportPreview, ImportReport, ImportSummary, MapDraft
from api.schemas.vocabulary import Right
from api.services.shared.once import Sender

_ROWS_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["measurements"],
    "properties": {
        "measurements": {
            "type": "array",
            "minItems": 1,
            "maxItems": 10_000,
            "items": {
                "type": "object",
                "required": ["turbine_id", "measured_at"],
                "properties": {
                    "turbine_id": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
                    "measured_at": {"type": "string", "description": "Jour ou instant ISO 8601"},
                    "failure_within_7d": {"anyOf": [{"type": "boolean"}, {"enum": [0, 1]}, {"type": "null"}]},
                    "time_to_failure_days": {"anyOf": [{"type": "number"}, {"type": "null"}]},
                },
                "additionalProperties": True,
            },
        }
    },
    "example": {
        "measurements": [
            {
                "turbine_id": "5",
                "measured_at": "2024-12-30",
                "wind_speed": 11.2,
                "vibration_level": 2.4,
                "temperature": 48.1,
                "power_output": 812.0,
                "maintenance_done": 0,
            }
        ]
    },
}
FILE = {"requestBody": {"required": True, "content": {MULTIPART: {"schema": FILE_SCHEMA}}}}
EITHER = {
    "requestBody": {
        "required": True,
        "content": {JSON: {"schema": _ROWS_SCHEMA}, MULTIPART: {"schema": FILE_SCHEMA}},
    }
}

router = APIRouter(prefix="/api/v1/measurements", tags=["Mesures"])
Ingester = Annotated[Principal, Depends(need(Right.INGEST, fresh=True))]
READER = [Depends(need(Right.READ))]
ImportId = Annotated[int, Path(ge=1, le=2**31 - 1, description="Numéro de l’import")]


@router.post(
    "",
    summary="Ajouter des mesures",
    response_model=ImportReport,
    responses={
        202: {"model": ImportJob, "description": "Fichier long : pris par le calculateur"},
        409: {"description": "Clé déjà employée pour un autre envoi, ou premier envoi en cours"},
    },
    openapi_extra=EITHER,
    max_body_size=MAX_UPLOAD_BYTES,
)
async def add(
    request: Request,
    core: CoreDep,
    principal: Ingester,
    idempotency_key: IdempotencyKey = None,
    confirmed: Annotated[
        bool, Query(description="Pour une liste JSON : valeurs douteuses d’unité vérifiées")
    ] = False,
) -> Response:
    """Un fichier (`multipart/form-data`) ou une liste JSON, avec ou sans étiquettes.

    Jusqu’à 5 000 lignes, le rapport revient aussitôt ; au-delà, un numéro de travail à suivre (202).
    Chaque ligne est prise, déjà connue ou rejetée avec sa raison ; pour une liste JSON, la ligne 2 est la
    première mesure.
    """
    sender = Sender(principal.name, idempotency_key)
    if content_type(request) == JSON:
        body = await request.body()
        answer = await run_in_threadpool(
            core.intake.receive_rows, body, {"confirmed": str(confirmed)}, sender
        )
    else:
        async with read_form(request) as form:
            file, options = file_of(form), await options_of(form)
            answer = await run_in_threadpool(
                core.intake.receive_file, file.file, file.filename, options, sender
            )
    return _import_answer(request, answer)


@router.post(
    "/preview",
    summary="Aperçu d’un fichier, sans rien écrire",
    openapi_extra=FILE,
    max_body_size=MAX_UPLOAD_BYTES,
)
async def preview(request: Request, core: CoreDep, _principal: Ingester) -> ImportPreview:
    """Les premières lignes comme elles seraient comprises, et ce qui arriverait en confirmant."""
    async with read_form(request) as form:
        file, options = file_of(form), await options_of(form)
        return await run_in_threadpool(core.intake.preview, file.file, file.filename, options)


@router.post(
    "/draft-map",
    summary="Proposer la correspondance d’un fichier, sans rien écrire",
    openapi_extra=FILE,
    max_body_size=MAX_UPLOAD_BYTES,
)
async def draft_map(request: Request, core: CoreDep, _principal: Ingester) -> MapDraft:
    """D’après l’en-tête et les premières lignes : colonnes, unités, turbine, fuseau, règle du jour."""
    async with read_form(request) as form:
        file = file_of(form)
        return await run_in_threadpool(core.intake.draft_map, file.file, file.filename)


@router.get("/jobs/{job_id}", summary="Suivre un import long")
def job(core: CoreDep, named: NamingDep, _principal: Ingester, job_id: ImportId) -> ImportJob:
    """Avancement, puis le rapport."""
    return named(core.intake.job(job_id))


@router.get("/imports", summary="Derniers imports", dependencies=READER)
def imports(
    core: CoreDep,
    named: NamingDep,
    limit: Annotated[int, Query(ge=1, le=500)] = 20,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> Page[ImportSummary]:
    """Du plus récent au plus ancien, quel que soit le chemin par lequel le fichier est venu."""
    return named(core.imports.newest(limit, offset))


@router.get("/imports/{import_id}", summary="Rapport d’un import", dependencies=READER)
def one_import(core: CoreDep, named: NamingDep, import_id: ImportId) -> ImportReport:
    """Ce qu’il est advenu de chaque ligne ; les 20 premiers problèmes."""
    return named(core.imports.report(import_id))


@router.get(
    "/imports/{import_id}/report.csv",
    summary="Tous les problèmes d’un import, à télécharger",
    dependencies=READER,
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def report_file(core: CoreDep, import_id: ImportId) -> Response:
    """Ligne, colonne, valeur et raison, pour un tableur français (points-virgules)."""
    content = core.imports.report_file(import_id)
    name = f"import-{import_id}.rapport.csv"
    return Response(
        content, media_type="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@router.get(
    "/coverage",
    summary="Couverture et fraîcheur des mesures",
    dependencies=READER,
    response_model=Coverage,
)
def coverage(core: CoreDep, first: First = None, last: Last = None) -> Response:
    """Mesures par turbine et par jour (30 jours par défaut), retards, constats, et ce qui manque."""
    # The model writes the JSON itself: the framework would first turn each count into a Python object.
    return Response(core.coverage.coverage(first, last).model_dump_json(), media_type=JSON)


def _import_answer(request: Request, answer: ImportReport | ImportJob) -> Response:
    if isinstance(answer, ImportReport):
        request.state.call.rows = answer.rows
        return Response(answer.model_dump_json(), media_type=JSON)
    place = {"Location": f"/api/v1/measurements/jobs/{answer.job_id}"}
    return Response(answer.model_dump_json(), status.HTTP_202_ACCEPTED, place, JSON)
