"""The OpenAPI document: the routes, and the fields of measurements that the active models declare."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.core import Core
from api.schemas.open_inference import InferRequest
from api.services.models.active_models import ActiveModels
from api.services.park.view import ParkQuery

REF = "#/components/schemas/{model}"
_JSON = "application/json"


class OpenApiDocument:
    """Builds the document, once for each change of the active models."""

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
            # Without a ranking there are no real values yet: the next reader gets them.
            self._document, self._models = document, models if _give_examples(document, self._core) else None
        return self._document


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


def _give_examples(document: dict[str, Any], core: Core) -> bool:
    """Add to ``document``, in place, examples of required parameters and of the bodies people try first.

    Args:
        document: of all routes.
        core: whose published ranking gives turbine, day, run and models.

    Returns:
        False without a ranking: the schemas' own examples remain.
    """
    park = core.view.park(ParkQuery(limit=1))
    if park.run is None or not park.items:
        return False
    turbine, models = park.items[0].turbine_id, park.run.models
    day = park.items[0].measured_on or park.as_of
    known: dict[str, Any] = {
        "turbine_id": turbine,
        "date": str(park.as_of),
        "run_id": park.run.run_id,
        "wind_speed": 9,
        **({"name": models[0].name, "version": models[0].version, "task": models[0].task} if models else {}),
    }
    for parameter in _required(document):
        schema = parameter.get("schema", {})
        schema = document["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], schema)
        if parameter["name"] in known:
            parameter["example"] = known[parameter["name"]]
        elif "enum" in schema:
            parameter["example"] = schema["enum"][0]
    for (method, path), example in _bodies(core, turbine, str(day), str(park.as_of)).items():
        document["paths"][path][method]["requestBody"]["content"][_JSON]["example"] = example
    return True


def _bodies(core: Core, turbine: str, measured_on: str, as_of: str) -> dict[tuple[str, str], Any]:
    """Return bodies by method and path: the turbine's last measurement, the policy in force, a crew."""
    rows = core.turbines.measurements(turbine, 1, None, None)
    measurement = {"turbine_id": turbine, "measured_at": measured_on, **(rows[0].values if rows else {})}
    policy = core.policies.policy(names=False).in_force.parameters.model_dump(mode="json")
    week = {"crews": [{"name": "Équipe A", "skills": [], "hours": [7, 7, 7, 7, 7]}]}
    return {
        ("post", "/api/v1/predictions"): measurement,
        ("post", "/api/v1/predictions/batch"): {"measurements": [measurement]},
        ("post", "/api/v1/park/runs"): {"as_of": as_of},
        ("post", "/api/v1/policy/preview"): {"parameters": policy, "limit": 10},
        ("post", "/api/v1/week-plan"): week,
        ("post", "/api/v1/interventions"): {
            "turbine_id": turbine,
            "planned_on": core.settings.now().date().isoformat(),
            "comment": "Essai depuis la documentation.",
        },
    }


def _required(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for operations in document["paths"].values():
        for operation in operations.values():
            yield from (each for each in operation.get("parameters", ()) if each["required"])
