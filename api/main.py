"""Wires the application and decides nothing; importing this module loads nothing and opens nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio.to_thread
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp

from api import errors, openapi_errors
from api.bootstrap import Services, build_services
from api.observability.logging import configure_logging
from api.observability.middleware import Edge
from api.openapi import OpenApiDocument
from api.routes import (
    auth,
    exports,
    logs,
    measurements,
    models,
    open_inference,
    park,
    predictions,
    supervision,
    system,
    turbines,
)
from api.services.accounts import AccountService
from api.settings import ROOT, Environment, Settings, load_settings

MAX_BODY_BYTES = 10 * 1024 * 1024
DESCRIPTION = """\
Quelles éoliennes visiter d’abord, et pourquoi.

**S’identifier** (bouton *Authorize*) : une machine envoie sa clé dans `X-API-Key` ; une personne échange son
identifiant et son mot de passe contre un jeton. Jamais les deux dans une même requête.

**Erreurs** : `application/problem+json` (RFC 9457) en français, avec le champ fautif, le remède et
l’identifiant de la requête, à citer au support ; sous `/v2`, `{"error": …}` comme le veut ce protocole.
"""
TAGS = [
    {"name": "Prédictions", "description": "Le risque de panne d’une mesure, ou de plusieurs."},
    {"name": "Parc", "description": "Le classement de toutes les turbines, et ses calculs."},
    {"name": "Turbines", "description": "Une machine, ses mesures, son historique."},
    {
        "name": "Mesures",
        "description": "Faire entrer des mesures, suivre leur sort, les reprendre en fichier.",
    },
    {"name": "Modèles", "description": "Ce qui est rangé, ce qui sert, ce que cela vaut."},
    {"name": "Supervision", "description": "Le cockpit tourne-t-il ? Qui l’a appelé ?"},
    {"name": "Authentification", "description": "Sessions des personnes."},
    {"name": "Open Inference Protocol V2", "description": "Sorties brutes, pour tout client standard."},
    {"name": "Système", "description": "Sondes, version et métriques."},
]


class Cockpit(FastAPI):
    """FastAPI with the project's edge around everything and its own OpenAPI document."""

    def __init__(self, services: Services) -> None:
        super().__init__(
            title="Cockpit de maintenance prédictive",
            description=DESCRIPTION,
            version=services.settings.version,
            openapi_tags=TAGS,
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
            max_body_size=MAX_BODY_BYTES,
            lifespan=_lifespan,
        )
        self.state.services = services
        self._document = OpenApiDocument(self, services.core)
        self._completed: dict[str, Any] | None = None

    def openapi(self) -> dict[str, Any]:
        """The document in force, completed once with credentials and problems."""
        document = self._document()
        if document is not self._completed:
            openapi_errors.complete(document)
            self._completed = document
        return document

    def build_middleware_stack(self) -> ASGIApp:
        """The framework's own layers, errors and body limit included, inside the edge."""
        return Edge(super().build_middleware_stack(), self.state.services)


def create_app(settings: Settings) -> FastAPI:
    """The application; it reads its database only once it starts."""
    app = Cockpit(build_services(settings))
    errors.install(app)
    for module in (
        predictions,
        park,
        turbines,
        measurements,
        exports,
        models,
        supervision,
        logs,
        auth,
        open_inference,
        system,
    ):
        app.include_router(module.router)
    app.mount("/static", StaticFiles(directory=ROOT / "api" / "static"), name="static")
    return app


def create_app_from_env() -> FastAPI:
    """For ``uvicorn --factory``: settings from the environment, JSON logs on stdout."""
    settings = load_settings()
    configure_logging(settings.log_level)
    return create_app(settings)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    if services.settings.env is Environment.PRODUCTION:
        await anyio.to_thread.run_sync(
            AccountService(services.database, services.settings).refuse_demo_accounts
        )
    services.committer.start()
    try:
        yield
    finally:
        await anyio.to_thread.run_sync(services.committer.stop)
        services.core.close()
