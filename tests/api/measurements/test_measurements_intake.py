"""Measurements over HTTP: rows and files, at once or by a job, once however often they are sent."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from api.core import build_core
from api.services.measurements.intake import ROWS_AT_ONCE
from api.services.operations.jobs import JobService
from api.storage.tables import intake_keys, jobs, measurements, outcomes, turbines
from tests.api.conftest import Api
from tests.support.client import DATABASE_FILE
from tests.support.measurements.vendor_exports import greenbyte

pytestmark = pytest.mark.usefixtures("both_databases_if_long")

URL = "/api/v1/measurements"
ROW: dict[str, Any] = {
    "turbine_id": 5,
    "measured_at": "2024-08-14",
    "wind_speed": 12.26,
    "vibration_level": 3.57,
    "temperature": 49.6,
    "power_output": 557.2,
    "maintenance_done": 0,
}
HEADER = "turbine_id,date_measure,wind_speed,vibration_level,temperature,power_output,maintenance_done"
LINE = "5,2024-08-14,12.26,3.57,49.6,557.2,0"


@pytest.fixture
def key(api: Api) -> dict[str, str]:
    """A machine that may ingest, and nothing else."""
    return api.api_key(["ingest"])


@pytest.fixture
def reader(api: Api) -> dict[str, str]:
    """A machine that may read."""
    return api.api_key(["read"])


def _rows(api: Api, who: dict[str, str], *rows: Any, **headers: str) -> Any:
    return api.post(URL, json={"measurements": rows}, headers={**who, **headers})


def _file(api: Api, who: dict[str, str], text: str, name: str = "mesures.csv", **headers: str) -> Any:
    return api.post(URL, files={"file": (name, text.encode())}, headers={**who, **headers})


def _count(api: Api, table: Any = measurements) -> int:
    with api.services.database.read() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def _worker(api: Api) -> JobService:
    return build_core(api.settings).job_service()


def test_rows__are_the_same_measurement_as_a_file_s(api: Api, key: dict[str, str]) -> None:
    first = _rows(api, key, ROW)
    assert first.status_code == 200, first.text
    assert (first.json()["rows"], first.json()["inserted"]) == (1, 1)
    again = _file(api, key, f"{HEADER}\n{LINE}\n").json()
    assert (again["inserted"], again["already_known"]) == (0, 1)
    assert _count(api) == 1


def test_rows__an_instant_a_flag_and_labels__are_kept(api: Api, key: dict[str, str]) -> None:
    moment = {**ROW, "measured_at": "2024-08-14T08:00:00+02:00", "maintenance_done": True}
    answer = _rows(api, key, {**moment, "failure_within_7d": True, "time_to_failure_days": 3.5}, ROW)
    assert answer.json()["inserted"] == 2, answer.text
    with api.services.database.read() as connection:
        stored = connection.execute(
            select(
                measurements.c.measured_at,
                measurements.c["values"],
                outcomes.c.failure_within_7d,
                outcomes.c.time_to_failure_days,
            )
            .join_from(measurements, outcomes)
            .where(measurements.c.measured_at.is_not(None))
        ).one()
    assert stored[0].isoformat() == "2024-08-14T06:00:00+00:00"
    assert stored[1]["maintenance_done"] == 1
    assert (stored[2], stored[3]) == (True, 3.5)
    labelled = _rows(api, key, {**ROW, "failure_within_7d": 0}).json()
    assert (labelled["inserted"], labelled["labels_added"]) == (0, 1)


WRONG: Sequence[tuple[Any, str]] = (
    ({**ROW, "wind_speed": "12.26"}, "wind_speed"),  # a text never stands for a number
    ({**ROW, "wind_speed": True}, "wind_speed"),
    ({**ROW, "wind_speed": [12.26]}, "wind_speed"),
    ({**ROW, "maintenance_done": 2}, "maintenance_done"),
    ({**ROW, "failure_within_7d": "non"}, "failure_within_7d"),
    ({**ROW, "measured_at": 20240814}, "date_measure"),
    ({**ROW, "measured_at": "14/08/2024"}, "date_measure"),
    ({**ROW, "measured_at": None}, "date_measure"),
    ({**ROW, "turbine_id": None}, "turbine_id"),
    ({**ROW, "turbine_id": True}, "turbine_id"),
    ({**ROW, "turbine_id": {"a": 1}}, "turbine_id"),
    ({**ROW, "turbine_id": "5\n6"}, "turbine_id"),
    ({}, "date_measure"),
    (5, "date_measure"),
    (None, "date_measure"),
)


@pytest.mark.parametrize(("wrong", "column"), WRONG)
def test_rows__a_wrong_one__is_rejected_alone_and_named(
    api: Api, key: dict[str, str], wrong: Any, column: str
) -> None:
    answer = _rows(api, key, ROW, wrong, {**ROW, "turbine_id": "6"}).json()
    assert (answer["rows"], answer["inserted"], answer["rejected"]) == (3, 2, 1), answer
    told = [problem for problem in answer["problems"] if problem["line"] == 3]
    assert column in {problem["column"] for problem in told}
    assert _count(api) == 2


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"measurements": []}',
        b'{"measurements": 5}',
        b'{"measurements": [{"turbine_id": 5, "measured_at": "2024-08-14", "wind_speed": NaN}]}',
        b'{"measurements": [{"turbine_id": 5, "measured_at": "2024-08-14", "wind_speed": -Infinity}]}',
        b'{"measurements": [{"turbine_id": 5, "measured_at": "2024-08-14"}]}',  # no sensor at all
        b'{"measurements": [' + b"{}," * 10_000 + b"{}]}",
        b"\xff",
    ],
)
def test_body__that_is_no_list_of_measurements__is_refused_whole(
    api: Api, key: dict[str, str], body: bytes
) -> None:
    answer = api.post(URL, content=body, headers={**key, "content-type": "application/json"})
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"]
    assert _count(api) == 0


def test_form__without_file_or_of_another_type__is_refused(api: Api, key: dict[str, str]) -> None:
    for answer in (
        api.post(URL, data={"a": "b"}, headers=key),
        api.post(URL, content=b"a", headers={**key, "content-type": "text/csv"}),
        api.post(URL, files={"autre": ("a.csv", b"a")}, headers=key),
        api.post(URL, content=b"x", headers={**key, "content-type": "multipart/form-data; boundary=b"}),
        api.post(URL, content=b"x", headers={**key, "content-type": "multipart/form-data"}),
        api.post(URL, files={"file": ("a.csv", LINE.encode())}, data={"confirmed": "peut-être"}, headers=key),
    ):
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["field"]
    assert _count(api) == 0


@pytest.mark.parametrize("name", ["../../x.csv", "C:\\a\\b.csv", "a\u202e.csv", "é" * 200 + ".csv", "..", ""])
def test_file__whatever_its_name__stays_in_its_folder_and_leaves_nothing(
    api: Api, key: dict[str, str], name: str
) -> None:
    answer = _file(api, key, f"{HEADER}\n{LINE}\n", name=name)
    assert answer.status_code in {200, 422}, answer.text
    uploads = api.settings.home / "uploads"
    assert not uploads.exists() or list(uploads.iterdir()) == []
    known = {"uploads", "cockpit.db", "cockpit.db-wal", "cockpit.db-shm", DATABASE_FILE}
    assert {path.name for path in api.settings.home.iterdir()} <= known


def test_idempotency__same_key_same_body__answers_the_first_report(api: Api, key: dict[str, str]) -> None:
    first = _rows(api, key, ROW, **{"Idempotency-Key": "a"})
    again = _rows(api, key, ROW, **{"Idempotency-Key": "a"})
    assert first.json() == again.json()
    assert first.json()["inserted"] == 1  # and not 0, as a second ingestion would tell
    file_key = {"Idempotency-Key": "b"}
    text = f"{HEADER}\n{LINE}\n"
    assert _file(api, key, text, **file_key).json() == _file(api, key, text, **file_key).json()
    assert _count(api) == 1


def test_idempotency__same_key_another_body__is_a_conflict(api: Api, key: dict[str, str]) -> None:
    _rows(api, key, ROW, **{"Idempotency-Key": "a"})
    other = _rows(api, key, {**ROW, "wind_speed": 3.0}, **{"Idempotency-Key": "a"})
    assert other.status_code == 409
    assert "Idempotency-Key" in other.json()["detail"]
    assert _count(api) == 1


def test_idempotency__keys_are_each_sender_s_own(api: Api, key: dict[str, str]) -> None:
    _rows(api, key, ROW, **{"Idempotency-Key": "a"})
    other = api.api_key(["ingest"], name="autre")
    assert _rows(api, other, {**ROW, "turbine_id": 6}, **{"Idempotency-Key": "a"}).status_code == 200
    assert _count(api) == 2


def test_idempotency__a_refused_body__frees_its_key(api: Api, key: dict[str, str]) -> None:
    assert _file(api, key, "rien\n", **{"Idempotency-Key": "a"}).status_code == 422
    assert _file(api, key, f"{HEADER}\n{LINE}\n", **{"Idempotency-Key": "a"}).status_code == 200


def test_idempotency__a_sending_under_way__is_not_begun_twice(api: Api, key: dict[str, str]) -> None:
    answer = _rows(api, key, ROW, **{"Idempotency-Key": "a"})
    assert answer.status_code == 200
    with api.services.database.write() as connection:  # as the process leaves it while it works
        connection.execute(intake_keys.update().values(answer=None))
    assert _rows(api, key, ROW, **{"Idempotency-Key": "a"}).status_code == 409


@pytest.mark.parametrize("text", ["", "a" * 201, "é"])
def test_idempotency__an_unusable_key__is_refused(api: Api, key: dict[str, str], text: str) -> None:
    headers = {**key, "content-type": "application/json"}
    raw = [*((k.encode(), v.encode()) for k, v in headers.items()), (b"Idempotency-Key", text.encode())]
    body = json.dumps({"measurements": [ROW]})
    answer = api.post(URL, content=body, headers=raw)
    assert answer.status_code == 422, answer.text
    assert _count(api) == 0


def _long(rows: int) -> str:
    return HEADER + "\n" + "".join(f"{n % 50},2024-08-14,12,{n / 1000},49.6,557.2,0\n" for n in range(rows))


def test_long_file__goes_to_the_worker_and_ends_in_the_same_report(api: Api, key: dict[str, str]) -> None:
    headers = {"Idempotency-Key": "long"}
    first = _file(api, key, _long(ROWS_AT_ONCE + 1), **headers)
    assert first.status_code == 202, first.text
    job = first.json()
    assert first.headers["location"] == f"{URL}/jobs/{job['job_id']}"
    assert (job["status"], job["report"]) == ("en_attente", None)
    assert _count(api) == 0
    assert _file(api, key, _long(ROWS_AT_ONCE + 1), **headers).json()["job_id"] == job["job_id"]

    assert _worker(api).take_and_carry_out()
    ended = api.get(f"{URL}/jobs/{job['job_id']}", headers=key).json()
    assert ended["status"] == "termine", ended
    assert ended["report"]["inserted"] == ROWS_AT_ONCE + 1 == _count(api)
    assert (ended["done"], ended["total"]) == (ROWS_AT_ONCE + 1, ROWS_AT_ONCE + 1)
    assert list((api.settings.home / "uploads").iterdir()) == []
    assert _file(api, key, _long(ROWS_AT_ONCE + 1), **headers).json() == ended
    assert not _worker(api).take_and_carry_out()


def test_file__of_as_many_rows_as_are_taken_at_once__waits_for_nobody(api: Api, key: dict[str, str]) -> None:
    assert _file(api, key, _long(ROWS_AT_ONCE)).status_code == 200


def test_long_file__that_cannot_be_taken__says_why(api: Api, key: dict[str, str]) -> None:
    job = _file(api, key, _long(ROWS_AT_ONCE + 1).replace("turbine_id", "machine")).json()
    _worker(api).take_and_carry_out()
    ended = api.get(f"{URL}/jobs/{job['job_id']}", headers=key).json()
    assert ended["status"] == "refuse"
    assert "turbine_id" in ended["error"]
    assert list((api.settings.home / "uploads").iterdir()) == []


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("5,2024-08-14,trop,3.57,49.6,557.2,0", "wind_speed"),
        ("5,2024-08-14,12,3.57,chaud,557.2,0", "temperature"),
        ("5,2024-08-14,12,3.57,49.6,557.2,9", "maintenance_done"),
        ("5,2924-08-14,12,3.57,49.6,557.2,0", "date_measure"),
        (",2024-08-14,12,3.57,49.6,557.2,0", "turbine_id"),
    ],
)
def test_file_of_which_no_row_could_be_taken__is_422_naming_the_columns(
    api: Api, key: dict[str, str], line: str, column: str
) -> None:
    answer = _file(api, key, f"{HEADER}\n{line}\n{line}\n")
    assert answer.status_code == 422, answer.text
    whole, *lines = answer.json()["errors"]
    assert "aucune ligne n’a pu être prise" in whole["message"]
    assert [(each["field"], each["message"][:7]) for each in lines] == [
        (column, "ligne 2"),
        (column, "ligne 3"),
    ]
    assert _count(api) == 0


def test_rows_that_are_all_known__are_a_success(api: Api, key: dict[str, str]) -> None:
    assert _rows(api, key, ROW).status_code == 200
    again = _rows(api, key, ROW)
    assert (again.status_code, again.json()["already_known"]) == (200, 1)


def test_long_file_of_which_no_row_could_be_taken__fails_with_the_reason(
    api: Api, key: dict[str, str]
) -> None:
    job = _file(api, key, _long(ROWS_AT_ONCE + 1).replace(",49.6,", ",froid,")).json()
    _worker(api).take_and_carry_out()
    ended = api.get(f"{URL}/jobs/{job['job_id']}", headers=key).json()
    assert ended["status"] == "refuse"
    assert "aucune ligne n’a pu être prise" in ended["error"]
    who = api.login("manager")
    (told,) = _told(api, who)
    assert "refusé (import n° 1)" in told
    checks = api.get("/api/v1/supervision", headers=who).json()["checks"]
    assert told in [check["answer"] for check in checks]
    scraped = api.get("/metrics", headers=api.api_key(["metrics"])).text
    assert 'cockpit_imports_total{status="refuse"} 1.0' in scraped

    _file(api, key, _long(3))  # the mended file has the same name
    assert _told(api, who) == []


def _told(api: Api, who: dict[str, str]) -> list[str]:
    """What the data page says of refused files."""
    missing = api.get(f"{URL}/coverage", headers=who).json()["missing"]
    return [notice["message"] for notice in missing if notice["code"] == "fichier_refuse"]


def _left_by_a_dead_worker(api: Api, attempts: int) -> None:
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    with api.services.database.write() as connection:
        connection.execute(
            jobs.update().values(
                status="en_cours", attempts=attempts, leased_by="mort", leased_until=long_ago
            )
        )


def test_long_file__whose_worker_died__is_taken_up_again(api: Api, key: dict[str, str]) -> None:
    job = _file(api, key, _long(ROWS_AT_ONCE + 1)).json()
    _left_by_a_dead_worker(api, attempts=1)
    worker = _worker(api)
    worker.close_abandoned()
    assert worker.take_and_carry_out()
    assert api.get(f"{URL}/jobs/{job['job_id']}", headers=key).json()["status"] == "termine"
    assert _count(api) == ROWS_AT_ONCE + 1


def test_long_file__that_kills_each_worker__is_given_up(api: Api, key: dict[str, str]) -> None:
    job = _file(api, key, _long(ROWS_AT_ONCE + 1)).json()
    _left_by_a_dead_worker(api, attempts=3)
    worker = _worker(api)
    worker.close_abandoned()
    assert not worker.take_and_carry_out()
    assert api.get(f"{URL}/jobs/{job['job_id']}", headers=key).json()["status"] == "interrompu"
    assert list((api.settings.home / "uploads").iterdir()) == []


def test_imports__list_report_and_file_tell_the_same(
    api: Api, key: dict[str, str], reader: dict[str, str]
) -> None:
    bad = "".join(f"5,2024-08-14,=1+{n},3.57,49.6,557.2,0\n" for n in range(30))
    report = _file(api, key, f"{HEADER}\n{LINE}\n{bad}", name="été.csv").json()
    assert (report["inserted"], report["rejected"], len(report["problems"])) == (1, 30, 20)
    listed = api.get(f"{URL}/imports", headers=reader).json()
    assert listed["total"] == 1
    [item] = listed["items"]
    assert (item["filename"], item["rejected"], item["problems_total"]) == ("été.csv", 30, 30)
    assert api.get(f"{URL}/imports/{item['import_id']}", headers=reader).json() == report
    file = api.get(f"{URL}/imports/{item['import_id']}/report.csv", headers=reader)
    assert file.headers["content-type"].startswith("text/csv")
    lines = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig")), delimiter=";"))
    assert len(lines) == 31
    assert lines[1][:2] == ["3", "wind_speed"]
    assert lines[1][2] == "'=1+0"  # a spreadsheet shows it, and runs nothing


def test_drafted_map__previews_and_imports_an_export_that_is_refused_without_it(
    api: Api, key: dict[str, str], reader: dict[str, str]
) -> None:
    name, text = greenbyte()
    files = {"file": (name, text.encode())}
    assert api.post(f"{URL}/preview", files=files, headers=key).status_code == 422
    assert api.post(f"{URL}/draft-map", files=files, headers=reader).status_code == 403

    draft = api.post(f"{URL}/draft-map", files=files, headers=key).json()

    assert any("Kelmarsh_1" in note for note in draft["notes"])
    seen = api.post(f"{URL}/preview", files=files, data={"map": draft["text"]}, headers=key).json()
    assert (seen["rows"], seen["estimated_new"], seen["new_turbines"]) == (3, 3, ["Kelmarsh_1"])
    assert [notice["code"] for notice in seen["notices"]] == ["releves_reunis_par_jour"]
    assert {column["name"] for column in seen["columns"]} >= {"Wind speed (m/s)", "turbine_id"}
    assert _count(api) == 0
    report = api.post(URL, files=files, data={"map": draft["text"]}, headers=key).json()
    assert (report["rows"], report["inserted"], report["rejected"]) == (3, 3, 0)
    assert api.post(URL, files=files, data={"map": draft["text"]}, headers=key).json()["already_known"] == 3
    days = api.get("/api/v1/turbines/Kelmarsh_1/measurements", headers=reader).json()["items"]
    assert [day["basis"]["records"] for day in days] == [144, 144, 144]
    assert days[-1]["basis"]["valid"]["wind_speed"] == 143


def test_preview__writes_nothing_and_tells_what_would_happen(api: Api, key: dict[str, str]) -> None:
    assert _rows(api, key, ROW).json()["inserted"] == 1
    text = f"{HEADER};inconnue".replace(",", ";") + "\n" + LINE.replace(",", ";").replace(".", ",") + ";x\n"
    files = {"file": ("a.csv", (text + text.splitlines()[1].replace("5;", "77;", 1) + "\n").encode())}
    answer = api.post(f"{URL}/preview", files=files, headers=key)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["rows"], told["estimated_known"], told["estimated_new"]) == (2, 1, 1)
    assert told["new_turbines"] == ["77"]
    assert told["first_rows"][0]["values"]["wind_speed"] == 12.26
    assert (_count(api), _count(api, turbines)) == (1, 1)
    assert list((api.settings.home / "uploads").iterdir()) == []


def test_options__date_format_and_map_reach_ingestion(api: Api, key: dict[str, str]) -> None:
    text = f"{HEADER}\n{LINE}\n".replace("2024-08-14", "08/07/2024")
    refused = _file(api, key, text)
    assert refused.status_code == 422  # August or July: nobody may guess
    taken = api.post(
        URL, files={"file": ("a.csv", text.encode())}, data={"date_format": "JJ/MM/AAAA"}, headers=key
    )
    assert taken.json()["inserted"] == 1, taken.text
    with api.services.database.read() as connection:
        assert connection.scalar(select(measurements.c.measured_on)).isoformat() == "2024-07-08"


def test_unknown_import_or_job__is_not_found(api: Api, key: dict[str, str], reader: dict[str, str]) -> None:
    for path in ("imports/9", "imports/9/report.csv"):
        assert api.get(f"{URL}/{path}", headers=reader).status_code == 404
    assert api.get(f"{URL}/jobs/9", headers=key).status_code == 404


@pytest.mark.parametrize(
    ("role", "status"), [("technicien", 403), ("manager", 200), ("ingenieur", 403), ("admin", 403)]
)
def test_rights__only_managers_and_ingest_keys_add(api: Api, role: str, status: int) -> None:
    assert _rows(api, api.login(role), ROW).status_code == status
    assert _count(api) == (1 if status == 200 else 0)


def test_rights__a_reading_key_adds_nothing_and_an_ingest_key_reads_no_import(
    api: Api, key: dict[str, str], reader: dict[str, str]
) -> None:
    assert _rows(api, reader, ROW).status_code == 403
    assert api.post(f"{URL}/preview", files={"file": ("a.csv", b"a")}, headers=reader).status_code == 403
    assert api.get(f"{URL}/imports", headers=key).status_code == 403
    assert api.get(f"{URL}/imports").status_code == 401
    assert _count(api, turbines) == 0
