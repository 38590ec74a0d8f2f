"""Swagger and the OpenAPI document: served from here, complete, and true of every route."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from fastapi.routing import APIRoute, iter_route_contexts

from api.openapi_errors import ACCOUNT_SCHEME, KEY_SCHEME
from tests.api.conftest import Api

METHODS = {"get", "post", "put", "patch", "delete"}
# What anyone may call; everything else asks who is there.
PUBLIC = {
    "/health",
    "/ready",
    "/version",
    "/metrics",
    "/api/v1/auth/token",
    "/api/v1/auth/refresh",
    "/api/v1/auth/logout",
    "/v2",
    "/v2/health/live",
    "/v2/health/ready",
}


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield path, method, operation


def test_docs__needs_nothing_from_elsewhere(api: Api) -> None:
    page = api.get("/docs")

    assert page.status_code == 200
    assert '<html lang="fr">' in page.text
    assert "//" not in re.sub(r"// .*", "", page.text).replace("window.location.origin", "")
    for asset in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        answer = api.get(asset)
        assert answer.status_code == 200, asset
        assert len(answer.content) > 100
    assert api.get("/redoc").status_code == 404


def test_document__both_ways_to_sign_in(api: Api) -> None:
    schemes = api.get("/openapi.json").json()["components"]["securitySchemes"]

    assert schemes[KEY_SCHEME]["name"] == "X-API-Key"
    token_url = schemes[ACCOUNT_SCHEME]["flows"]["password"]["tokenUrl"]
    assert api.post(token_url, data={}).status_code == 422, "Swagger’s Authorize button finds it"


def test_document__its_references_all_lead_somewhere(api: Api) -> None:
    answer = api.get("/openapi.json")

    document = answer.json()
    for reference in set(re.findall(r'"\$ref":\s*"([^"]+)"', answer.text)):
        found: Any = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
    assert "HTTPValidationError" not in answer.text
    assert "Successful Response" not in answer.text


def test_document__each_operation_tells_its_errors_in_the_right_shape(api: Api) -> None:
    document = api.get("/openapi.json").json()

    for path, method, operation in operations(document):
        where = f"{method} {path}"
        errors = {int(s): r for s, r in operation["responses"].items() if s.isdigit() and int(s) >= 400}
        assert {500, 503} <= set(errors), where
        if operation.get("security"):
            assert {401, 403} <= set(errors), where
            assert operation["security"] == [{KEY_SCHEME: []}, {ACCOUNT_SCHEME: []}], where
        expected = "application/json" if path.startswith("/v2") else "application/problem+json"
        assert {tuple(r["content"]) for r in errors.values()} == {(expected,)}, where


def test_document__is_completed_once_however_often_it_is_read(api: Api) -> None:
    assert api.get("/openapi.json").json() == api.get("/openapi.json").json()


def test_document__every_operation_is_described_in_french_words(api: Api) -> None:
    document = api.get("/openapi.json").json()
    tags = {tag["name"] for tag in document["tags"]}

    for path, method, operation in operations(document):
        assert operation.get("summary"), f"{method} {path} has no title"
        assert operation.get("description"), f"{method} {path} has no description"
        assert set(operation["tags"]) <= tags, f"{method} {path} is under no known heading"


def test_every_route_but_the_public_ones__401_without_credentials(api: Api) -> None:
    document = api.get("/openapi.json").json()

    for path, method, operation in operations(document):
        answer = api.request(method.upper(), re.sub(r"\{\w+\}", "1", path))
        if path in PUBLIC:
            assert answer.status_code not in {401, 403}, f"{method} {path}"
            assert not operation.get("security"), f"{method} {path}"
        else:
            assert answer.status_code == 401, f"{method} {path} answers {answer.status_code} to anyone"
            assert operation["security"], f"{method} {path}"


def test_undocumented_routes__ask_for_credentials_too(api: Api) -> None:
    hidden = [
        context
        for context in iter_route_contexts(api.app.routes)
        if isinstance(context.original_route, APIRoute) and not context.include_in_schema
    ]

    for context in hidden:
        path = re.sub(r"\{\w+\}", "1", str(context.path))
        if path.rstrip("/") in PUBLIC | {"/docs"}:
            continue
        for method in context.methods or ():
            assert api.request(method, path).status_code == 401, f"{method} {path}"


def test_routes__carry_their_whole_path_so_that_log_and_metrics_name_them(api: Api) -> None:
    for context in iter_route_contexts(api.app.routes):
        if isinstance(context.original_route, APIRoute):
            assert context.path == context.original_route.path, (
                f"{context.path}: give the prefix to APIRouter(prefix=…), not to include_router(prefix=…); "
                "the edge reads the route's own path"
            )
