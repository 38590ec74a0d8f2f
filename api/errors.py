"""The only table from errors to HTTP statuses, and the French problem that a caller reads (RFC 9457).

Under ``/v2`` the Open Inference Protocol wants ``{"error": text}`` instead.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from api.domain.shared.exceptions import (
    CockpitError,
    Conflict,
    DatabaseUnavailable,
    FieldError,
    InvalidInput,
    ModelRefused,
    ModelUnavailable,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    Superseded,
    Unavailable,
    UnclearFile,
    UnreadForm,
)
from api.schemas import french
from api.schemas.typesetting import typeset
from api.services.shared.french_errors import BODY, french_errors

PROBLEM_JSON = "application/problem+json"
MAX_ERRORS = 100  # field errors in one answer
_SUMMED_UP = 5  # field errors repeated in the detail
_CREDENTIAL_PATHS = ("/api/v1/auth/", "/api/v1/accounts")
_RETRY_AFTER_S = "5"


@dataclass(frozen=True)
class Kind:
    """The HTTP status and title of a kind of error."""

    status: int
    slug: str
    title: str


TABLE: dict[type[CockpitError], Kind] = {
    InvalidInput: Kind(422, "saisie-invalide", "Données à corriger"),
    UnclearFile: Kind(422, "fichier-a-preciser", "Lecture du fichier à préciser"),
    UnreadForm: Kind(400, "forme-non-lue", "Forme de requête non lue"),
    NotFound: Kind(404, "introuvable", "Introuvable"),
    NotAuthenticated: Kind(401, "authentification-requise", "Authentification requise"),
    NotAllowed: Kind(403, "droit-insuffisant", "Droit insuffisant"),
    Conflict: Kind(409, "conflit", "Conflit avec l’état présent"),
    Superseded: Kind(409, "version-depassee", "Modifié entre-temps"),
    ModelRefused: Kind(422, "modele-refuse", "Modèle refusé"),
    Unavailable: Kind(503, "service-indisponible", "Service momentanément indisponible"),
    ModelUnavailable: Kind(503, "modele-indisponible", "Modèle indisponible"),
    DatabaseUnavailable: Kind(503, "base-indisponible", "Base de données indisponible"),
}
UNEXPECTED = Kind(500, "erreur-interne", "Erreur interne")
_UNEXPECTED_DETAIL = "Une erreur inattendue s’est produite ; signalez-la avec l’identifiant de la requête."

# Refusals of the framework itself, before any service runs: slug, title and detail by status.
_REFUSED: dict[int, tuple[str, str, str]] = {
    400: (
        "requete-illisible",
        "Requête illisible",
        "Le corps de la requête est illisible : vérifiez sa forme.",
    ),
    404: ("introuvable", "Introuvable", "Aucune ressource à cette adresse : voir /docs."),
    405: (
        "methode-refusee",
        "Méthode refusée",
        "Cette adresse n’accepte pas cette méthode : voir l’en-tête « Allow ».",
    ),
    413: (
        "corps-trop-grand",
        "Corps trop grand",
        "Le corps de la requête est trop grand : envoyez-le en plusieurs fois.",
    ),
    415: ("type-refuse", "Type refusé", "Ce type de contenu n’est pas accepté."),
}


def kind_of(error: type[CockpitError]) -> Kind:
    """Return the entry of :data:`TABLE` for a class or its nearest ancestor.

    Raises:
        KeyError: there is none.
    """
    for ancestor in error.__mro__:
        if (kind := TABLE.get(ancestor)) is not None:
            return kind
    raise KeyError(error.__name__)


def problem(
    scope: Scope,
    kind: Kind,
    detail: str,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, object] | None = None,
) -> Response:
    """Return the answer for one error, in the shape of its path, and note the error for the call log.

    ``more`` holds the members that only this kind of error has.
    """
    state = scope.setdefault("state", {})
    state["error"] = detail[:200]
    path: str = scope["path"]
    if path == "/v2" or path.startswith("/v2/"):
        # The protocol has one status for every request that is wrong.
        status = 400 if kind.status == 422 else kind.status
        return Response(_encoded({"error": detail}), status, headers, "application/json")
    body = {
        "type": f"urn:cockpit:probleme:{kind.slug}",
        "title": kind.title,
        "status": kind.status,
        "detail": typeset(detail),
        "request_id": state.get("request_id", ""),
        "errors": [
            {"field": e.field, "message": typeset(e.message), "value": e.value} for e in errors[:MAX_ERRORS]
        ],
        **(more or {}),
    }
    return Response(_encoded(body), kind.status, headers, PROBLEM_JSON)


def expected(scope: Scope, error: CockpitError) -> Response:
    """Return the answer for an error that our code raised on purpose."""
    kind = kind_of(type(error))
    if isinstance(error, InvalidInput):
        return problem(scope, kind, _summary(error.errors), error.errors)
    more = _since(error) if isinstance(error, Superseded) else None
    return problem(scope, kind, error.detail, (), _headers(kind.status), more)


def refused(scope: Scope, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """Return the answer where the framework refuses with a bare status."""
    other = (f"http-{status}", "Requête refusée", f"Le service a refusé cette requête (statut {status}).")
    slug, title, detail = _REFUSED.get(status, other)
    return problem(scope, Kind(status, slug, title), detail, (), headers)


def unexpected(scope: Scope) -> Response:
    """Return the answer for a defect; it shows only the request id under which the defect is logged."""
    return problem(scope, UNEXPECTED, _UNEXPECTED_DETAIL)


def install(app: FastAPI) -> None:
    """Answer every error of ``app`` from this module."""
    app.add_exception_handler(CockpitError, _on_cockpit_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(Exception, _on_unexpected)


async def _on_cockpit_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, CockpitError)  # noqa: S101 - the type for which it is installed
    return expected(request.scope, error)


async def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - the type for which it is installed
    harmless = not request.scope["path"].startswith(_CREDENTIAL_PATHS)
    errors = french_errors(error.errors(), from_request=True, show_values=harmless)
    return expected(request.scope, InvalidInput(errors))


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - the type for which it is installed
    if error.status_code in {204, 304}:
        return Response(status_code=error.status_code, headers=error.headers)
    if error.status_code == 400 and error.__cause__ is not None:
        # JSON that Python's parser refuses: not UTF-8, nested too deep, numbers of thousands of digits.
        message = "illisible : JSON en UTF-8 attendu, sans nombres démesurés ni imbrication profonde."
        return expected(request.scope, InvalidInput.single(BODY, message))
    return refused(request.scope, error.status_code, error.headers)


async def _on_unexpected(request: Request, _error: Exception) -> Response:
    return unexpected(request.scope)


def _since(error: Superseded) -> dict[str, object]:
    """Return the present version, and what others saved since the caller's."""
    changes = [
        {
            "at": change.at.isoformat(),
            "by": change.by,
            "fields": [
                {"field": name, "before": before, "after": after}
                for name, (before, after) in change.fields.items()
            ],
            "comment": change.comment,
        }
        for change in error.changes[-MAX_ERRORS:]
    ]
    return {"version": error.version, "changes": changes}


def _summary(errors: Sequence[FieldError]) -> str:
    """Return the first field errors as one sentence."""
    sentences = [f"{e.field} : {e.message}" if e.field else e.message for e in errors[:_SUMMED_UP]]
    if len(errors) > _SUMMED_UP:
        sentences.append(f"et {french.counted(len(errors) - _SUMMED_UP, 'autre erreur')}")
    return " ; ".join(sentence.rstrip(" .") for sentence in sentences) + "."


def _headers(status: int) -> dict[str, str] | None:
    if status == 401:
        return {"WWW-Authenticate": 'Bearer realm="cockpit"'}
    return {"Retry-After": _RETRY_AFTER_S} if status == 503 else None


def _encoded(body: Mapping[str, object]) -> bytes:
    # A received value may hold half a surrogate pair, which UTF-8 cannot carry.
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
