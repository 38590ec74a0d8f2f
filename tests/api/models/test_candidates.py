"""Candidates over HTTP: who may, what is recorded, what is answered; and the same from the command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api import cli
from api.commands.score import run_now
from api.core import Core
from tests.api.conftest import Api, problem
from tests.support.park.shadow_tools import (
    CLASSIFIER,
    REGRESSOR,
    sample_core,
    second_version,
)

URL = "/api/v1/candidates"


@pytest.fixture(scope="module")
def core(either_home_if_long: Path) -> Iterator[Core]:
    """A scored park with a second version of each reference in store."""
    made = sample_core(either_home_if_long, "2024-11-15")
    for task in ("classification", "regression"):
        second_version(made, task)
    run_now(made, None, kind="manuel", by="essai")
    yield made
    made.close()


@pytest.fixture(scope="module")
def engineer(scored: Api) -> dict[str, str]:
    return scored.login("ingenieur")


@pytest.fixture(autouse=True)
def nobody_in_shadow(core: Core) -> Iterator[None]:
    yield
    for candidate in core.shadow.candidates():
        if candidate.ended_at is None:
            core.shadow.withdraw(candidate.task, by="essai", reason="fin de l’essai")


def put(api: Api, headers: dict[str, str], task: str = "classification", **changes: Any) -> Any:
    body = {"name": CLASSIFIER, "version": 2, "reason": "moins d’alertes inutiles ?", **changes}
    return api.request("PUT", f"{URL}/{task}", headers=headers, json=body)


def test_candidate__from_choice_to_withdrawal(scored: Api, engineer: dict[str, str]) -> None:
    chosen = put(scored, engineer).json()
    assert (chosen["name"], chosen["version"], chosen["task"]) == (CLASSIFIER, 2, "classification")
    assert chosen["set_by"].startswith("compte:")
    assert chosen["reason"] == "moins d’alertes inutiles ?"
    assert scored.get(f"{URL}/classification", headers=engineer).json() == chosen

    ended = scored.request(
        "DELETE", f"{URL}/classification", headers=engineer, params={"reason": "pas convaincant"}
    ).json()

    assert (ended["ended_by"], ended["end_reason"]) == (chosen["set_by"], "pas convaincant")
    assert scored.get(f"{URL}/classification", headers=engineer).status_code == 404
    assert scored.get(URL, headers=engineer).json()["items"][0] == ended


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_report__compares_with_the_published_park(scored: Api, engineer: dict[str, str], task: str) -> None:
    name = CLASSIFIER if task == "classification" else REGRESSOR
    put(scored, engineer, task, name=name)
    park = {i["turbine_id"]: i for i in scored.get("/api/v1/park", headers=engineer).json()["items"]}

    report = scored.get(f"{URL}/{task}/report", headers=engineer, params={"limit": 7}).json()

    field = "failure_probability" if task == "classification" else "time_to_failure_days"
    assert len(report["pairs"]) == 7
    for pair in report["pairs"]:
        assert pair["active"] == park[pair["turbine_id"]][field]
    assert (report["last"]["active"]["name"], report["last"]["active"]["version"]) == (name, 1)
    assert report["runs"][0] == report["last"]
    assert report["pooled"]["runs"] == 1


def test_candidate__changes_no_answer(scored: Api, engineer: dict[str, str]) -> None:
    before = scored.get("/api/v1/park", headers=engineer).json()
    put(scored, engineer)

    assert scored.get("/api/v1/park", headers=engineer).json() == before
    turbine = before["items"][0]["turbine_id"]
    answer = scored.get(f"/api/v1/turbines/{turbine}", headers=engineer).json()
    assert {model["version"] for model in answer["models"]} == {1}


@pytest.mark.parametrize(
    ("task", "changes", "status", "said"),
    [
        ("classification", {"version": 1}, 409, "en service"),
        ("classification", {"version": 99}, 404, "version 99"),
        ("regression", {}, 422, "autre tâche"),
        ("classification", {"reason": ""}, 422, "reason"),
        ("classification", {"couleur": "rouge"}, 422, "couleur"),
        ("autre", {}, 422, "task"),
    ],
)
def test_choice__refused_in_french(
    scored: Api, engineer: dict[str, str], task: str, changes: dict[str, Any], status: int, said: str
) -> None:
    assert said in problem(put(scored, engineer, task, **changes), status)["detail"]


@pytest.mark.parametrize("role", ["technicien", "manager", "admin"])
def test_choice__needs_the_right_over_models(scored: Api, role: str) -> None:
    headers = scored.login(role)
    assert "activer" in problem(put(scored, headers), 403)["detail"]
    gone = scored.request("DELETE", f"{URL}/classification", headers=headers, params={"reason": "essai"})
    problem(gone, 403)


@pytest.mark.parametrize(("role", "status"), [("technicien", 403), ("manager", 200), ("admin", 200)])
@pytest.mark.parametrize(
    "path", [URL, f"{URL}/regression", f"{URL}/regression/report", "/api/v1/models/compare"]
)
def test_reading__needs_the_right_of_the_models_page(scored: Api, role: str, status: int, path: str) -> None:
    asked = {"task": "classification", "left": f"{CLASSIFIER}:1", "right": f"{CLASSIFIER}:2"}
    answer = scored.get(path, headers=scored.login(role), params=asked if path.endswith("compare") else {})
    if status == 403:
        assert "suivre les imports" in problem(answer, 403)["detail"]
    else:
        assert answer.status_code in {status, 404}  # 404: nothing is in shadow


def test_nothing_in_shadow__is_said(scored: Api, engineer: dict[str, str]) -> None:
    for path in (f"{URL}/regression", f"{URL}/regression/report"):
        assert "Aucune version" in problem(scored.get(path, headers=engineer), 404)["detail"]
    gone = scored.request("DELETE", f"{URL}/regression", headers=engineer, params={"reason": "essai"})
    problem(gone, 404)


def test_comparison__of_two_versions(scored: Api, engineer: dict[str, str]) -> None:
    asked = {"task": "classification", "left": f"{CLASSIFIER}:1", "right": f"{CLASSIFIER}:2"}
    answer = scored.get("/api/v1/models/compare", headers=engineer, params=asked).json()
    figures = {figure["key"]: figure for figure in answer["figures"]}
    assert answer["threshold"] == 0.06
    assert (answer["left"]["version"], answer["right"]["version"]) == (1, 2)
    auc = figures["roc_auc"]
    assert auc["difference"]["value"] == pytest.approx(auc["right"]["value"] - auc["left"]["value"])
    twice = scored.get("/api/v1/models/compare", headers=engineer, params={**asked, "right": asked["left"]})
    assert problem(twice, 422)["errors"][0]["field"] == "right"


def told(
    core: Core, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *argv: str
) -> tuple[int, str]:
    """What the command answers and says, on the test's installation."""
    for name, value in (
        ("COCKPIT_HOME", str(core.settings.home)),
        ("COCKPIT_ENV", "test"),
        ("COCKPIT_SECRET_KEY", "k" * 48),
        ("COCKPIT_DATABASE_URL", core.settings.url),
    ):
        monkeypatch.setenv(name, value)
    code = cli.main(["models", "shadow", *argv])
    said = capsys.readouterr()
    return code, said.out + said.err


def test_command__sets_lists_and_withdraws(
    core: Core, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = told(core, capsys, monkeypatch, CLASSIFIER, "2")
    assert (code, "--reason" in said) == (1, True)
    code, said = told(core, capsys, monkeypatch, CLASSIFIER, "2", "--reason", "essai de la ligne")
    assert (code, "en observation" in said) == (0, True)
    assert "1\u00a0calcul noté" in told(core, capsys, monkeypatch)[1]
    assert "ligne de commande" in core.shadow.candidate("classification").set_by
    code, said = told(core, capsys, monkeypatch, "--stop")
    assert (code, "n’est plus" in said) == (0, True)
    code, said = told(core, capsys, monkeypatch, "--stop")
    assert (code, "aucun candidat" in said) == (1, True)
    assert "Aucun candidat" in told(core, capsys, monkeypatch)[1]
