"""Every route, asked by everybody: the answers are those that ``docs/droits.md`` holds by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.schemas.vocabulary import Role, Scope
from api.settings import Environment
from tests.api.conftest import Api, MakeApi

TABLE = Path(__file__).resolve().parents[3] / "docs" / "droits.md"
CALLERS = ("", *Role, *Scope)
WORDS = {"✓": True, "–": False}
ROUTE = re.compile(r"^\| (GET|POST|PUT|PATCH|DELETE) \| `(/\S*)` \| (.+) \|$", re.MULTILINE)


def _contract() -> dict[tuple[str, str], dict[str, bool]]:
    rows = ROUTE.findall(TABLE.read_text("utf-8"))
    return {
        (method, path): dict(zip(CALLERS, (WORDS[cell] for cell in cells.split(" | ")), strict=True))
        for method, path, cells in rows
    }


def _routes(api: Api) -> Iterator[tuple[str, str]]:
    for path, operations in api.app.openapi()["paths"].items():
        for method in operations:
            yield method.upper(), path
    yield from (("GET", "/docs"), ("GET", "/openapi.json"))  # they do not describe themselves


@pytest.fixture
def preprod(make_api: MakeApi) -> Api:
    """The application as it stands outside of a demonstration, where the metrics too are guarded."""
    return make_api(env=Environment.PREPROD)


def test_table__has_each_route_once_and_no_other(preprod: Api) -> None:
    rows = [row[:2] for row in ROUTE.findall(TABLE.read_text("utf-8"))]

    assert sorted(rows) == sorted(_routes(preprod))


def test_every_route__lets_in_whom_the_table_says(preprod: Api) -> None:
    people = {role: preprod.login(role) for role in Role}
    callers: dict[str, dict[str, str]] = (
        {"": {}} | people | {scope: preprod.api_key([scope]) for scope in Scope}
    )
    # The call that ends every session of its caller comes last.
    calls = sorted(_contract().items(), key=lambda call: call[0][1].endswith("/logout-everywhere"))
    differences = []
    for (method, path), cells in calls:
        url = re.sub(r"\{\w+\}", "999", path)
        for caller, allowed in cells.items():
            status = preprod.request(method, url, headers=callers[caller]).status_code
            refused = status == (403 if caller else 401)
            if refused == allowed or (allowed and status == 401):
                differences.append(f"{method} {path} {caller or 'sans identité'} : {status}")

    assert not differences
