"""Runs over HTTP: asked for, followed, cancelled, and when the next one is due."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from api.core import Core, build_core
from api.schemas.french import PARIS
from tests.api.conftest import Api, problem
from tests.support.measurements.ingest_tools import SHORT, ingest, write_csv

pytestmark = pytest.mark.usefixtures("both_databases_if_long")

DAY = date(2024, 8, 1)
CALM = ("12.26", "2.57", "44.6", "715.2", "0")
RUNS = "/api/v1/park/runs"


@pytest.fixture
def core(api: Api, tmp_path: Path) -> Core:
    """Two turbines and the reference models; no worker: a run waits until the test does its job."""
    rows = [("1", DAY, *CALM), ("2", DAY, *CALM)]
    ingest(api.services.database, write_csv(tmp_path / "a.csv", SHORT, rows))
    made = build_core(api.settings)
    for model in ("risque-panne-7j", "delai-avant-panne"):
        made.model_service.activate(model, 1, by="essai", reason="essai")
    return made


@pytest.mark.usefixtures("core")
def test_cancel__by_whoever_may_start_a_run_and_once(api: Api) -> None:
    manager = api.login("manager")
    asked = api.post(RUNS, headers=manager).json()
    assert (asked["status"], asked["phase"]) == ("en_attente", None)
    cancel = f"{RUNS}/{asked['run_id']}/cancel"
    for role in ("technicien", "admin"):
        assert api.post(cancel, headers=api.login(role)).status_code == 403
    assert api.post(cancel).status_code == 401
    ended = api.post(cancel, headers=api.login("ingenieur"))
    assert ended.status_code == 200
    assert ended.json()["status"] == "annule"
    assert "annulé" in ended.json()["error"]
    assert ended.json()["cancel_asked_by"] not in {None, asked["requested_by"]}
    assert api.get(f"{RUNS}/{asked['run_id']}", headers=manager).json() == ended.json()
    refused = api.post(cancel, headers=manager)
    assert "n’est plus en cours (annulé)" in problem(refused, 409)["detail"]
    assert api.post(f"{RUNS}/999/cancel", headers=manager).status_code == 404


def test_cancelled_run__leaves_the_published_ranking(api: Api, core: Core) -> None:
    manager = api.login("manager")
    first = api.post(RUNS, headers=manager).json()["run_id"]
    assert core.job_service().take_and_carry_out()
    second = api.post(RUNS, headers=manager).json()["run_id"]
    api.post(f"{RUNS}/{second}/cancel", headers=manager)
    park = api.get("/api/v1/park", headers=manager).json()
    assert park["run"]["run_id"] == first
    assert park["last_attempt"]["status"] == "annule"
    assert not [notice for notice in park["notices"] if notice["code"] == "calcul_echoue"]
    # A cancelled run does not stand in the way of the next one.
    assert api.post(RUNS, headers=manager).json()["run_id"] > second


def test_next_run__told_until_a_demonstration_awaits_measurements(api: Api, core: Core) -> None:
    manager = api.login("manager")
    before = api.get("/api/v1/park", headers=manager).json()
    due = datetime.fromisoformat(before["next_run_at"]).astimezone(PARIS)
    assert (due.hour, due.minute) == (api.settings.run_hour, 0)
    now = datetime.now(UTC).astimezone(PARIS)
    assert due.date() == now.date()
    words = "Calcul dû depuis le" if due <= now else "Prochain calcul le"
    assert before["next_run"].startswith(words), "what is past is not to come"
    core.runner.request(None, kind="planifie", by="essai")
    assert core.job_service().take_and_carry_out()
    assert api.get("/api/v1/park", headers=manager).json()["next_run_at"] is None
    assert api.get("/api/v1/supervision", headers=manager).json()["next_run_at"] is None


def test_ranking__every_filter_and_order_reaches_the_ranking(api: Api, core: Core) -> None:
    manager = api.login("manager")
    api.post(RUNS, headers=manager)
    assert core.job_service().take_and_carry_out()
    told = {"farm": "Écueil", "service_state": "hors_service"}
    assert api.request("PATCH", "/api/v1/turbines/2", headers=manager, json=told).status_code == 200

    def kept(query: str) -> list[str]:
        answer = api.get(f"/api/v1/park?{query}", headers=manager)
        assert answer.status_code == 200, query
        return [item["turbine_id"] for item in answer.json()["items"]]

    whole = api.get("/api/v1/park", headers=manager).json()["items"]
    for item in whole:
        alike = [one["turbine_id"] for one in whole if one["data_status"] == item["data_status"]]
        assert kept(f"data_status={item['data_status']}") == alike
    assert kept("text=ecueil") == kept("farm=Écueil") == kept("service_state=hors_service") == ["2"]
    assert kept("text=turbine 1") == ["1"]
    assert kept("sort=-turbine") == ["2", "1"]
    assert kept("sort=-farm") == ["2", "1"]
    refused = problem(api.get("/api/v1/park?sort=couleur", headers=manager), 422)
    assert refused["errors"][0]["field"] == "sort"
    assert "« - »" in refused["errors"][0]["message"]
