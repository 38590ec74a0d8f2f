"""The application, wired from the settings; importing this module loads and opens nothing."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio.to_thread
from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp

from api import errors
from api.bootstrap import Services, build_services
from api.collector import spare_the_collector
from api.deps import known_names
from api.observability.logging import configure_logging
from api.observability.middleware import Edge
from api.openapi import OpenApiDocument
from api.routes import (
    accounts,
    audit,
    auth,
    candidates,
    corrections,
    exports,
    interventions,
    logs,
    measurements,
    model_imports,
    models,
    open_inference,
    park,
    policy,
    predictions,
    quality,
    supervision,
    system,
    turbines,
    week_plan,
)
from api.settings import ROOT, Environment, Settings
from api.storage import migrate

MAX_BODY_BYTES = 10 * 1024 * 1024
DESCRIPTION = """\
Quelles éoliennes visiter d’abord, et pourquoi.

**S’identifier** (bouton *Authorize*) : une machine envoie sa clé dans `X-API-Key` ; une personne échange son
identifiant et son mot de passe contre un jeton. Jamais les deux dans une même requête.

**Erreurs** : `application/problem+json` (RFC 9457) en français, avec le champ fautif, le remède et
l’identifiant de la requête, à citer au support ; sous `/v2`, `{"error": …}` comme le veut ce protocole.
"""
TAGS = [
    {
        "name": "Authentification",
        "description": "À faire d’abord : bouton *Authorize*, ou « Ouvrir une session » ci-dessous.",
    },
    {"name": "Prédictions", "description": "Le risque de panne d’une mesure, ou de plusieurs."},
    {"name": "Parc", "description": "Le classement de toutes les turbines, et ses calculs."},
    {"name": "Turbines", "description": "Une machine, ses mesures, son historique."},
    {"name": "Interventions", "description": "Proposer, planifier, suivre, clôturer avec un verdict."},
    {
        "name": "Mesures",
        "description": "Faire entrer des mesures, suivre leur sort, les reprendre en fichier.",
    },
    {"name": "Modèles", "description": "Ce qui est rangé, ce qui sert, ce que cela vaut."},
    {
        "name": "Politique de risque",
        "description": "Coûts, bornes et limite d’âge ; leur effet avant de les enregistrer.",
    },
    {"name": "Supervision", "description": "Le cockpit tourne-t-il ? Qui l’a appelé ?"},
    {"name": "Comptes et clés", "description": "Qui peut se connecter, quelles machines peuvent appeler."},
    {"name": "Audit", "description": "Qui a fait quoi, en une chaîne qui se vérifie."},
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
            # The edge measures and logs each request; FastAPI's own telemetry would cost time even unused.
            telemetry={"tracing": False, "metrics": False, "logs": False},
            lifespan=_lifespan,
        )
        self.state.services = services
        self._document = OpenApiDocument(self, services.core)

    def openapi(self) -> dict[str, Any]:
        """Return the document in force."""
        return self._document()

    def build_middleware_stack(self) -> ASGIApp:
        """Return the framework's own layers, errors and body limit included, inside the edge."""
        return Edge(super().build_middleware_stack(), self.state.services)


def create_app(settings: Settings) -> FastAPI:
    """Return the application; it reads the database only once it starts."""
    app = Cockpit(build_services(settings))
    errors.install(app)
    predictions.add_direct(app)
    for module in (
        predictions,
        park,
        turbines,
        interventions,
        week_plan,
        measurements,
        corrections,
        exports,
        model_imports,  # before the models, whose paths would take « imports » for a name
        models,
        quality,
        candidates,
        supervision,
        logs,
        auth,
        accounts,
        audit,
        policy,
        open_inference,
        system,
    ):
        # Probes and clients of the standard protocol may add parameters of their own.
        checks = [] if module in (open_inference, system) else [Depends(known_names)]
        app.include_router(module.router, dependencies=checks)
    app.mount("/static", StaticFiles(directory=ROOT / "api" / "static"), name="static")
    return app


def create_app_from_env() -> FastAPI:
    """Return the application for ``uvicorn --factory``: settings of the environment, JSON logs on stdout."""
    settings = Settings()
    configure_logging(settings.log_level)
    app = create_app(settings)
    spare_the_collector()
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    if services.settings.env is Environment.PRODUCTION:
        await anyio.to_thread.run_sync(services.core.demo_accounts.refuse)
    await anyio.to_thread.run_sync(migrate.refuse_newer, services.database)
    services.committer.start()
    await anyio.to_thread.run_sync(services.core.pasts.warm)
    stopping = threading.Event()
    watching = threading.Thread(
        target=services.core.models.watch, args=(stopping,), name="models", daemon=True
    )
    watching.start()
    try:
        yield
    finally:
        stopping.set()
        await anyio.to_thread.run_sync(watching.join)
        await anyio.to_thread.run_sync(services.committer.stop)
        await anyio.to_thread.run_sync(services.authentication.close)
        services.core.close()
