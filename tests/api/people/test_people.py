"""Names beside identifiers: told to people, at any depth of an answer, and never to machines."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

import api.schemas
from api.core import Core, build_core
from api.schemas.common import IS_NAME, Answer
from api.schemas.vocabulary import Role
from api.storage.park import runs
from tests.api.conftest import Api
from tests.support.measurements.ingest_tools import SHORT, ingest, write_csv

pytestmark = pytest.mark.usefixtures("both_databases_if_long")

DAY = date(2024, 8, 1)
CALM = ("12.26", "2.57", "44.6", "715.2", "0")
RUNS = "/api/v1/park/runs"


@pytest.fixture
def core(api: Api, tmp_path: Path) -> Iterator[Core]:
    """One turbine and the reference models; the test does the worker's part."""
    ingest(api.services.database, write_csv(tmp_path / "a.csv", SHORT, [("1", DAY, *CALM)]))
    made = build_core(api.settings)
    for model in ("risque-panne-7j", "delai-avant-panne"):
        made.model_service.activate(model, 1, by="essai", reason="essai")
    yield made
    made.close()


@contextmanager
def lookups(api: Api) -> Iterator[list[str]]:
    """The questions about people's names that are asked meanwhile."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "display_name" in statement and "UNION" in statement:
            asked.append(statement)

    engine = api.services.core.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_run__named_wherever_a_person_reads_it(api: Api, core: Core) -> None:
    manager = api.login("manager")
    asked = api.post(RUNS, headers=manager).json()
    assert core.job_service().take_and_carry_out()
    again = api.post(RUNS, headers=manager).json()
    ended = api.post(f"{RUNS}/{again['run_id']}/cancel", headers=api.login("ingenieur")).json()
    assert asked["requested_by_name"] == "Essai manager"
    assert (ended["requested_by_name"], ended["cancel_asked_by_name"]) == ("Essai manager", "Essai ingenieur")
    park = api.get("/api/v1/park", headers=api.login("technicien")).json()
    told = [
        park["run"],
        park["last_attempt"],
        api.get(f"/api/v1/predictions?date={DAY}", headers=manager).json()["run"],
        *api.get(RUNS, headers=manager).json()["items"],
        *api.get("/api/v1/supervision", headers=manager).json()["last_runs"],
    ]
    assert len(told) == 7
    assert [run["requested_by_name"] for run in told] == ["Essai manager"] * 7


def test_machine__reads_identifiers_only(api: Api, core: Core) -> None:
    api.post(RUNS, headers=api.login("manager"))
    assert core.job_service().take_and_carry_out()
    key = api.api_key(["read", "predict"])
    for url in ("/api/v1/park", RUNS, f"{RUNS}/1", f"/api/v1/predictions?date={DAY}", "/api/v1/models"):
        answer = api.get(url, headers=key)
        assert answer.status_code == 200
        assert "Essai" not in answer.text


def test_key__named_by_its_name_and_lookups_are_one(api: Api) -> None:
    key = api.api_key(["ingest"], "passerelle SCADA")
    for turbine in ("1", "2", "3"):
        row = {"turbine_id": turbine, "measured_at": "2024-08-02", "wind_speed": 9.0}
        assert api.post("/api/v1/measurements", json={"measurements": [row]}, headers=key).is_success
    headers = api.login("manager")
    with lookups(api) as asked:
        items = api.get("/api/v1/measurements/imports", headers=headers).json()["items"]
    assert [item["imported_by_name"] for item in items] == ["passerelle SCADA"] * 3
    assert len(asked) == 1


def test_nobody_known__has_no_name_and_one_who_left_keeps_theirs(api: Api, core: Core) -> None:
    api.accounts.create("ancienne", "Anne Cienne", Role.MANAGER, "un mot de passe assez long")
    number = next(a.id for a in api.accounts.all() if a.username == "ancienne")
    api.accounts.change(number, by="essai", active=False)
    callers = (f"compte:{number}", "compte:999", "cle:999", "planification", "compte:", "compte:1e3")
    with core.database.write() as connection:
        for by in callers:
            runs.create(connection, kind="manuel", as_of=DAY, requested_by=by, now=datetime.now(UTC))
    told = api.get(RUNS, headers=api.login("manager")).json()["items"]
    names = {run["requested_by"]: run["requested_by_name"] for run in told}
    assert names == dict.fromkeys(callers) | {f"compte:{number}": "Anne Cienne"}


def test_models_and_candidates__name_who_decided(api: Api, core: Core) -> None:
    engineer = api.login("ingenieur")
    body = {"reason": "remise en service pour essai"}
    url = "/api/v1/models/risque-panne-7j/1"
    assert api.post(f"{url}/activate", json=body, headers=engineer).is_success
    assert api.get(url, headers=engineer).json()["activations"][0]["activated_by_name"] == "Essai ingenieur"
    assert "Essai ingenieur" in api.get(f"{url}/card", headers=engineer).text
    assert "Essai ingenieur" not in api.get(f"{url}/card", headers=api.api_key(["read"])).text


def test_turbine__names_who_changed_it(api: Api, core: Core) -> None:
    manager = api.login("manager")
    changed: Any = api.request("PATCH", "/api/v1/turbines/1", json={"site": "Nord"}, headers=manager)
    assert changed.json()["turbine"]["changed_by_name"] == "Essai manager"
    listed = api.get("/api/v1/turbines", headers=manager).json()["items"]
    assert [one["changed_by_name"] for one in listed] == ["Essai manager"]


def test_every_name__stands_beside_its_identifier() -> None:
    for module in pkgutil.iter_modules(api.schemas.__path__):
        importlib.import_module(f"api.schemas.{module.name}")
    kinds = [Answer]
    for kind in kinds:
        kinds.extend(kind.__subclasses__())
    fields = [(kind, name, field) for kind in kinds for name, field in kind.model_fields.items()]
    found = [(kind, name) for kind, name, field in fields if IS_NAME in field.metadata]
    assert len(found) > 8
    assert all(name.removesuffix("_name") in kind.model_fields for kind, name in found)
