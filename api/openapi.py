"""The OpenAPI document: the routes, and the fields of measurements that the active models declare."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.core import Core
from api.openapi_errors import complete
from api.openapi_examples import give_examples
from api.schemas.open_inference import InferRequest
from api.services.models.active_models import ActiveModels

REF = "#/components/schemas/{model}"


class OpenApiDocument:
    """Builds the document once for each change of the active models, and its examples at each reading."""

    def __init__(self, app: FastAPI, core: Core) -> None:
        self._app, self._core = app, core
        self._models: ActiveModels | None = None
        self._document: dict[str, Any] = {}

    def __call__(self) -> dict[str, Any]:
        """Return the document in force."""
        models = self._core.models.current()
        if models is not self._models:
            document = get_openapi(
                title=self._app.title,
                version=self._app.version,
                description=self._app.description,
                routes=self._app.routes,
                tags=self._app.openapi_tags,
            )
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            schemas["Measurement"] = models.measurement_model.model_json_schema(ref_template=REF)
            schemas["MeasurementBatch"] = _BATCH
            infer = InferRequest.model_json_schema(ref_template=REF)
            schemas.update(infer.pop("$defs"), InferRequest=infer)
            complete(document)
            self._document, self._models = document, models
        examined = deepcopy(self._document)
        give_examples(examined, self._core)
        return examined


_BATCH = {
    "title": "MeasurementBatch",
    "type": "object",
    "required": ["measurements"],
    "properties": {
        "measurements": {
            "type": "array",
            "minItems": 1,
            "maxItems": 10_000,
            "items": {"$ref": REF.format(model="Measurement")},
        }
    },
}
