"""What changed and the queues over HTTP: shapes, filters, refusals."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.commands.score import run_now
from api.core import Core, build_core
from tests.api.conftest import Api, problem
from tests.support.measurements.ingest_tools import SHORT, ingest, write_csv

pytestmark = pytest.mark.usefixtures("both_databases_if_long")

FIRST = date(2024, 8, 1)
SECOND = FIRST + timedelta(days=1)
CALM = ("12.26", "2.57", "44.6", "715.2", "0")
WORN = ("14.0", "6.5", "75.0", "840.0", "1")
URL = "/api/v1/park"


@pytest.fixture
def park(api: Api, tmp_path: Path) -> Core:
    """Turbine 2 becomes critical on the second day, turbine 3 is silent since long."""
    rows = [("1", FIRST, *CALM), ("1", SECOND, *CALM), ("2", FIRST, *CALM), ("2", SECOND, *WORN)]
    rows.append(("3", FIRST - timedelta(days=30), *CALM))
    ingest(api.services.database, write_csv(tmp_path / "a.csv", SHORT, rows))
    core = build_core(api.settings)
    for model in ("risque-panne-7j", "delai-avant-panne"):
        core.model_service.activate(model, 1, by="essai", reason="essai")
    for day in (FIRST, SECOND):
        assert run_now(core, day, kind="reprise", by="essai").error is None
    return core


def asked(api: Api, url: str = URL, **params: Any) -> dict[str, Any]:
    answer = api.get(url, params=params, headers=api.login("technicien"))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.usefixtures("park")
def test_park__items_carry_their_change_and_queues(api: Api) -> None:
    body = asked(api)
    items = {item["turbine_id"]: item for item in body["items"]}
    assert items["1"]["change"] is None
    assert items["2"]["change"]["kind"] == "entree_critique"
    assert items["2"]["change"]["previous_level"] == "faible"
    assert items["2"]["change"]["sentence"].endswith(".")
    assert items["3"]["queues"] == ["a_verifier"]
    assert body["changes"]["previous_as_of"] == FIRST.isoformat()
    assert body["changes"]["levels"] == {"critique": 1, "eleve": 0, "modere": 0, "faible": -1}
    assert body["changes"]["events"] == {"entree_critique": 1}
    assert body["queues"]["a_verifier"] == 1
    assert asked(api, as_of=FIRST.isoformat())["changes"] is None


@pytest.mark.usefixtures("park")
def test_filters__go_together_and_leave_the_counts_of_the_park(api: Api) -> None:
    waiting = asked(api, queue="a_verifier")
    assert [item["turbine_id"] for item in waiting["items"]] == ["3"]
    assert waiting["total"] == 1
    assert waiting["queues"] == asked(api)["queues"]
    assert asked(api, queue="a_verifier", risk_level="critique")["items"] == []
    assert asked(api, queue="a_verifier", text="3")["total"] == 1
    either = asked(api, queue=["a_verifier", "desaccord"])
    assert "3" in {item["turbine_id"] for item in either["items"]}
    main = next(item for item in asked(api)["items"] if item["turbine_id"] == "2")["main_driver"]["feature"]
    assert "2" in {item["turbine_id"] for item in asked(api, driver=main)["items"]}
    assert asked(api, driver="inconnu")["total"] == 0


@pytest.mark.usefixtures("park")
def test_max_days__keeps_what_the_interval_cannot_exclude__and_states_its_coverage(api: Api) -> None:
    everything = asked(api)
    starts = {item["turbine_id"]: item["time_to_failure_interval"][0] for item in everything["items"]}
    limit = sorted(starts.values())[0] + 0.5
    kept = asked(api, max_days=limit)
    assert {item["turbine_id"] for item in kept["items"]} == {t for t, low in starts.items() if low <= limit}
    assert kept["total"] == len(kept["items"]) < everything["total"]
    manifest = asked(api, "/api/v1/models/delai-avant-panne/1")
    interval = manifest["manifest"]["interval"] if "manifest" in manifest else manifest["interval"]
    assert kept["days_coverage"]["target"] == interval["target"]
    assert kept["days_coverage"]["measured"] == interval["coverage"]["value"]
    assert kept["days_coverage"]["low"] <= kept["days_coverage"]["measured"] <= kept["days_coverage"]["high"]


@pytest.mark.usefixtures("park")
def test_changes__between_two_days(api: Api) -> None:
    body = asked(api, f"{URL}/changes", **{"from": FIRST.isoformat(), "to": SECOND.isoformat()})
    assert body["total"] == 1
    (event,) = body["items"]
    assert (event["turbine_id"], event["kind"], event["as_of"]) == (
        "2",
        "entree_critique",
        SECOND.isoformat(),
    )
    assert (event["previous_level"], event["risk_level"]) == ("faible", "critique")
    assert asked(api, f"{URL}/changes", to=FIRST.isoformat())["items"] == []


@pytest.mark.parametrize(
    ("url", "params", "field"),
    [
        (URL, {"queue": "urgent"}, "queue"),
        (f"{URL}/changes", {"from": "2024-08-02", "to": "2024-08-01"}, "to"),
        (f"{URL}/changes", {"from": "hier"}, "from"),
        (f"{URL}/changes", {"limit": 0}, "limit"),
    ],
)
def test_wrong_parameters__are_named(api: Api, url: str, params: dict[str, Any], field: str) -> None:
    body = problem(api.get(url, params=params, headers=api.login("technicien")), 422)
    assert any(field in error["field"] for error in body["errors"])


def test_changes__need_credentials(api: Api) -> None:
    problem(api.get(f"{URL}/changes"), 401)
