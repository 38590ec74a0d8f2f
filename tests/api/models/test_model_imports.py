"""Importing a model over HTTP: received by the API, checked and stored by a worker, once."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import joblib
import pytest
from sklearn.ensemble import RandomForestClassifier
from sqlalchemy import func, select, update

from api.core import Core, build_core
from api.inference.importing.importer import import_model
from api.inference.serving.artefact import sha256_of
from api.schemas.vocabulary import AuditAction
from api.services.shared.audit import AuditQuery
from api.storage.tables import jobs
from tests.api.conftest import Api, problem
from tests.support.park.importer_tools import SENSORS, SPLIT, fill_bench, labelled

ROOT = Path(__file__).resolve().parents[3]
URL = "/api/v1/models/imports"
FIELDS = {"name": "essai", "task": "classification"}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill_bench(tmp_path_factory.mktemp("bench"))


@pytest.fixture
def engineer(api: Api) -> dict[str, str]:
    return api.login("ingenieur")


def send(api: Api, who: dict[str, str], model: bytes, *, rows: Path | None = None, **fields: str) -> Any:
    files = {"file": ("modele.joblib", model)}
    if rows is not None:
        files["labelled"] = ("mesures.csv", rows.read_bytes())
    return api.post(URL, files=files, data={**FIELDS, **fields}, headers=who)


def followed(api: Api, who: dict[str, str], answer: Any) -> dict[str, Any]:
    """What became of an accepted import once a worker of its own has done it."""
    assert answer.status_code == 202, answer.text
    told: dict[str, Any] = answer.json()
    assert {step["state"] for step in told["steps"]} == {"en_attente"}
    assert answer.headers["location"] == f"{URL}/{told['import_id']}"
    assert build_core(api.settings).job_service().take_and_carry_out()
    found: dict[str, Any] = api.get(f"{URL}/{told['import_id']}", headers=who).json()
    return found


def leftovers(api: Api) -> list[Path]:
    """Files that wait, and whatever stands in the store."""
    settings = api.settings
    return [*(settings.home / "uploads").rglob("*"), *settings.imported_models.rglob("*")]


def noted(core: Core) -> int:
    return core.audit.page(AuditQuery(action=AuditAction.MODELE_IMPORTE)).total


def test_good_model__each_check_passes_and_one_version_stands(
    api: Api, engineer: dict[str, str], bench: Path
) -> None:
    model, reason = bench / "classifier.joblib", "réajusté sur 2024"
    answer = send(api, engineer, model.read_bytes(), rows=bench / "rows.csv", split=SPLIT, reason=reason)
    found = followed(api, engineer, answer)

    assert (found["status"], found["version"], found["created"]) == ("termine", 1, True), found
    assert [step["state"] for step in found["steps"]] == ["reussi"] * 7
    assert all(step["detail"] for step in found["steps"])
    assert found["reason"] == reason
    card = api.get("/api/v1/models/essai/1", headers=engineer).json()
    assert card["summary"]["imported_by"] == found["requested_by"]
    assert found["requested_by"].startswith("compte:")
    manifest = api.services.core.store.manifest("essai", 1)
    assert manifest.sha256 == sha256_of(model)
    assert manifest.data.source == "mesures.csv"
    assert found["admitted"] is manifest.gate.passed
    assert list((api.settings.home / "uploads").rglob("*")) == []
    assert noted(api.services.core) == 1
    assert [item["import_id"] for item in api.get(URL, headers=engineer).json()["items"]] == [
        found["import_id"]
    ]


class Hostile:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.marker),)


def test_hostile_pickle__is_refused_unexecuted_and_leaves_no_trace(
    api: Api, engineer: dict[str, str], tmp_path: Path
) -> None:
    table = labelled(100)
    model = RandomForestClassifier(2).fit(table[SENSORS], table.failure_within_7d)
    model.zz_extra = Hostile(tmp_path / "executed")
    joblib.dump(model, tmp_path / "m.joblib")

    found = followed(api, engineer, send(api, engineer, (tmp_path / "m.joblib").read_bytes()))

    assert found["status"] == "refuse"
    assert "mkdir" in found["refusal"]
    assert found["remedy"]
    assert [step["state"] for step in found["steps"]] == ["refuse"] + ["non_fait"] * 6
    assert not (tmp_path / "executed").exists()
    assert leftovers(api) == []
    assert noted(api.services.core) == 0
    problem(api.get("/api/v1/models/essai/1", headers=engineer), 404)


@pytest.mark.usefixtures("imports_here")
def test_refusal__names_the_field_of_the_form(api: Api, engineer: dict[str, str], tmp_path: Path) -> None:
    table = labelled(200)
    nameless = RandomForestClassifier(2).fit(table[SENSORS].to_numpy(), table.failure_within_7d)
    joblib.dump(nameless, tmp_path / "m.joblib")
    content = (tmp_path / "m.joblib").read_bytes()

    found = followed(api, engineer, send(api, engineer, content))
    assert (found["status"], found["steps"][1]["state"]) == ("refuse", "refuse")
    assert "(features)" in found["refusal"] + found["remedy"]
    assert "--features" not in found["refusal"] + found["remedy"]

    again = followed(api, engineer, send(api, engineer, content, features=", ".join(SENSORS)))
    assert (again["status"], again["version"]) == ("termine", 1), again


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "Essai À"}, "name"),
        ({"task": "devin"}, "task"),
        ({"split": "keys:/etc/passwd"}, "split"),
        ({"task": "regression", "positive": "1"}, "positive"),
        ({"features": "wind_speed wind_speed"}, "features"),
        ({"reason": "x" * 501}, "reason"),
    ],
)
def test_wrong_field__is_told_at_once_and_nothing_is_kept(
    api: Api, engineer: dict[str, str], bench: Path, fields: dict[str, str], field: str
) -> None:
    answer = send(api, engineer, b"never read", rows=bench / "rows.csv", **fields)
    assert field in {error["field"] for error in problem(answer, 422)["errors"]}
    assert leftovers(api) == []
    assert api.get(URL, headers=engineer).json()["items"] == []


def test_split__never_reads_a_file_of_the_service(api: Api, engineer: dict[str, str], bench: Path) -> None:
    here = str(Path(__file__))
    answer = send(api, engineer, b"x", rows=bench / "rows.csv", split=here)
    assert problem(answer, 422)["errors"][0]["field"] == "split"


@pytest.mark.parametrize("role", ["technicien", "manager", "admin"])
def test_only_engineers_import__and_technicians_do_not_follow(api: Api, role: str) -> None:
    who = api.login(role)
    problem(send(api, who, b"x"), 403)
    if role == "technicien":
        problem(api.get(URL, headers=who), 403)
        problem(api.get(f"{URL}/1", headers=who), 403)
    else:
        assert api.get(URL, headers=who).json() == {"items": []}
        problem(api.get(f"{URL}/1", headers=who), 404)


def test_without_credentials__nothing(api: Api) -> None:
    problem(send(api, {}, b"x"), 401)
    problem(api.get(URL), 401)
    problem(api.post(URL, headers=api.api_key(["ingest"]), files={"file": ("m", b"x")}, data=FIELDS), 403)


def test_too_large__is_refused_and_not_kept(api: Api, engineer: dict[str, str]) -> None:
    headers = {**engineer, "content-type": "multipart/form-data; boundary=x"}
    headers["content-length"] = str(257 * 1024 * 1024)
    problem(api.post(URL, headers=headers, content=b"--x--"), 413)
    assert leftovers(api) == []


@pytest.mark.usefixtures("imports_here")
def test_worker_killed_after_publishing__again_gives_the_same_single_version(
    api: Api, engineer: dict[str, str], bench: Path
) -> None:
    """The kill falls between the rename that publishes and the end of the job."""
    answer = send(api, engineer, (bench / "classifier.joblib").read_bytes())
    database = api.services.database
    killed = build_core(api.settings)
    with database.write() as connection:
        lost = datetime.now(UTC) - timedelta(minutes=5)
        connection.execute(
            update(jobs).values(status="en_cours", leased_by="mort", leased_until=lost, attempts=1)
        )
    with database.read() as connection:
        job = connection.execute(select(jobs)).one()
    request = killed.model_imports._request(job.payload, job.requested_by)

    assert import_model(request, killed.store, job.created_at).created
    assert noted(killed) == 0

    worker = build_core(api.settings).job_service()
    worker.close_abandoned()
    assert worker.take_and_carry_out()

    found = api.get(f"{URL}/{answer.json()['import_id']}", headers=engineer).json()
    assert (found["status"], found["version"], found["created"]) == ("termine", 1, True), found
    assert api.services.core.store.next_version("essai") == 2
    assert noted(killed) == 1
    with database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(jobs)) == 1
    assert list((api.settings.home / "uploads").rglob("*")) == []

    known = followed(api, engineer, send(api, engineer, (bench / "classifier.joblib").read_bytes()))
    assert (known["version"], known["created"]) == (1, False)
    assert noted(killed) == 1


def test_worker_killed_during_the_checks__the_next_one_stores_one_version(
    api: Api, engineer: dict[str, str], bench: Path
) -> None:
    model, rows = bench / "classifier.joblib", bench / "rows.csv"
    answer = send(api, engineer, model.read_bytes(), rows=rows, split=SPLIT)
    where = f"{URL}/{answer.json()['import_id']}"
    command = [sys.executable, "-m", "tests.support.worker_child", str(api.settings.home)]
    with subprocess.Popen(
        [*command, datetime.now(UTC).isoformat()], cwd=ROOT, stdout=subprocess.DEVNULL
    ) as worker:
        try:
            until = time.monotonic() + 60
            while api.get(where, headers=engineer).json()["steps"][0]["state"] != "reussi":
                assert time.monotonic() < until, "the worker checked nothing"
                time.sleep(0.05)
        finally:
            worker.kill()
    killed = api.get(where, headers=engineer).json()
    assert killed["status"] == "en_cours", "killed too late to show anything"
    with api.services.database.write() as connection:  # half a minute passes
        connection.execute(update(jobs).values(leased_until=datetime.now(UTC) - timedelta(seconds=1)))

    again = build_core(api.settings).job_service()
    again.close_abandoned()
    assert again.take_and_carry_out()

    found = api.get(where, headers=engineer).json()
    assert (found["status"], found["version"], found["created"]) == ("termine", 1, True), found
    assert api.services.core.store.next_version("essai") == 2
    assert noted(api.services.core) == 1
    assert list((api.settings.home / "uploads").rglob("*")) == []
