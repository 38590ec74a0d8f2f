"""Every expected error has its place in the one table, and its answer says what it should."""

from __future__ import annotations

import importlib
import json
import pkgutil
from typing import Any

import pytest

import api
from api import errors
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
from tests.support.words import plain

# What the contract promises, written a second time and independently of the table.
PROMISED = {
    InvalidInput([FieldError("vent", "trop grand.")]): 422,
    UnclearFile([FieldError("date_format", "précisez le format des dates.")]): 422,
    UnreadForm("Tenseurs binaires."): 400,
    NotFound("Turbine", "77"): 404,
    NotAuthenticated(): 401,
    NotAllowed("lancer un calcul"): 403,
    Superseded("L’intervention", 3, 2): 409,
    Conflict("Un calcul est en cours."): 409,
    ModelRefused("Fichier vide."): 422,
    Unavailable("Plus tard."): 503,
    ModelUnavailable("Modèle absent."): 503,
    DatabaseUnavailable("Base occupée."): 503,
}


def scope(path: str = "/api/v1/park") -> dict[str, Any]:
    return {"type": "http", "path": path, "state": {"request_id": "r" * 32}}


def subclasses(cls: type[CockpitError]) -> set[type[CockpitError]]:
    return {cls}.union(*(subclasses(child) for child in cls.__subclasses__()))


@pytest.mark.slow
def test_every_error_class_of_the_project_is_in_the_table() -> None:
    for module in pkgutil.walk_packages(api.__path__, "api."):
        if ".migrations" not in module.name:
            importlib.import_module(module.name)

    missing = {
        cls.__name__ for cls in subclasses(CockpitError) - {CockpitError} if cls.__module__.startswith("api.")
    } - {cls.__name__ for cls in errors.TABLE}

    assert not missing, f"give {missing} a status, a slug and a French title in api/errors.py"


def test_every_class_is_tried_below() -> None:
    assert {type(error) for error in PROMISED} == set(errors.TABLE)


@pytest.mark.parametrize(("error", "status"), PROMISED.items(), ids=lambda v: type(v).__name__)
def test_expected_error__becomes_a_problem(error: CockpitError, status: int) -> None:
    answer = errors.expected(scope(), error)

    body = json.loads(bytes(answer.body))
    assert answer.status_code == body["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert plain(body["detail"]).rstrip(".") in error.detail
    assert body["request_id"] == "r" * 32
    assert body["type"].startswith("urn:cockpit:probleme:")
    assert ("retry-after" in answer.headers) == (status == 503)
    assert ("www-authenticate" in answer.headers) == (status == 401)


def test_titles_and_slugs__are_distinct() -> None:
    kinds = errors.TABLE.values()

    assert len({kind.slug for kind in kinds}) == len({kind.title for kind in kinds}) == len(kinds)


def test_unmapped_base_class__is_a_defect_not_a_guess() -> None:
    with pytest.raises(KeyError):
        errors.kind_of(CockpitError)


def test_subclass_without_an_entry__is_answered_as_its_parent() -> None:
    class Narrower(ModelUnavailable):
        pass

    assert errors.kind_of(Narrower) == errors.TABLE[ModelUnavailable]


def test_value_that_utf8_cannot_carry__still_answers() -> None:
    error = InvalidInput.single("note", "illisible.", "\ud800")

    body = json.loads(bytes(errors.expected(scope(), error).body))

    assert body["errors"] == [{"field": "note", "message": "illisible.", "value": "?"}]


@pytest.mark.parametrize("path", ["/v2", "/v2/models/x/infer"])
def test_under_v2__the_text_alone(path: str) -> None:
    answer = errors.expected(scope(path), NotFound("Modèle", "x"))

    assert json.loads(bytes(answer.body)) == {"error": "Modèle « x » : introuvable."}
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("status", [400, 404, 405, 413, 415, 418, 599])
def test_bare_statuses_of_the_framework__are_french_problems(status: int) -> None:
    body = json.loads(bytes(errors.refused(scope(), status).body))

    assert body["status"] == status
    assert body["title"]
    assert body["detail"].endswith(".")


def test_error_is_noted_for_the_call_log() -> None:
    seen = scope()

    errors.expected(seen, Conflict("x" * 500))

    assert seen["state"]["error"] == "x" * 200
