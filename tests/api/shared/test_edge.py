"""What holds for every route: ids, problems, size limit, probes, defects."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import FastAPI, Request

from api.domain.shared.exceptions import ModelUnavailable
from api.main import MAX_BODY_BYTES
from api.settings import Environment
from tests.api.conftest import Api, MakeApi, problem, running
from tests.support.client import settings_in

JSON = {"Content-Type": "application/json"}


def with_routes(app: FastAPI) -> None:
    """Routes that take a body, that fail on purpose, and that fail by accident."""

    @app.post("/api/v1/essai")
    def take(essai: dict[str, float]) -> int:
        return len(essai)

    @app.get("/api/v1/essai/defaut")
    @app.get("/v2/essai/defaut")
    def broken() -> None:
        raise ZeroDivisionError("secret-detail-of-the-defect")

    @app.get("/api/v1/essai/indisponible")
    def unavailable() -> None:
        raise ModelUnavailable("Le modèle « x » manque.")

    @app.get("/api/v1/essai/{turbine_id}/qui")
    def who(request: Request, turbine_id: str) -> dict[str, str]:
        return {"request_id": request.state.request_id, "turbine_id": turbine_id}


@pytest.fixture
def open_api(make_api: MakeApi) -> Api:
    """The application with the routes above."""
    return make_api(with_routes)


def test_probes__answer_without_credentials(api: Api) -> None:
    assert api.get("/health").json() == {"status": "ok"}
    assert api.get("/version").json() == "0.0.0"


def test_version__is_that_of_the_build(make_api: MakeApi) -> None:
    assert make_api(version="3f2a1b").get("/version").json() == "3f2a1b"


def test_ready__names_the_model_that_is_missing(api: Api) -> None:
    answer = api.get("/ready")

    assert "Aucun modèle de classification n’est actif" in problem(answer, 503)["detail"]
    assert answer.headers["retry-after"]


def test_ready__unmigrated_database_named_with_the_remedy(tmp_path: Path) -> None:
    with running(settings_in(tmp_path)) as api:
        detail = problem(api.get("/ready"), 503)["detail"]

        assert "version « aucune »" in detail
        assert "cockpit.py run" in detail
        assert api.get("/health").status_code == 200


def test_ready__every_missing_part_is_named(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ModelUnavailable("Modèle B absent.")

    readiness = api.services.readiness
    monkeypatch.setattr(readiness, "_checks", (broken, lambda: None, *readiness._checks))

    detail = problem(api.get("/ready"), 503)["detail"]

    assert "Modèle B absent." in detail
    assert "Aucun modèle de classification" in detail


def test_unknown_address__404_problem(api: Api) -> None:
    body = problem(api.get("/api/v1/rien"), 404)

    assert body["title"] == "Introuvable"
    assert "/docs" in body["detail"]


def test_wrong_method__405_says_which_are_allowed(api: Api) -> None:
    answer = api.request("DELETE", "/health")

    assert problem(answer, 405)["title"] == "Méthode refusée"
    assert answer.headers["allow"] == "GET"


def test_trailing_slash__is_no_redirect(api: Api) -> None:
    problem(api.get("/health/"), 404)


@pytest.mark.parametrize("path", ["/v2/rien", "/v2/models/x", "/v2/essai/defaut"])
def test_under_v2__errors_have_the_shape_of_its_protocol(open_api: Api, path: str) -> None:
    answer = open_api.get(path)

    assert answer.status_code >= 400
    assert answer.headers["content-type"] == "application/json"
    assert list(answer.json()) == ["error"]
    assert isinstance(answer.json()["error"], str)


def test_path_that_only_begins_like_v2__is_an_ordinary_problem(api: Api) -> None:
    problem(api.get("/v2x"), 404)


def test_request_id__is_fresh_and_the_same_everywhere(open_api: Api) -> None:
    answers = [open_api.get("/api/v1/essai/5/qui", headers={"X-Request-ID": "mine"}) for _ in range(3)]

    ids = [answer.headers["x-request-id"] for answer in answers]
    assert len(set(ids)) == 3
    milliseconds = [request_id[:12] for request_id in ids]  # of UUIDv7; within one of them chance decides
    assert milliseconds == sorted(milliseconds), "ids follow time: the log's index stays cheap to write"
    for answer, request_id in zip(answers, ids, strict=True):
        assert re.fullmatch(r"[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}", request_id)
        assert answer.json()["request_id"] == request_id
    logged = {row["request_id"] for row in open_api.logged()}
    assert set(ids) <= logged


def test_expected_error__status_title_and_retry(open_api: Api) -> None:
    answer = open_api.get("/api/v1/essai/indisponible")

    body = problem(answer, 503)
    assert body["title"] == "Modèle indisponible"
    assert body["detail"] == "Le modèle « x » manque."
    assert answer.headers["retry-after"] == "5"


def test_defect__500_without_details_logged_once_with_its_id(
    open_api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = open_api.get("/api/v1/essai/defaut")

    body = problem(answer, 500)
    assert "secret-detail" not in answer.text
    assert "ZeroDivisionError" not in answer.text
    traces = [record for record in caplog.records if record.exc_info]
    assert len(traces) == 1
    assert traces[0].__dict__["request_id"] == body["request_id"]
    assert "secret-detail" in caplog.text
    assert [row["status"] for row in open_api.logged()] == [500]


@pytest.mark.parametrize("chunked", [False, True])
def test_body_over_the_limit__413_problem(open_api: Api, chunked: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(MAX_BODY_BYTES // 65536 + 1):
            yield b" " * 65536

    content = pieces() if chunked else b" " * (MAX_BODY_BYTES + 1)
    answer = open_api.post("/api/v1/essai", content=content, headers=JSON)

    assert problem(answer, 413)["title"] == "Corps trop grand"


def test_body_just_under_the_limit__is_read(open_api: Api) -> None:
    padding = b" " * (MAX_BODY_BYTES - 100)
    body = b'{"vent":1}' + padding

    assert open_api.post("/api/v1/essai", content=body, headers=JSON).status_code == 200


def test_metrics__count_by_template_and_open_in_test(open_api: Api) -> None:
    for number in range(20):
        open_api.get(f"/api/v1/essai/{number}/qui")
        open_api.get(f"/nulle/part/{number}")
        open_api.request(f"METHODE{number}", "/health")

    text = open_api.get("/metrics").text

    counted = dict(re.findall(r"^cockpit_http_requests_total(\{.*\}) (\S+)$", text, re.MULTILINE))
    qui = '{endpoint="/api/v1/essai/{turbine_id}/qui",method="GET",status="200"}'
    assert counted[qui] == "20.0"
    assert counted['{endpoint="(inconnu)",method="GET",status="404"}'] == "20.0"
    assert counted['{endpoint="/health",method="AUTRE",status="405"}'] == "20.0"
    assert len(counted) == 3, "addresses and methods that callers invent add no series"
    assert 'cockpit_http_request_duration_seconds_count{endpoint="/health",method="AUTRE"} 20.0' in text


@pytest.mark.parametrize("env", [Environment.PREPROD, Environment.PRODUCTION])
def test_metrics__need_a_right_outside_demo_and_test(make_api: MakeApi, env: Environment) -> None:
    api = make_api(env=env)

    problem(api.get("/metrics"), 401)
    problem(api.get("/metrics", headers=api.api_key(["read", "predict", "ingest"])), 403)
    assert api.get("/metrics", headers=api.api_key(["metrics"])).status_code == 200
    assert api.get("/health").status_code == 200


@pytest.mark.usefixtures("both_databases")
def test_database_gone__problem_503_and_probes_still_answer(api: Api) -> None:
    headers = api.api_key(["metrics"])
    with api.services.database.write() as connection:
        for table in ("call_log", "api_keys"):
            connection.exec_driver_sql(f"DROP TABLE {table}")

    body = problem(api.get("/api/v1/logs", headers=headers), 503)

    assert body["title"] == "Base de données indisponible"
    assert api.get("/health").status_code == 200
    assert api.get("/metrics").status_code == 200
