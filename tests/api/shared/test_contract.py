"""The HTTP contract on a scored park: predictions, ranking, turbines, models, raw tensors."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.commands.score import run_now
from api.core import Core
from tests.api.conftest import Api, running
from tests.support.client import demonstration_core
from tests.support.words import plain

HEADER = "turbine_id,date_measure,wind_speed,vibration_level,temperature,power_output,maintenance_done\n"
ROWS = "1,2024-06-30,12.0,2.5,44.0,715.0,0\n2,2024-06-30,14.0,6.5,75.0,840.0,1\n"
GOOD: dict[str, Any] = {
    "turbine_id": "1",
    "measured_at": "2024-06-30",
    "wind_speed": 12.0,
    "vibration_level": 2.5,
    "temperature": 44.0,
    "power_output": 715.0,
    "maintenance_done": 0,
}


@pytest.fixture(scope="module")
def core(either_home: Path) -> Iterator[Core]:
    made = demonstration_core(either_home, HEADER + ROWS)
    run_now(made, None, kind="manuel", by="essai")
    yield made
    made.close()


@pytest.fixture(scope="module")
def technician(scored: Api) -> dict[str, str]:
    return scored.login("technicien")


def ask(api: Api, headers: dict[str, str], body: Any, url: str = "/api/v1/predictions") -> Any:
    content = body if isinstance(body, str) else json.dumps(body)
    return api.post(url, content=content, headers={**headers, "Content-Type": "application/json"})


def test_prediction__carries_everything_that_the_contract_names(
    scored: Api, technician: dict[str, str]
) -> None:
    answer = ask(scored, technician, GOOD).json()
    assert set(answer) >= {
        "request_id", "turbine_id", "measured_at", "failure_probability", "failure_within_7d",
        "decision_threshold", "time_to_failure_days", "time_to_failure_interval", "risk_level", "risk_score",
        "data_status", "expected_failure_cost_eur", "net_benefit_eur", "recommendation", "drivers",
        "warnings", "models", "policy_version", "scored_at",
    }  # fmt: skip
    assert answer["measured_at"] == "2024-06-30"  # a day stays a day
    total = answer["base_probability"] + sum(d["contribution"] for d in answer["drivers"])
    assert total == pytest.approx(answer["failure_probability"], abs=1e-9)
    assert {m["task"] for m in answer["models"]} == {"classification", "regression"}
    marker = next(d for d in answer["drivers"] if d["feature"] == "maintenance_done")
    assert marker["marker"]
    assert "cause" in marker["note"]


@pytest.mark.parametrize("spelling", [1, "1", 1.0, " 1 ", "01"])
def test_turbine__has_one_identity_however_it_is_spelled(
    scored: Api, technician: dict[str, str], spelling: object
) -> None:
    answer = ask(scored, technician, {**GOOD, "turbine_id": spelling}).json()
    assert answer["turbine_id"] == "1"
    assert [warning["code"] for warning in answer["warnings"]] == ["couts_indicatifs"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"wind_speed": None}, "wind_speed"),
        ({"wind_speed": "douze"}, "wind_speed"),
        ({"wind_speed": "12.0"}, "wind_speed"),
        ({"wind_speed": -1}, "wind_speed"),
        ({"temperature": 10**300}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"maintenance_done": 0.5}, "maintenance_done"),
        ({"measured_at": "30/12/2024"}, "measured_at"),
        ({"measured_at": "2999-01-01"}, "measured_at"),
        ({"turbine_id": ""}, "turbine_id"),
        ({"turbine_id": 10**80}, "turbine_id"),
        ({"turbine_id": 1.5}, "turbine_id"),
    ],
)
def test_wrong_value__is_refused_naming_the_field(
    scored: Api, technician: dict[str, str], change: dict[str, Any], field: str
) -> None:
    answer = ask(scored, technician, {**GOOD, **change})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert [e["field"] for e in problem["errors"]] == [field]
    assert field in problem["detail"]
    assert len(problem["request_id"]) == 32


@pytest.mark.parametrize(
    ("query", "field"),
    [("explain=peut-être", "explain"), ("purpose=jeu", "purpose"), ("explain=", "explain")],
)
def test_unknown_parameter_value__is_refused_naming_it(
    scored: Api, technician: dict[str, str], query: str, field: str
) -> None:
    answer = ask(scored, technician, GOOD, f"/api/v1/predictions?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


def test_openapi__documents_the_parameters_and_the_body_of_a_prediction(scored: Api) -> None:
    document = scored.get("/openapi.json").json()
    operation = document["paths"]["/api/v1/predictions"]["post"]
    assert {p["name"] for p in operation["parameters"]} == {"explain", "purpose"}
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    assert "wind_speed" in document["components"]["schemas"][body["$ref"].rsplit("/", 1)[1]]["properties"]
    assert set(document["paths"]["/api/v1/predictions"]) == {"get", "post"}


def test_predictions_asked_together__each_get_their_own_answer_or_error(
    scored: Api, technician: dict[str, str]
) -> None:
    bodies = [{**GOOD, "wind_speed": -1.0 if n % 3 == 0 else 3.0 + n / 10} for n in range(60)]

    async def together() -> list[Any]:
        url = "/api/v1/predictions?explain=false"
        return await asyncio.gather(
            *(scored.client.post(url, json=body, headers=technician) for body in bodies)
        )

    answers = scored.portal.call(together)
    for number, (body, answer) in enumerate(zip(bodies, answers, strict=True)):
        if number % 3 == 0:
            assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "wind_speed")
            continue
        told = answer.json()
        assert told["request_id"] == answer.headers["x-request-id"]
        recorded = scored.get(f"/api/v1/predictions/{told['request_id']}", headers=technician).json()
        assert recorded["inputs"]["wind_speed"] == body["wind_speed"]
        alone = ask(scored, technician, body).json()
        assert told["models"][0]["raw_output"] == pytest.approx(alone["models"][0]["raw_output"], abs=1e-6)


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "1" + "0" * 400])
def test_numbers_that_are_not_finite__are_refused(
    scored: Api, technician: dict[str, str], literal: str
) -> None:
    body = json.dumps(GOOD).replace("12.0", literal)
    answer = ask(scored, technician, body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "wind_speed"


def test_missing_field__is_refused_naming_it(scored: Api, technician: dict[str, str]) -> None:
    answer = ask(scored, technician, {k: v for k, v in GOOD.items() if k != "vibration_level"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "vibration_level")


def test_unknown_turbine_and_field__are_predicted_with_warnings(
    scored: Api, technician: dict[str, str]
) -> None:
    answer = ask(scored, technician, {**GOOD, "turbine_id": "999", "couleur": "rouge"}).json()
    assert {w["code"] for w in answer["warnings"]} == {
        "turbine_inconnue",
        "champ_inconnu",
        "couts_indicatifs",
    }


def test_value_outside_training__is_answered_as_the_model_s_extrapolation(
    scored: Api, technician: dict[str, str]
) -> None:
    answer = ask(scored, technician, {**GOOD, "temperature": 150}).json()
    assert answer["data_status"] == "ok"
    assert [warning["code"] for warning in answer["warnings"]] == ["hors_domaine", "couts_indicatifs"]
    assert answer["risk_level"] != "faible"


@pytest.mark.parametrize(
    "standing",
    [
        {"power_output": -1.5, "wind_speed": 2.1, "vibration_level": 0.21, "temperature": 25.1},
        {"power_output": -12.0, "wind_speed": 0.0, "vibration_level": 0.15, "temperature": 18.0},
        {"power_output": -1e-7, "wind_speed": -1e-7, "vibration_level": 0.2, "temperature": 20.0},
        {"power_output": -4.0, "wind_speed": 1.0, "vibration_level": -1e-7, "temperature": 20.0},
        {"power_output": -8.5, "wind_speed": 26.2, "vibration_level": 0.3, "temperature": 20.0},
    ],
)
def test_a_machine_that_stands_still__raises_no_doubt(
    scored: Api, technician: dict[str, str], standing: dict[str, float]
) -> None:
    answer = ask(scored, technician, {**GOOD, **standing}).json()
    assert answer["data_status"] == "ok"
    assert [warning["code"] for warning in answer["warnings"]] == ["couts_indicatifs"]


def test_batch__each_row_stands_alone_in_order(scored: Api, technician: dict[str, str]) -> None:
    rows = [GOOD, {**GOOD, "wind_speed": -1}, "pas un objet", {**GOOD, "turbine_id": 2}]
    answer = ask(scored, technician, {"measurements": rows}, "/api/v1/predictions/batch").json()
    assert (answer["total"], answer["succeeded"], answer["failed"]) == (4, 2, 2)
    assert [item["prediction"] is not None for item in answer["items"]] == [True, False, False, True]
    assert answer["items"][1]["errors"][0]["field"] == "wind_speed"
    alone = ask(scored, technician, GOOD).json()
    assert answer["items"][0]["prediction"]["failure_probability"] == alone["failure_probability"]


@pytest.mark.parametrize("body", ["[]", "{}", '{"measurements": []}', '{"measurements": 3}', "{"])
def test_batch__without_a_list_is_refused(scored: Api, technician: dict[str, str], body: str) -> None:
    assert ask(scored, technician, body, "/api/v1/predictions/batch").status_code == 422


def test_prediction__is_in_the_call_log_with_its_purpose(scored: Api, technician: dict[str, str]) -> None:
    asked = ask(scored, technician, GOOD, "/api/v1/predictions?purpose=et_si").json()
    row = next(r for r in scored.logged() if r["request_id"] == asked["request_id"])
    assert (row["purpose"], row["rows"], row["turbine_id"], row["status"]) == ("et_si", 1, "1", 200)


def test_park_and_turbine__tell_the_same_story(scored: Api, technician: dict[str, str]) -> None:
    park = scored.get("/api/v1/park", headers=technician).json()
    assert [item["turbine_id"] for item in park["items"]] == ["2", "1"]
    detail = scored.get("/api/v1/turbines/2", headers=technician).json()
    assert detail["current"] == park["items"][0]
    assert detail["drivers"][0]["contribution"] != 0
    history = scored.get("/api/v1/turbines/2/history", headers=technician).json()["items"]
    assert [point["as_of"] for point in history] == [park["as_of"]]
    day = scored.get(f"/api/v1/predictions?date={park['as_of']}", headers=technician).json()
    assert day["items"] == park["items"]


def test_unknown_turbine__is_404_in_french(scored: Api, technician: dict[str, str]) -> None:
    answer = scored.get("/api/v1/turbines/999", headers=technician)
    assert answer.status_code == 404
    assert "Turbine « 999 »" in plain(answer.json()["detail"])


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 401), ({"X-API-Key": "ck_faux"}, 401), ({"X-User": "manager"}, 401)],
)
def test_prediction__needs_credentials(scored: Api, headers: dict[str, str], status: int) -> None:
    answer = ask(scored, headers, GOOD)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_technician__may_not_start_a_run(scored: Api, technician: dict[str, str]) -> None:
    answer = scored.post("/api/v1/park/runs", headers=technician)
    assert answer.status_code == 403
    assert "lancer un calcul" in answer.json()["detail"]


def test_raw_tensors__are_the_raw_outputs_of_the_prediction(scored: Api, core: Core) -> None:
    key = scored.api_key(["predict", "read"])
    answered = ask(scored, key, GOOD).json()
    names = ["wind_speed", "vibration_level", "temperature", "power_output", "maintenance_done"]
    inputs = [{"name": n, "shape": [1], "datatype": "FP64", "data": [GOOD[n]]} for n in names]
    for use in answered["models"]:
        url = f"/v2/models/{use['name']}/infer"
        raw = ask(scored, key, {"id": "42", "inputs": inputs}, url).json()
        assert raw["outputs"][0]["data"] == [use["raw_output"]]
        assert (raw["id"], raw["model_version"]) == ("42", str(use["version"]))
    wrong = ask(scored, key, {"inputs": inputs[1:]}, url)
    assert wrong.status_code == 400
    assert list(wrong.json()) == ["error"]


def test_model_card__separates_measured_from_reported(scored: Api, technician: dict[str, str]) -> None:
    models = scored.get("/api/v1/models", headers=technician).json()["items"]
    assert [m["active"] for m in models] == [True, True]
    card = scored.get(f"/api/v1/models/{models[0]['name']}/1", headers=technician).json()
    assert card["measured"]["roc_auc"]["low"] < card["measured"]["roc_auc"]["value"]
    assert card["reported"] is None
    assert scored.get("/api/v1/models/absent/1", headers=technician).status_code == 404


def test_openapi__describes_the_measurement_that_the_models_read(scored: Api) -> None:
    document = scored.get("/openapi.json").json()
    measurement = document["components"]["schemas"]["Measurement"]
    assert set(measurement["required"]) == set(GOOD)
    assert measurement["properties"]["wind_speed"]["minimum"] == 0
    assert "m/s" in measurement["properties"]["wind_speed"]["description"]


def test_lost_artefact__predictions_say_which_and_the_ranking_stays(core: Core, tmp_path: Path) -> None:
    with running(core.settings) as api:
        object.__setattr__(api.services.core.store, "_reference_dir", tmp_path)
        headers = api.login("manager")
        for answer in (api.get("/ready"), ask(api, headers, GOOD)):
            assert answer.status_code == 503
            assert "risque-panne-7j" in answer.json()["detail"]
        assert api.get("/api/v1/park", headers=headers).json()["total"] == 2
        detail = api.get("/api/v1/turbines/2", headers=headers).json()
        assert detail["drivers"] == []
        assert detail["notices"][0]["code"] == "modele_indisponible"


def test_answer__can_be_found_and_replayed_to_the_same_outputs(
    scored: Api, technician: dict[str, str]
) -> None:
    rows = [GOOD, {**GOOD, "wind_speed": -1}, {**GOOD, "vibration_level": 6.5}]
    one = ask(scored, technician, GOOD).json()["request_id"]
    many = ask(scored, technician, {"measurements": rows}, "/api/v1/predictions/batch").json()["request_id"]
    scored.logged()
    kept = scored.get(f"/api/v1/predictions/{one}", headers=technician).json()
    assert kept["inputs"] == GOOD
    assert {m["sha256"] for m in kept["outputs"]["models"]}
    for request_id, outputs in ((one, 2), (many, 4)):
        again = scored.post(f"/api/v1/predictions/{request_id}/replay", headers=technician).json()
        assert again["agrees"], again
        assert len(again["outputs"]) == outputs
        assert again["largest_difference"] <= 1e-6
    assert scored.get("/api/v1/predictions/absente", headers=technician).status_code == 404
