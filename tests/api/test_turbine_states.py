"""Turbines by hand: what may change, who changed it, and the park filtered by it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.commands.score import run_now
from api.core import Core, build_core
from api.storage.tables import turbines
from tests.api.conftest import Api, problem
from tests.support.measurements.ingest_tools import SHORT, ingest, write_csv

pytestmark = pytest.mark.usefixtures("both_databases_if_long")

LAST = date(2024, 8, 30)
FACTS: tuple[tuple[str, str | None, str | None, str], ...] = (
    ("1", "Nord", "Falaise", "en_service"),
    ("2", "Nord", "Plateau", "arret_programme"),
    ("10", "Sud_Est", "Falaise", "hors_service"),
    ("E-1", None, None, "en_service"),
    ("E_1", "100%", None, "en_service"),
)


@pytest.fixture
def park(api: Api, tmp_path: Path) -> Core:
    """Five turbines; 2 and E_1 have been silent for twenty days. The last ranking is published."""
    rows = [
        (
            name,
            LAST - timedelta(days=20 if name in {"2", "E_1"} else 0),
            "12.26",
            "3.57",
            "49.6",
            "557.2",
            "0",
        )
        for name, *_ in FACTS
    ]
    ingest(api.services.database, write_csv(tmp_path / "a.csv", SHORT, rows))
    with api.services.database.write() as connection:
        for name, site, farm, state in FACTS:
            facts = {"site": site, "farm": farm, "service_state": state}
            connection.execute(turbines.update().where(turbines.c.turbine_id == name).values(**facts))
    core = build_core(api.settings)
    for model in ("risque-panne-7j", "delai-avant-panne"):
        core.model_service.activate(model, 1, by="essai", reason="essai")
    assert run_now(core, LAST, kind="manuel", by="essai").error is None
    return core


def _ids(api: Api, who: dict[str, str], **params: Any) -> tuple[int, list[str]]:
    answer = api.get("/api/v1/park", params={"sort": "turbine", **params}, headers=who)
    assert answer.status_code == 200, answer.text
    return answer.json()["total"], [item["turbine_id"] for item in answer.json()["items"]]


@pytest.mark.usefixtures("park")
@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, ["1", "2", "10", "E-1", "E_1"]),
        ({"site": "Nord"}, ["1", "2"]),
        ({"farm": "Falaise"}, ["1", "10"]),
        ({"site": "Nord", "farm": "Falaise"}, ["1"]),
        ({"service_state": "arret_programme"}, ["2"]),
        ({"service_state": "en_service"}, ["1", "E-1", "E_1"]),
        ({"text": "1"}, ["1", "10", "E-1", "E_1"]),
        ({"text": "FALAISE"}, ["1", "10"]),
        ({"text": "_"}, ["10", "E_1"]),  # as it stands, no wildcard
        ({"text": "%"}, ["E_1"]),
        ({"text": ""}, ["1", "2", "10", "E-1", "E_1"]),
        ({"site": "nord"}, []),
        ({"text": "' OR 1=1 --"}, []),
    ],
)
def test_park__keeps_the_turbines_asked_for(api: Api, params: dict[str, str], found: list[str]) -> None:
    who = api.api_key(["read"])
    assert _ids(api, who, **params) == (len(found), found)
    total, page = _ids(api, who, **params, limit=1, offset=1, sort="rank")
    assert total == len(found)
    assert len(page) == min(1, max(0, len(found) - 1))


def test_filters__go_with_the_level(api: Api, park: Core) -> None:
    who = api.api_key(["read"])
    items = api.get("/api/v1/park", headers=who).json()["items"]
    for level in {item["risk_level"] for item in items}:
        wanted = {i["turbine_id"] for i in items if i["risk_level"] == level and i["farm"] == "Falaise"}
        assert set(_ids(api, who, risk_level=level, farm="Falaise")[1]) == wanted


def test_unknown_state__is_refused(api: Api) -> None:
    answer = api.get("/api/v1/park", params={"service_state": "x"}, headers=api.api_key(["read"]))
    assert answer.status_code == 422


def test_run__counts_silent_turbines_but_not_those_stopped_on_purpose(api: Api, park: Core) -> None:
    told = api.get("/api/v1/park", headers=api.api_key(["read"])).json()
    items = {item["turbine_id"]: item for item in told["items"]}
    assert items["2"]["data_status"] == items["E_1"]["data_status"] == "perime"
    assert told["run"]["stale"] == 1  # E_1 alone
    assert "arret_programme" in [w["code"] for w in items["2"]["warnings"]]
    assert "mesure_perimee" not in [w["code"] for w in items["2"]["warnings"]]
    assert "mesure_perimee" in [w["code"] for w in items["E_1"]["warnings"]]
    assert (items["2"]["service_state"], items["1"]["service_state"]) == ("arret_programme", "en_service")


def test_change__is_kept_with_its_author_and_seen_at_once(api: Api, park: Core) -> None:
    who = api.login("manager")
    asked = {"service_state": "arret_programme", "site": " Ouest ", "rated_power_kw": 1500, "farm": None}
    answer = api.request("PATCH", "/api/v1/turbines/1", json=asked, headers=who)
    assert answer.status_code == 200, answer.text
    told = answer.json()["turbine"]
    assert (told["site"], told["farm"], told["rated_power_kw"]) == ("Ouest", None, 1500)
    assert told["service_state"] == "arret_programme"
    assert told["changed_by"].startswith("compte:")
    assert told["changed_at"] is not None
    assert _ids(api, who, service_state="arret_programme")[1] == ["1", "2"]
    again = api.request("PATCH", "/api/v1/turbines/01", json={"site": "Ouest"}, headers=who).json()["turbine"]
    assert again["changed_at"] == told["changed_at"]  # nothing changed
    assert again["version"] == told["version"]
    late = {"rated_power_kw": 2000, "version": told["version"] - 1}
    refused = problem(api.request("PATCH", "/api/v1/turbines/1", json=late, headers=who), 409)
    (change,) = refused["changes"]
    assert (refused["version"], change["by"]) == (told["version"], "Essai manager")
    assert {"field": "site", "before": "Nord", "after": "Ouest"} in change["fields"]
    now = api.get("/api/v1/turbines/1", headers=who).json()["turbine"]
    assert (now["rated_power_kw"], now["version"]) == (1500, told["version"])


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, ""),
        ({"service_state": None}, "service_state"),
        ({"service_state": "en panne"}, "service_state"),
        ({"site": "  "}, "site"),
        ({"site": "a\nb"}, "site"),
        ({"site": "x" * 121}, "site"),
        ({"rated_power_kw": 0}, "rated_power_kw"),
        ({"rated_power_kw": 1_500_000}, "rated_power_kw"),
        ({"commissioned_on": "2999-01-01"}, "commissioned_on"),
        ({"turbine_id": "6"}, "turbine_id"),
    ],
)
def test_change__that_cannot_be__is_refused_by_name(
    api: Api, park: Core, asked: dict[str, Any], field: str
) -> None:
    answer = api.request("PATCH", "/api/v1/turbines/1", json=asked, headers=api.login("manager"))
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field
    with api.services.database.read() as connection:
        row = connection.execute(turbines.select().where(turbines.c.turbine_id == "1")).one()
    assert (row.site, row.service_state, row.changed_at) == ("Nord", "en_service", None)


def test_change__of_no_turbine_or_without_the_right(api: Api, park: Core) -> None:
    asked = {"service_state": "hors_service"}
    manager = api.login("manager")
    assert api.request("PATCH", "/api/v1/turbines/99", json=asked, headers=manager).status_code == 404
    for role in ("technicien", "ingenieur", "admin"):
        assert (
            api.request("PATCH", "/api/v1/turbines/1", json=asked, headers=api.login(role)).status_code == 403
        )
    key = api.api_key(["read", "predict", "ingest"])
    assert api.request("PATCH", "/api/v1/turbines/1", json=asked, headers=key).status_code == 403
