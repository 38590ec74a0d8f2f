"""A turbine's story over HTTP: what is usual, its power at a wind, what happened, who is to go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from api.commands.score import run_now
from api.core import Core, build_core
from api.inference.serving.store import ModelStore
from tests.api.conftest import Api, problem
from tests.support.measurements.ingest_tools import FULL, ingest, write_csv

LAST = date(2024, 8, 30)
ROWS = 60
URL = "/api/v1/turbines"
pytestmark = pytest.mark.usefixtures("both_databases_if_long")


def measured(turbine: str, count: int) -> list[tuple[object, ...]]:
    """A calm machine of 60 kW per m/s; the row of day 20 was followed by a failure 4.6 days later."""
    draw = np.random.default_rng(int(turbine))
    found: list[tuple[object, ...]] = []
    for age in range(count):
        wind = round(float(draw.uniform(4, 16)), 2)
        day = LAST - timedelta(days=age)
        failed = ("1", "4.6") if turbine == "1" and age == 20 else ("0", "40.0")
        visit = (LAST + timedelta(days=9)) if age == 0 else day
        vibration, heat = round(2 + age / 100, 2), round(40 + age / 10, 1)
        power = round(60 * wind, 1)
        found.append((turbine, day, wind, vibration, heat, power, "0", *failed, "101", visit))
    return found


@pytest.fixture
def core(api: Api, tmp_path: Path) -> Iterator[Core]:
    rows = [*measured("1", ROWS), *(row for n in range(2, 14) for row in measured(str(n), 2))]
    ingest(api.services.database, write_csv(tmp_path / "a.csv", FULL, rows))
    made = build_core(api.settings)
    for model in ("risque-panne-7j", "delai-avant-panne"):
        made.model_service.activate(model, 1, by="essai", reason="essai")
    assert run_now(made, LAST, kind="manuel", by="essai").error is None
    yield made
    made.close()


@pytest.fixture
def asked(api: Api, core: Core) -> Any:
    headers = api.login("technicien")

    def get(path: str, **params: Any) -> Any:
        answer = api.get(f"{URL}/{path}", params=params, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return get


def test_usual__percentiles_of_the_turbine_beside_those_of_the_park(asked: Any) -> None:
    detail = asked("1")
    ranges = {known["feature"]: known for known in detail["usual"]}

    vibration = [2 + age / 100 for age in range(ROWS)]
    assert set(ranges) == {"wind_speed", "vibration_level", "temperature", "power_output"}
    assert ranges["vibration_level"]["low"] == pytest.approx(np.quantile(vibration, 0.05))
    assert ranges["vibration_level"]["high"] == pytest.approx(np.quantile(vibration, 0.95))
    assert ranges["vibration_level"]["values"] == ROWS
    # Every turbine's last day has the same vibration, whatever its history.
    assert (ranges["vibration_level"]["park_low"], ranges["vibration_level"]["park_high"]) == (2.0, 2.0)


def test_usual__too_few_measurements_give_the_park_s_alone(asked: Any) -> None:
    known = asked("2")["usual"][0]

    assert (known["low"], known["high"], known["values"]) == (None, None, 2)
    assert known["park_low"] is not None
    assert asked("2")["power_link"] is None


def test_power__moves_along_the_curve_from_what_was_measured(asked: Any) -> None:
    assert asked("1")["power_link"] == {"wind": "wind_speed", "power": "power_output", "rows": ROWS}

    assert asked("1/power", wind_speed=10)["power_output"] == pytest.approx(600, abs=60)
    same = asked("1/power", wind_speed=8.5, from_wind=8.5, from_power=471.3)
    assert same["power_output"] == 471.3
    above = asked("1/power", wind_speed=10, from_wind=8.5, from_power=571.3)["power_output"]
    below = asked("1/power", wind_speed=10, from_wind=8.5, from_power=471.3)["power_output"]
    assert above - below == pytest.approx(100, abs=0.2)


def test_power__refused_without_a_curve_or_with_a_wind_that_is_none(api: Api, core: Core) -> None:
    headers = api.login("technicien")

    few = api.get(f"{URL}/2/power", params={"wind_speed": 8}, headers=headers)
    assert "trop peu de mesures" in problem(few, 409)["detail"]
    wrong = api.get(f"{URL}/1/power", params={"wind_speed": -1}, headers=headers)
    assert problem(wrong, 422)["errors"][0]["field"] == "wind_speed"
    assert problem(api.get(f"{URL}/99/power", params={"wind_speed": 8}, headers=headers), 404)
    assert problem(api.get(f"{URL}/99/events", headers=headers), 404)
    assert problem(api.get(f"{URL}/1/events"), 401)


def test_events__visits_failures_and_closed_interventions_between_two_days(
    api: Api, core: Core, asked: Any
) -> None:
    failed_on = LAST - timedelta(days=20) + timedelta(days=4)

    told = asked("1/events")["items"]
    assert {"on": failed_on.isoformat(), "kind": "panne"} in told
    assert told == sorted(told, key=lambda event: event["on"])
    assert told[-1] == {"on": (LAST + timedelta(days=9)).isoformat(), "kind": "visite"}
    assert [e["kind"] for e in told].count("panne") == 1

    body = {"turbine_id": "1", "planned_on": LAST.isoformat(), "assignee": "101"}
    manager = api.login("manager")
    opened = api.post("/api/v1/interventions", json=body, headers=manager).json()
    assert not [e for e in asked("1/events")["items"] if e["kind"] == "intervention"]
    path = f"/api/v1/interventions/{opened['id']}"
    started = {"version": opened["version"], "state": "en_cours"}
    assert api.request("PATCH", path, json=started, headers=manager).status_code == 200
    verdict = {"verdict": "fausse_alerte", "findings": "Rien.", "downtime_hours": 0}
    closing = {"version": opened["version"] + 1, "state": "terminee", **verdict}
    closed = api.request("PATCH", path, json=closing, headers=manager)
    assert closed.status_code == 200, closed.text
    day = closed.json()["done_on"]
    window = {"from": day, "to": day}
    assert {"on": day, "kind": "intervention"} in asked("1/events", **window)["items"]
    assert all(event["on"] == day for event in asked("1/events", **window)["items"])


def test_park__tells_the_living_intervention_but_not_of_a_past_day(api: Api, core: Core, asked: Any) -> None:
    body = {"turbine_id": "1", "planned_on": LAST.isoformat()}
    manager = api.login("manager")
    opened = api.post("/api/v1/interventions", json=body, headers=manager).json()

    def work(**params: Any) -> dict[str, Any]:
        items = api.get("/api/v1/park", params=params, headers=manager).json()["items"]
        return {item["turbine_id"]: item["intervention"] for item in items}

    expected = {"id": opened["id"], "state": "planifiee", "planned_on": LAST.isoformat(), "assignee": None}
    assert work()["1"] == expected == asked("1")["current"]["intervention"]
    assert {turbine for turbine, found in work().items() if found} == {"1"}
    assert work(as_of=LAST.isoformat()) == work(), "by its day or not, the same ranking"
    former = LAST - timedelta(days=1)
    assert run_now(core, former, kind="manuel", by="essai").error is None
    assert not any(work(as_of=former.isoformat()).values())


def test_models__tell_their_own_calibration_or_nothing_once_gone(
    core: Core, asked: Any, tmp_path: Path
) -> None:
    told = {model["task"]: model["calibration"] for model in asked("1")["models"]}
    assert told == {"classification": "non_calibree", "regression": "sans_objet"}

    emptied = replace(core.turbines, store=ModelStore(tmp_path, tmp_path))
    assert [model.calibration for model in emptied.detail("1").models] == [None, None]
