"""Every field of every call, at the extremes of its type: refused with a reason or taken, never a 500."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from api.core import Core
from tests.api.conftest import Api
from tests.support.documented import document, documented_core, signed_in

EDGES = ("0001-01-01", "9999-12-31", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "10000-01-01")
TEXTS = ("", "\x00", "\u0663", "é" * 5_000, "9" * 400)
NUMBERS = (10**400, -1, 1e308, True)
SHAPES: tuple[Any, ...] = (None, [], {"a": {}}, [[[]]])
# Two of these together are a lone surrogate; only JSON can hold it.
SURROGATE = "\ud800"
ENDING = ("/logout", "/logout-everywhere", "/retire")


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Core]:
    """Three turbines, scored by the reference models."""
    made = documented_core(tmp_path_factory.mktemp("extremes"))
    yield made
    made.close()


def _leaves(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of a JSON value that hold no other, and those that do."""
    if path:
        yield path
    for key in body if isinstance(body, dict) else range(len(body)) if isinstance(body, list) else ():
        yield from _leaves(body[key], (*path, key))


def _with(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(body)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return changed


def _sent(body: Any, query: dict[str, Any] | None = None) -> dict[str, Any]:
    headers = {"content-type": "application/json"}
    return {"content": json.dumps(body), "headers": headers, "params": query or {}}


def _calls(read: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each operation with one of its fields at an extreme: method, address, options."""
    for path, operations in read["paths"].items():
        for method, operation in operations.items():
            if path.endswith(ENDING):
                continue
            given = operation.get("parameters", ())
            places = {each["name"]: each.get("example", "1") for each in given if each["in"] == "path"}
            queries = {each["name"]: each.get("example") for each in given if each["in"] == "query"}
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            body = body.get("example")
            options: dict[str, Any] = {} if body is None else _sent(body)
            required = {name: value for name, value in queries.items() if value is not None}
            for name in places:
                for value in ("%00", "9" * 400, "%D9%A3", "9999-12-31"):
                    yield method, path.format(**places | {name: value}), options | {"params": required}
            for name in queries:
                for text in (*EDGES, *TEXTS[:3], "9" * 400, "-1", "1e308"):
                    yield method, path.format(**places), options | {"params": required | {name: text}}
            for leaf in _leaves(body) if body is not None else ():
                for extreme in (*EDGES, *TEXTS, SURROGATE, *NUMBERS, *SHAPES):
                    yield (
                        method,
                        path.format(**places),
                        _sent(_with(body, leaf, extreme), required),
                    )


def test_every_field_at_its_extremes__is_never_a_500(scored: Api) -> None:
    people = signed_in(scored.login)
    right: dict[tuple[str, str], dict[str, str]] = {}
    broken, tried = [], 0
    for method, address, options in _calls(document(scored.app)):
        key = (method, address.split("?")[0])
        for headers in [right[key]] if key in right else people:
            sent = options | {"headers": headers | options.get("headers", {})}
            answer = scored.request(method.upper(), address, **sent)
            if answer.status_code not in {401, 403}:
                right[key] = headers
                break
        tried += 1
        if answer.status_code >= 500:
            broken.append((method, address[:80], str(options)[:200], answer.status_code))

    assert not broken
    assert tried > 1_000
