"""The rivals of the inference API, each as small as its kind allows.

``constant``  FastAPI answering a fixed prediction through the same schemas and authentication: the
              framework's own cost.
``naive``     FastAPI as in tutorials: a ``def`` handler, a DataFrame, scikit-learn.
``bare``      FastAPI around the stored model's fastest runtime: no rights, no policy, no log.
"""

from __future__ import annotations

import os
from typing import Annotated, Any

import pandas as pd
from fastapi import Body, Depends, FastAPI, Request

from api.bootstrap import build_services
from api.deps import need
from api.inference.serving.artefact import load_artefact, read_artefact
from api.schemas.predictions import Prediction
from api.schemas.vocabulary import Right
from api.services.models.measurement_model import reading_of
from api.services.models.outputs import matrix_of
from api.settings import Settings


def create_app() -> FastAPI:
    """Return all rivals in one application, one path each; settings from the environment."""
    services = build_services(Settings())
    core = services.core
    models = core.models.current()
    served = models.require()
    manifest = served.model.manifest
    artefact = core.store.folder(manifest.name, manifest.version) / manifest.artefact
    estimator = load_artefact(read_artefact(artefact))
    body = os.environ["BENCH_BODY"].encode()
    answer = core.prediction.predict(body, "0" * 32, explain=False)
    names = list(manifest.feature_names)
    app = FastAPI()
    app.state.services = services

    async def constant(measurement: Any) -> Prediction:
        return answer

    # The body's type is known only once the models are loaded.
    constant.__annotations__ = {"measurement": models.measurement_model, "return": Prediction}
    app.post("/constant", dependencies=[Depends(need(Right.PREDICT))])(constant)

    @app.post("/naive")
    def naive(measurement: Annotated[dict[str, Any], Body()]) -> dict[str, float]:
        frame = pd.DataFrame([measurement])[names]
        return {"failure_probability": float(estimator.predict_proba(frame)[0, 1])}

    @app.post("/naive/batch")
    def naive_batch(measurements: Annotated[list[dict[str, Any]], Body(embed=True)]) -> list[float]:
        frame = pd.DataFrame(measurements)[names]
        return [float(p) for p in estimator.predict_proba(frame)[:, 1]]

    @app.post("/bare")
    async def bare(request: Request) -> dict[str, float]:
        measurement = models.measurement_model.model_validate_json(await request.body())
        row = matrix_of(served, [reading_of(measurement, models.features)])
        return {"failure_probability": float(served.model.raw(row)[0])}

    return app
