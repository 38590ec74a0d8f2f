"""Completes an OpenAPI document with what all routes share: credentials and problems."""

from __future__ import annotations

from typing import Any

from api.schemas.common import Problem

KEY_SCHEME = "CleAPI"
ACCOUNT_SCHEME = "Compte"
REF = "#/components/schemas/{model}"
_METHODS = frozenset({"get", "post", "put", "patch", "delete"})
_ACCOUNT = {
    "type": "oauth2",
    "description": "Compte d’une personne : identifiant et mot de passe contre un jeton de 10 minutes.",
    "flows": {"password": {"tokenUrl": "/api/v1/auth/token", "scopes": {}}},
}
_WORDS = {
    400: "Données à corriger, ou forme de corps qui n’est pas lue",
    401: "Authentification absente, erronée ou expirée",
    403: "Droit insuffisant",
    404: "Introuvable",
    413: "Corps trop grand",
    422: "Données à corriger : chaque champ et son remède",
    500: "Erreur interne, à signaler avec l’identifiant de la requête",
    503: "Service momentanément indisponible",
}
_V2_ERROR = {
    "title": "InferenceError",
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "string"}},
}
_FRAMEWORK_422 = "Validation Error"  # FastAPI's description of a 422
_DEFAULTS = ("HTTPValidationError", "ValidationError")  # FastAPI's error schemas, which we never send


def complete(document: dict[str, Any]) -> None:
    """Add to ``document``, in place, both ways to sign in and the possible errors of each operation."""
    components = document.setdefault("components", {})
    components.setdefault("securitySchemes", {})[ACCOUNT_SCHEME] = _ACCOUNT
    schemas = components.setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template=REF, mode="serialization")
    schemas.update(problem.pop("$defs", {}))
    schemas.update(Problem=problem, InferenceError=_V2_ERROR)
    for name in _DEFAULTS:
        schemas.pop(name, None)
    for path, operations in document.get("paths", {}).items():
        for method, operation in operations.items():
            if method in _METHODS:
                _complete_operation(path, operation)


def _complete_operation(path: str, operation: dict[str, Any]) -> None:
    security = operation.get("security", [])
    if any(KEY_SCHEME in way for way in security):
        security.append({ACCOUNT_SCHEME: []})
    is_v2 = path == "/v2" or path.startswith("/v2/")
    responses = operation.setdefault("responses", {})
    for response in responses.values():
        if response.get("description") == "Successful Response":  # FastAPI's words
            response["description"] = "Réponse"
    media, model = (
        ("application/json", "InferenceError") if is_v2 else ("application/problem+json", "Problem")
    )
    if is_v2:  # its errors have one status for every request that is wrong
        responses.pop("422", None)
    content = {media: {"schema": {"$ref": REF.format(model=model)}}}
    for status in _possible(path, operation):
        declared = responses.get(str(status), {"description": _FRAMEWORK_422})
        if declared["description"] == _FRAMEWORK_422:
            responses[str(status)] = {"description": _WORDS[status]}
    for status in responses:  # a route declares a status and its reason; the shape is the same for all
        if status.isdigit() and int(status) >= 400:
            responses[status]["content"] = content


def _possible(path: str, operation: dict[str, Any]) -> list[int]:
    """Return the statuses of the errors that an operation may answer, from its declaration."""
    statuses = [500, 503]
    if operation.get("security") or path.startswith("/api/v1/auth/"):
        statuses += [401, 403]
    if "{" in path:
        statuses.append(404)
    if operation.get("requestBody") or operation.get("parameters") or path.startswith("/api/v1/"):
        wrong = 400 if path == "/v2" or path.startswith("/v2/") else 422
        statuses.append(wrong)  # without parameters too: one that the call does not have is refused
    if operation.get("requestBody"):
        statuses.append(413)
    return sorted(statuses)
