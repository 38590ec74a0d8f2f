"""Importing a model: the API receives the file, the worker checks and stores it."""

from __future__ import annotations

import json
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response, status
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from api.deps import CoreDep, NamingDep, OnceDep, need
from api.domain.people import Principal
from api.routes.upload_form import MAX_UPLOAD_BYTES, MULTIPART, file_of, read_form
from api.schemas.common import Items
from api.schemas.model_imports import ModelImport
from api.schemas.vocabulary import Right
from api.services.models.imports import ROLES, TEXTS

_FILE = {"type": "string", "format": "binary"}
_FORM: dict[str, Any] = {
    "type": "object",
    "required": ["file", "name", "task"],
    "properties": {
        "file": {**_FILE, "description": "Estimateur scikit-learn ajusté (pickle, joblib) ou ONNX"},
        "name": {"type": "string", "description": "Nom du modèle ; un nom connu reçoit une version de plus"},
        "task": {"type": "string", "enum": ["classification", "regression"]},
        "positive": {"type": "string", "description": "Classe qui désigne la panne, si ce n’est pas 0 et 1"},
        "features": {"type": "string", "description": "Variables, dans l’ordre, séparées par des virgules"},
        "labelled": {
            **_FILE,
            "description": "Mesures étiquetées : tout fichier de mesures (CSV, .csv.gz, Excel, Parquet)",
        },
        "split": {"type": "string", "description": "Lignes jamais vues : un jour, date:… ou stratified:…"},
        "reported": {**_FILE, "description": "Chiffres annoncés (JSON)"},
        "golden": {**_FILE, "description": "Sorties enregistrées là où il a été ajusté (JSON)"},
        "manifest": {**_FILE, "description": "Brouillon de manifeste complété (JSON)"},
        "reason": {"type": "string", "description": "Motif, gardé avec l’import"},
    },
}
_BODY = {"requestBody": {"required": True, "content": {MULTIPART: {"schema": _FORM}}}}

router = APIRouter(prefix="/api/v1/models/imports", tags=["Modèles"])
Engineer = Annotated[Principal, Depends(need(Right.MODELS, fresh=True))]
READER = [Depends(need(Right.FOLLOW_MODELS))]
ImportId = Annotated[int, Path(ge=1, le=2**31 - 1, description="Numéro de l’import")]


@router.post(
    "",
    summary="Importer un modèle",
    status_code=status.HTTP_202_ACCEPTED,
    openapi_extra=_BODY,
    max_body_size=MAX_UPLOAD_BYTES,
)
async def bring(
    request: Request, response: Response, core: CoreDep, once: OnceDep, principal: Engineer
) -> ModelImport:
    """Le fichier est contrôlé, mesuré et rangé par le calculateur ; un refus ne laisse aucune trace."""
    async with read_form(request, max_files=len(ROLES)) as form:
        file_of(form)
        files = {
            role: (upload.file, upload.filename)
            for role in ROLES
            if isinstance(upload := form.get(role), UploadFile) and (upload.filename or upload.size)
        }
        texts = {
            name: text.strip() for name in TEXTS if isinstance(text := form.get(name), str) and text.strip()
        }
        work = partial(core.model_imports.receive, files, texts, principal.name)
        model_import = await run_in_threadpool(once, _identity(form), ModelImport, work)
    response.headers["Location"] = f"/api/v1/models/imports/{model_import.import_id}"
    return model_import


def _identity(form: FormData) -> str:
    """Return what tells two sendings of the form apart: the texts, and each file's name and length."""
    parts = {
        name: [part.filename, part.size] if isinstance(part, UploadFile) else part
        for name, part in form.items()
    }
    return json.dumps(parts, sort_keys=True)


@router.get("", summary="Derniers imports de modèles", dependencies=READER)
def imports(
    core: CoreDep, named: NamingDep, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> Items[ModelImport]:
    """Du plus récent au plus ancien, refus compris."""
    return named(Items(items=core.model_imports.newest(limit)))


@router.get("/{import_id}", summary="Suivre l’import d’un modèle", dependencies=READER)
def one(core: CoreDep, named: NamingDep, import_id: ImportId) -> ModelImport:
    """Chaque contrôle et son état, puis la version rangée ou le refus."""
    return named(core.model_imports.get(import_id))
