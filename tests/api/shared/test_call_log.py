"""The row of each call: what it holds, when it is there, and what happens when it cannot be."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import Depends, FastAPI, Request, Response
from sqlalchemy import select

from api.deps import need
from api.domain.shared.exceptions import InvalidInput
from api.observability.calls import CallRecord
from api.schemas.vocabulary import Right
from api.storage.shared import call_log
from api.storage.shared.database import Database
from api.storage.tables import call_log as table
from tests.api.conftest import Api, MakeApi, problem

pytestmark = pytest.mark.usefixtures("both_databases")

ASK = "/api/v1/essai/predictions"
BODY = b'{"turbine_id": "5", "wind_speed": 12.5}'
ANSWER = b'{"risk_level":"faible","why":"' + "é".encode() * 400 + b'"}'


def with_routes(app: FastAPI) -> None:
    """Routes that fill their record as the prediction routes do."""

    @app.post(ASK, dependencies=[Depends(need(Right.PREDICT))])
    @app.post("/v2/essai/predictions", dependencies=[Depends(need(Right.PREDICT))])
    async def ask(request: Request, refuse: bool = False, rows: int = 1, failed: int = 0) -> Response:
        call: CallRecord = request.state.call
        call.purpose, call.rows, call.must_commit = "unitaire", rows, True
        call.inputs = await request.body()
        if refuse:
            raise InvalidInput.single("wind_speed", "trop grand.", 99)
        call.turbine_id, call.failed_rows = "5", failed
        return Response(ANSWER, media_type="application/json")

    @app.get("/api/v1/essai/turbines/{turbine_id}")
    async def turbine(turbine_id: str) -> str:
        return turbine_id


@pytest.fixture
def open_api(make_api: MakeApi) -> Api:
    """The application with the routes above."""
    return make_api(with_routes)


def stored(api: Api, request_id: str) -> dict[str, Any] | None:
    """The row as another process sees it now."""
    database = Database.at(api.settings.url)
    with database.read() as connection:
        row = connection.execute(select(table).where(table.c.request_id == request_id)).one_or_none()
    database.close()
    return None if row is None else dict(row._mapping)


def test_prediction__its_row_is_there_when_the_answer_is(open_api: Api) -> None:
    headers = open_api.api_key(["predict"])
    before = datetime.now(UTC)

    answer = open_api.post(ASK, content=BODY, headers=headers)

    assert answer.content == ANSWER
    row = stored(open_api, answer.headers["x-request-id"])
    assert row is not None
    told = {k: row[k] for k in ("method", "endpoint", "purpose", "principal", "status", "rows", "turbine_id")}
    assert told == {
        "method": "POST",
        "endpoint": ASK,
        "purpose": "unitaire",
        "principal": "cle:1",
        "status": 200,
        "rows": 1,
        "turbine_id": "5",
    }
    assert before <= row["at"] <= before + timedelta(seconds=10)
    assert 0 < row["duration_ms"] < 10_000
    assert row["error"] is None
    assert call_log.unpack(row["inputs"]) == BODY
    assert call_log.unpack(row["outputs"]) == ANSWER
    assert len(row["outputs"]) < len(ANSWER) / 2


def test_prediction__logged_once(open_api: Api) -> None:
    open_api.post(ASK, content=BODY, headers=open_api.api_key(["predict"]))

    assert len(open_api.logged()) == 1


def test_large_prediction__comes_back_whole(open_api: Api) -> None:
    body = json.dumps({"measurements": [{"n": n, "text": "x" * (n % 50)} for n in range(10_000)]}).encode()

    answer = open_api.post(ASK, content=body, headers=open_api.api_key(["predict"]))

    row = stored(open_api, answer.headers["x-request-id"])
    assert row is not None
    assert call_log.unpack(row["inputs"]) == body


@pytest.mark.parametrize("path", [ASK, "/v2/essai/predictions"])
def test_commit_fails__503_and_never_the_prediction(open_api: Api, path: str) -> None:
    headers = open_api.api_key(["predict"])
    assert open_api.post(path, content=BODY, headers=headers).status_code == 200
    with open_api.services.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE call_log RENAME TO gone")

    answer = open_api.post(path, content=BODY, headers=headers)

    assert answer.status_code == 503
    assert b"risk_level" not in answer.content
    assert int(answer.headers["content-length"]) == len(answer.content)
    if path == ASK:
        body = problem(answer, 503)
        assert "migration" in body["detail"]
        assert answer.headers["retry-after"]
    else:
        assert list(answer.json()) == ["error"]
    with open_api.services.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE gone RENAME TO call_log")
    assert open_api.post(path, content=BODY, headers=headers).status_code == 200
    logged = open_api.logged()
    assert sorted(row["status"] for row in logged) == [200, 200, 503], "the refusal is logged behind"


def test_commit_fails__counted_as_an_error_not_as_a_prediction(open_api: Api) -> None:
    headers = open_api.api_key(["predict"])
    open_api.post(ASK, params={"rows": 10, "failed": 3}, headers=headers)
    open_api.post(ASK, params={"refuse": True}, headers=headers)
    with open_api.services.database.write() as connection:
        connection.exec_driver_sql("DROP TABLE call_log")
    open_api.post(ASK, params={"rows": 2}, headers=headers)

    sample = open_api.services.metrics.registry.get_sample_value

    def count(outcome: str) -> float | None:
        return sample("cockpit_predictions_total", {"purpose": "unitaire", "outcome": outcome})

    assert (count("ok"), count("refusee"), count("erreur")) == (7, 4, 2)


def test_many_predictions_at_once__share_their_commits(open_api: Api) -> None:
    headers = open_api.api_key(["predict"])

    async def all_at_once() -> list[httpx.Response]:
        send = (open_api.client.post(ASK, content=BODY, headers=headers) for _ in range(300))
        return list(await asyncio.gather(*send))

    answers = open_api.portal.call(all_at_once)

    assert {answer.status_code for answer in answers} == {200}
    assert {row["request_id"] for row in open_api.logged()} == {a.headers["x-request-id"] for a in answers}
    commits = open_api.services.metrics.registry.get_sample_value("cockpit_call_log_commits_total")
    assert commits is not None
    assert commits < 100


def test_refused_calls__are_logged_with_status_principal_and_reason(open_api: Api) -> None:
    key = open_api.api_key(["predict"])
    open_api.post(ASK, content=BODY)
    open_api.post(ASK, content=BODY, headers=open_api.login("technicien") | {"X-User": "admin"})
    open_api.post(ASK, content=BODY, params={"refuse": True}, headers=key)
    open_api.get("/api/v1/logs", headers=key)
    open_api.get("/api/v1/logs", params={"limit": 0}, headers=open_api.api_key(["metrics"]))

    rows = [r for r in reversed(open_api.logged()) if r["endpoint"] != "/api/v1/auth/token"]

    assert [(row["status"], row["principal"]) for row in rows] == [
        (401, "anonyme"),
        (200, "compte:1"),
        (422, "cle:1"),
        (403, "cle:1"),
        (422, "cle:2"),
    ]
    assert rows[2]["error"] == "wind_speed : trop grand."
    assert "journal des appels" in rows[3]["error"]


def test_path__turbine_and_template_are_logged_and_odd_names_do_no_harm(open_api: Api) -> None:
    for name in ("5", "E-2%00x", "%F0%9F%8C%AC" * 70):
        assert open_api.get(f"/api/v1/essai/turbines/{name}").status_code == 200

    rows = open_api.logged()

    assert {row["endpoint"] for row in rows} == {"/api/v1/essai/turbines/{turbine_id}"}
    assert {row["turbine_id"] for row in rows} == {"5", "E-2x", "\N{WIND BLOWING FACE}" * 64}


def test_probes_and_unknown_addresses__are_not_logged(open_api: Api) -> None:
    quiet = ["/health", "/ready", "/metrics", "/version", "/docs", "/openapi.json"]
    quiet += ["/static/swagger/swagger-ui.css", "/v2/health/live", "/v2/health/ready", "/nulle/part"]
    for path in quiet:
        open_api.get(path)

    assert open_api.logged() == []


def test_logs_route__newest_first_in_pages_with_total(open_api: Api) -> None:
    headers = open_api.login("ingenieur")
    sent = [open_api.get(f"/api/v1/essai/turbines/{n}").headers["x-request-id"] for n in range(7)]
    open_api.logged()

    first = open_api.get("/api/v1/logs", params={"limit": 3}, headers=headers).json()
    open_api.logged()
    next_page = open_api.get("/api/v1/logs", params={"limit": 3, "offset": 4}, headers=headers).json()

    assert first["total"] == 8, "seven calls and the sign-in"
    assert [item["request_id"] for item in first["items"]] == sent[:-4:-1]
    assert next_page["total"] == 9
    assert [item["request_id"] for item in next_page["items"]] == sent[3:0:-1]
    assert set(first["items"][0]) == {
        "request_id",
        "at",
        "method",
        "endpoint",
        "purpose",
        "principal",
        "principal_name",
        "status",
        "duration_ms",
        "rows",
        "turbine_id",
        "error",
    }


def test_stop__writes_what_waits(make_api: MakeApi) -> None:
    api = make_api(with_routes)
    ids = {api.get(f"/api/v1/essai/turbines/{n}").headers["x-request-id"] for n in range(50)}

    api.portal.call(asyncio.to_thread, api.services.committer.stop)

    assert all(stored(api, request_id) for request_id in ids)
