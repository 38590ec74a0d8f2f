"""Probes, metrics, version and the interactive documentation."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Depends, Response
from fastapi.openapi.docs import get_swagger_ui_html
from pydantic import BaseModel

from api.deps import ServicesDep, may_read_metrics
from api.observability import metrics

router = APIRouter(tags=["Système"])
SWAGGER = "/static/swagger"


class Status(BaseModel):
    """The service answers."""

    status: Literal["ok"] = "ok"


@router.get("/health", summary="Le processus vit")
async def health() -> Status:
    """Toujours « ok » tant que le processus répond ; sans authentification."""
    return Status()


@router.get("/ready", summary="Le service peut travailler")
def ready(services: ServicesDep) -> Status:
    """« ok », ou 503 en nommant ce qui manque (base, schéma, modèles) ; sans authentification."""
    services.readiness.verify()
    return Status()


@router.get("/version", summary="Version")
async def version(services: ServicesDep) -> str:
    """L’identifiant du commit dans les images, « 0.0.0 » sur un poste ; sans authentification."""
    return services.settings.version


@router.get(
    "/metrics",
    summary="Métriques Prometheus",
    dependencies=[Depends(may_read_metrics)],
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def read_metrics(services: ServicesDep) -> Response:
    """Au format texte de Prometheus ; en production, avec une clé de portée « metrics »."""
    return Response(services.metrics.text(), media_type=metrics.CONTENT_TYPE)


@router.get("/docs", include_in_schema=False)
async def docs(services: ServicesDep) -> Response:
    """Swagger, from files of this service: no CDN."""
    page = get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="Cockpit de maintenance prédictive : API",
        swagger_js_url=f"{SWAGGER}/swagger-ui-bundle.js",
        swagger_css_url=f"{SWAGGER}/swagger-ui.css",
        swagger_favicon_url=f"{SWAGGER}/favicon-32x32.png",
        # Swagger's badge would call a validator on the Internet.
        swagger_ui_parameters={"validatorUrl": None},
    )
    content = bytes(page.body).replace(b"<html>", b'<html lang="fr">', 1)
    return Response(content, media_type="text/html; charset=utf-8")
