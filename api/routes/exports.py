"""Tables to download."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import FileResponse, StreamingResponse
from starlette.background import BackgroundTask

from api.deps import CoreDep, need
from api.routes.park import First, Last
from api.schemas.vocabulary import Right
from api.services.park.exports import MEDIA, Asked, Export, Format, What, csv_chunks, write
from api.services.shared.uploads import Uploads

router = APIRouter(
    prefix="/api/v1/exports", tags=["Mesures"], dependencies=[Depends(need(Right.READ, fresh=True))]
)
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"content": {media: {"schema": {"type": "string"}} for media in MEDIA.values()}},
    409: {"description": "Nul ne sait quelles lignes cette version n’a pas vues"},
}


@router.get(
    "/{what}",
    summary="Télécharger des lignes étiquetées, des scores ou des lignes jamais vues",
    response_class=Response,
    responses=_RESPONSES,
)
def export(
    core: CoreDep,
    what: What,
    form: Annotated[Format, Query(alias="format", description="csv ou parquet")] = Format.CSV,
    first: First = None,
    last: Last = None,
    model: Annotated[str | None, Query(max_length=80, description="Pour « unseen » : nom du modèle")] = None,
    version: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="Avec « model » : sa version")
    ] = None,
) -> Response:
    """`labelled` : mesures dont l’issue est connue ; `scores` : dernier classement publié de chaque jour ;
    `unseen` : lignes que cette version d’un modèle n’a pas vues à l’entraînement."""
    table = core.exports.export(Asked(what, first, last, model, version))
    headers = {"Content-Disposition": f'attachment; filename="{table.name}.{form.value}"'}
    if form is Format.CSV:
        return StreamingResponse(csv_chunks(table), media_type=MEDIA[form], headers=headers)
    return _parquet(table, Uploads(core.settings.home), headers)


def _parquet(table: Export, uploads: Uploads, headers: dict[str, str]) -> Response:
    """Answer with a whole file: Parquet ends with its index, so it cannot be streamed."""
    token, path = uploads.place(f"{table.name}.parquet")
    try:
        with path.open("wb") as file:
            write(table, Format.PARQUET, file)
    except BaseException:
        uploads.drop(token)
        raise
    task = BackgroundTask(uploads.drop, token)
    return FileResponse(path, media_type=MEDIA[Format.PARQUET], headers=headers, background=task)
