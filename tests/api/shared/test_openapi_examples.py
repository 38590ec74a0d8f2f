"""The documentation's examples are real: tried as they stand, they answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.commands.score import run_now
from api.core import Core
from tests.api.conftest import Api
from tests.support.client import demonstration_core

HEADER = "turbine_id,date_measure,wind_speed,vibration_level,temperature,power_output,maintenance_done\n"
ROWS = "1,2024-06-30,12.0,2.5,44.0,715.0,0\n2,2024-06-30,14.0,6.5,75.0,840.0,1\n"
# What names something that this park has not made yet: a call, an import, an intervention, a candidate.
NOT_YET = {"request_id", "job_id", "import_id", "number"}
# Needs a candidate, a second version of a model, or months of measurements.
ELSEWHERE = {
    "/api/v1/candidates/{task}",
    "/api/v1/candidates/{task}/report",
    "/api/v1/models/compare",
    "/api/v1/turbines/{turbine_id}/power",
}


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Core]:
    """Two turbines, scored by the reference models."""
    made = demonstration_core(Path(tmp_path_factory.mktemp("exemples")), HEADER + ROWS)
    run_now(made, None, kind="manuel", by="essai")
    yield made
    made.close()


@pytest.fixture(scope="module")
def document(scored: Api) -> dict[str, Any]:
    answer: dict[str, Any] = scored.get("/openapi.json").json()
    return answer


def test_gets__with_their_examples_answer_200(scored: Api, document: dict[str, Any]) -> None:
    people = [scored.login(role) for role in ("ingenieur", "manager", "admin")]
    tried, refused = 0, []
    for path, operations in document["paths"].items():
        required = [each for each in operations.get("get", {}).get("parameters", ()) if each["required"]]
        if "get" not in operations or path in ELSEWHERE or NOT_YET & {each["name"] for each in required}:
            continue
        address = path.format(**{each["name"]: each["example"] for each in required if each["in"] == "path"})
        query = {each["name"]: each["example"] for each in required if each["in"] == "query"}
        callers = people if "security" in operations["get"] else [{}]
        answers = [scored.get(address, params=query, headers=headers) for headers in callers]
        if not {200} & {answer.status_code for answer in answers}:
            refused.append((path, query, answers[0].text[:200]))
        tried += 1
    assert refused == []
    assert tried > 30


def test_bodies__with_their_examples_are_taken(scored: Api, document: dict[str, Any]) -> None:
    manager, tried = scored.login("manager"), []
    for path, operations in document["paths"].items():
        content = operations.get("post", {}).get("requestBody", {}).get("content", {})
        example = content.get("application/json", {}).get("example")
        if example is None:
            continue
        answer = scored.post(path, json=example, headers=manager)
        assert answer.status_code in {200, 201, 202}, (path, answer.text)
        tried.append(path)
    assert len(tried) >= 6


def test_login__stands_first_and_the_flag_is_0_or_1(document: dict[str, Any]) -> None:
    assert document["tags"][0]["name"] == "Authentification"
    flag = document["components"]["schemas"]["Measurement"]["properties"]["maintenance_done"]
    kinds = [kind for kind in flag.get("anyOf", [flag]) if kind.get("type") != "null"]
    assert [kind["enum"] for kind in kinds] == [[0, 1]]
