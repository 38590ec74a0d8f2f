"""Real values for the parameters and bodies of an OpenAPI document: what is tried as it stands answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api.core import Core
from api.services.park.view import ParkQuery

_JSON = "application/json"


def fill(document: dict[str, Any], core: Core) -> bool:
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
    names = [f"{model.name}:{model.version}" for model in models]
    known: dict[str, Any] = {
        "turbine_id": turbine,
        "date": str(park.as_of),
        "run_id": park.run.run_id,
        "wind_speed": 9,
        **({"name": models[0].name, "version": models[0].version} if models else {}),
        **({"task": models[0].task, "left": names[0], "right": names[0]} if models else {}),
    }
    for parameter in _required(document):
        schema = parameter.get("schema", {})
        if parameter["name"] in known:
            parameter["example"] = known[parameter["name"]]
        elif "enum" in schema:
            parameter["example"] = schema["enum"][0]
    rows = core.turbines.measurements(turbine, 1, None, None)
    measurement = {"turbine_id": turbine, "measured_at": str(day), **(rows[0].values if rows else {})}
    policy = core.policies.policy(names=False).in_force.parameters.model_dump(mode="json")
    week = {"crews": [{"name": "Équipe A", "skills": [], "hours": [7, 7, 7, 7, 7]}]}
    bodies: dict[tuple[str, str], Any] = {
        ("post", "/api/v1/predictions"): measurement,
        ("post", "/api/v1/predictions/batch"): {"measurements": [measurement]},
        ("post", "/api/v1/park/runs"): {"as_of": str(park.as_of)},
        ("post", "/api/v1/policy/preview"): {"parameters": policy, "limit": 10},
        ("post", "/api/v1/week-plan"): week,
        ("post", "/api/v1/interventions"): {
            "turbine_id": turbine,
            "planned_on": core.settings.now().date().isoformat(),
            "comment": "Essai depuis la documentation.",
        },
    }
    for (method, path), example in bodies.items():
        document["paths"][path][method]["requestBody"]["content"][_JSON]["example"] = example
    return True


def _required(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for operations in document["paths"].values():
        for operation in operations.values():
            yield from (each for each in operation.get("parameters", ()) if each["required"])
