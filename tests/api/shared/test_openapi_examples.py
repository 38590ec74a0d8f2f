"""The documentation's examples are real: tried as they stand, they answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from api.core import Core
from tests.api.conftest import PASSWORD, Api
from tests.support.documented import document, documented_core, signed_in

V1 = "/api/v1"
WRITES = ("post", "put", "patch", "delete")
# Why an operation is not tried as it stands, and what its example still gives.
WITH_A_FILE = "a file, which no document can hold; the rest of the form is described"
WITH_A_SECRET = "what its caller alone knows; see the test of secrets below"
NOT_AS_THEY_STAND = {
    ("put", f"{V1}/interventions/{{number}}/photo"): WITH_A_FILE,
    ("post", f"{V1}/measurements/draft-map"): WITH_A_FILE,
    ("post", f"{V1}/measurements/preview"): WITH_A_FILE,
    ("post", f"{V1}/models/imports"): WITH_A_FILE,
    ("post", f"{V1}/auth/token"): WITH_A_SECRET,
    ("post", f"{V1}/auth/refresh"): WITH_A_SECRET,
    ("post", f"{V1}/auth/password"): WITH_A_SECRET,
}
# These end a session or take out a version: after all the others.
LAST = ("/retire", "/logout", "/logout-everywhere")
# What these read is not made here, or the writes have ended it: a long import, a model's import, a photo, a
# year of measurements, a candidate.
UNREAD = {
    f"{V1}/candidates/{{task}}",
    f"{V1}/candidates/{{task}}/report",
    f"{V1}/measurements/jobs/{{job_id}}",
    f"{V1}/models/imports/{{import_id}}",
    f"{V1}/models/compare",
    f"{V1}/turbines/{{turbine_id}}/power",
    f"{V1}/interventions/{{number}}/photo",
}


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Core]:
    """Three turbines, scored by the reference models; a second version of each is in store."""
    made = documented_core(tmp_path_factory.mktemp("exemples"))
    yield made
    made.close()


def tried(
    api: Api, read: dict[str, Any], people: list[dict[str, str]], method: str, path: str
) -> tuple[int, str] | None:
    """Try an operation as the document shows it; None while an example lacks.

    Returns:
        The best answer that somebody gets.
    """
    operation = read["paths"][path][method]
    required = [each for each in operation.get("parameters", ()) if each["required"]]
    body = operation.get("requestBody", {})
    content = body.get("content", {}).get("application/json", {})
    if any("example" not in each for each in required) or (body and "example" not in content):
        return None
    address = path.format(**{each["name"]: each["example"] for each in required if each["in"] == "path"})
    query = {each["name"]: each["example"] for each in required if each["in"] == "query"}
    options = {"params": query} | ({"json": content["example"]} if body else {})
    refusals = []
    for headers in people if operation.get("security") else [{}]:
        answer = api.request(method.upper(), address, headers=headers, **options)
        if answer.is_success:
            return answer.status_code, answer.text
        refusals.append((answer.status_code, answer.text[:200]))
    return min(refusals, key=lambda refusal: refusal[0] == 403)


def test_examples__each_write_is_taken_as_it_stands(scored: Api) -> None:
    """What makes an account, a key or an intervention gives the others their number."""
    pending = [
        (method, path)
        for path, operations in document(scored.app)["paths"].items()
        for method in WRITES
        if method in operations and (method, path) not in NOT_AS_THEY_STAND
    ]
    pending.sort(key=lambda operation: operation[1].endswith(LAST))
    answers: dict[tuple[str, str], tuple[int, str] | None] = {}
    for _ in range(3):
        people = signed_in(scored.login)  # some of the operations close sessions
        for operation in list(pending):
            answer = answers[operation] = tried(scored, document(scored.app), people, *operation)
            if answer is not None and answer[0] in {200, 201, 202, 204}:
                pending.remove(operation)
    assert {operation: answers[operation] for operation in pending} == {}
    assert len(answers) > 25


def test_examples__each_read_answers_200(scored: Api) -> None:
    refused, signed = {}, signed_in(scored.login)
    read = document(scored.app)
    paths = [path for path, operations in read["paths"].items() if "get" in operations]
    for path in paths:
        answer = tried(scored, read, signed, "get", path)
        if path not in UNREAD and (answer is None or answer[0] != 200):
            refused[path] = answer
    assert refused == {}
    assert len(paths) > 40


def test_examples__a_secret_in_the_place_of_the_example_is_enough(scored: Api) -> None:
    paths = document(scored.app)["paths"]
    session = scored.session("technicien")
    for path in (f"{V1}/auth/refresh", f"{V1}/auth/password"):
        body = paths[path]["post"]["requestBody"]["content"]["application/json"]["example"]
        own = {"refresh_token": session["refresh_token"], "current_password": PASSWORD}
        headers = {"Authorization": f"Bearer {session['access_token']}"}
        sent = {name: own.get(name, value) for name, value in body.items()}
        assert scored.post(path, json=sent, headers=headers).status_code == 200, path


def test_examples__what_needs_a_file_says_so(scored: Api) -> None:
    paths = document(scored.app)["paths"]
    for (method, path), why in NOT_AS_THEY_STAND.items():
        if why == WITH_A_FILE:
            kinds = paths[path][method]["requestBody"]["content"]
            assert all("example" not in content for content in kinds.values())
            assert '"format": "binary"' in json.dumps(kinds), path


def test_login__stands_first_and_the_flag_is_0_or_1(scored: Api) -> None:
    read = document(scored.app)
    assert read["tags"][0]["name"] == "Authentification"
    flag = read["components"]["schemas"]["Measurement"]["properties"]["maintenance_done"]
    kinds = [kind for kind in flag.get("anyOf", [flag]) if kind.get("type") != "null"]
    assert [kind["enum"] for kind in kinds] == [[0, 1]]
