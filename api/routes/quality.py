"""Realised quality: published scores beside the outcomes observed since."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse

from api.deps import CoreDep, need
from api.routes.park import First, Last
from api.schemas.quality import RealisedQuality
from api.schemas.vocabulary import Right
from api.services.quality.realised import RealisedQuery

router = APIRouter(prefix="/api/v1", tags=["Modèles"], dependencies=[Depends(need(Right.READ))])
CSV = "text/csv"
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "model": RealisedQuality,
        "description": "Qualité réalisée, ou le fichier à télécharger",
        "content": {CSV: {"schema": {"type": "string"}}},
    }
}


class Period(StrEnum):
    """How rankings are grouped."""

    MONTH = "month"
    WEEK = "week"


class Format(StrEnum):
    """Format of the answer."""

    JSON = "json"
    CSV = "csv"


@router.get(
    "/evaluation",
    summary="Qualité réalisée : scores publiés et issues observées",
    response_model=None,
    responses=_RESPONSES,
)
def realised_quality(
    core: CoreDep,
    first: First = None,
    last: Last = None,
    model: Annotated[str | None, Query(max_length=80, description="Nom, ou nom:version ; tous sinon")] = None,
    period: Annotated[
        Period, Query(description="Regroupement : « month » (mois) ou « week » (semaine)")
    ] = Period.MONTH,
    form: Annotated[Format, Query(alias="format", description="json, ou csv pour un tableur")] = Format.JSON,
    limit: Annotated[int, Query(ge=0, le=10_000, description="Scores listés en JSON")] = 100,
    offset: Annotated[int, Query(ge=0, le=100_000_000, description="Scores passés avant cette page")] = 0,
) -> Response | RealisedQuality:
    """Précision, rappel, préavis, calibration et erreur en jours de ce qui a été publié, avec intervalles à
    95 %. Les lignes vues à l’entraînement sont écartées et comptées. Par défaut : les 365 derniers jours
    publiés. `format=csv` : un score par ligne, points-virgules et virgules décimales."""
    query = RealisedQuery(first, last, model or None, period.value, limit, offset)
    if form is Format.JSON:
        return core.realised.quality(query)
    headers = {"Content-Disposition": 'attachment; filename="qualite-realisee.csv"'}
    return StreamingResponse(core.realised.csv(query), media_type=CSV, headers=headers)
