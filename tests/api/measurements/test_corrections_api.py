"""Corrections through the API and the commands: rights, reason, and days scored again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api import cli
from api.commands.score import recompute
from api.core import Core, build_core
from tests.api.conftest import Api, problem
from tests.support.client import AS_OF
from tests.support.measurements.ingest_tools import SHORT, ingest, write_csv
from tests.support.park.park_tools import shown_run
from tests.support.words import plain

URL = "/api/v1/measurements"
CALM = ("12.26", "1.5", "49.6", "731", "0")
ALARM = ("12.26", "99", "49.6", "731", "0")
DAYS = [AS_OF - timedelta(days=n) for n in (3, 2, 1, 0)]


@pytest.fixture
def park(api: Api, tmp_path: Path) -> Core:
    """Three turbines over four scored days; one of them sent a wrong vibration at an hour of the second."""
    rows = [(str(n), f"{day}T08:00:00+01:00", *CALM) for day in DAYS for n in (1, 2, 3)]
    database = api.services.database
    ingest(database, write_csv(tmp_path / "a.csv", SHORT, rows))
    ingest(database, write_csv(tmp_path / "b.csv", SHORT, [("2", f"{DAYS[1]}T08:00:00+01:00", *ALARM)]))
    core = build_core(api.settings)
    for model in ("risque-panne-7j", "delai-avant-panne"):
        core.model_service.activate(model, 1, by="essai", reason="essai")
    assert recompute(core, DAYS[0], DAYS[-1]) == 0
    return core


def levels(api: Api, who: dict[str, str], turbine: str) -> list[str]:
    answer = api.get(f"/api/v1/turbines/{turbine}/history", headers=who).json()
    return [item["risk_level"] for item in answer["items"]]


def work(core: Core) -> None:
    worker = core.job_service()
    while worker.take_and_carry_out():
        pass


def test_choice__scores_the_days_after_the_wrong_value_again(api: Api, park: Core) -> None:
    who = api.login("manager")
    alarmed = levels(api, who, "2")
    (waiting,) = api.get(f"{URL}/contradictions", headers=who).json()["items"]
    good, wrong = waiting["rows"]
    assert (waiting["sensors"], wrong["values"]["vibration_level"]) == (["vibration_level"], 99)
    before = shown_run(park.database)
    act = {"keep_row": good["measurement_id"]}
    effect = api.post(f"{URL}/withdrawals/preview", headers=who, json=act).json()
    assert (effect["rows"], effect["days_to_score"]) == (1, 3)
    done = api.post(f"{URL}/withdrawals", headers=who, json={**act, "reason": "capteur changé"})
    assert done.status_code == 200, done.text
    assert done.json()["withdrawn_by_name"] == "Essai manager"
    work(park)
    assert alarmed[1] != "faible"
    assert levels(api, who, "2")[1:] == levels(api, who, "1")[1:]
    assert (shown_run(park.database) or 0) > (before or 0)
    with park.database.read() as connection:
        runs = [connection.exec_driver_sql("SELECT as_of, count(*) FROM runs GROUP BY as_of ORDER BY as_of")]
    assert [count for _day, count in runs[0]] == [1, 2, 2, 2], "the day before it stands"


def test_undone_import__takes_its_turbines_and_rankings_away(api: Api, park: Core) -> None:
    who = api.login("manager")
    for number in (2, 1):
        body = {"undo_import": number, "reason": "mauvais parc"}
        assert api.post(f"{URL}/withdrawals", headers=who, json=body).status_code == 200
        work(park)
    assert api.get("/api/v1/park", headers=who).json()["total"] == 0
    statuses = [item["status"] for item in api.get(f"{URL}/imports", headers=who).json()["items"]]
    assert statuses == ["annule", "annule"]
    assert [item["kind"] for item in api.get(f"{URL}/withdrawals", headers=who).json()["items"]] == [
        "import",
        "import",
    ]


REFUSED: dict[str, tuple[dict[str, Any], int]] = {
    "no reason": ({"undo_import": 1}, 422),
    "blank reason": ({"undo_import": 1, "reason": "      "}, 422),
    "two acts at once": ({"undo_import": 1, "rows": [1], "reason": "essai"}, 422),
    "no act": ({"reason": "essai"}, 422),
    "an unknown row": ({"rows": [10_000], "reason": "essai"}, 404),
    "an unknown import": ({"undo_import": 10_000, "reason": "essai"}, 404),
    "nothing contradicts it": ({"keep_row": 1, "reason": "essai"}, 409),
}


def test_act__that_cannot_be_done_is_refused(api: Api, park: Core) -> None:
    who = api.login("manager")
    for body, status in REFUSED.values():
        problem(api.post(f"{URL}/withdrawals", headers=who, json=body), status)
    assert api.get(f"{URL}/withdrawals", headers=who).json()["total"] == 0


def test_acts__are_for_people_who_manage_measurements(api: Api) -> None:
    body = {"undo_import": 1, "reason": "essai"}
    for who in (api.login("technicien"), api.login("ingenieur"), api.login("admin"), api.api_key(["ingest"])):
        for call in ("withdrawals", "withdrawals/1/restore", "withdrawals/preview"):
            problem(api.post(f"{URL}/{call}", headers=who, json=body), 403)


def test_commands__list_choose_withdraw_undo_and_restore(
    api: Api, park: Core, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "_settings", lambda: api.settings)

    def data(*words: str) -> tuple[int, str, str]:
        code = cli.main(["data", *words])
        said = capsys.readouterr()
        return code, plain(said.out), plain(said.err)

    why = ("--reason", "capteur débranché")
    code, out, err = data("contradictions")
    assert code == 0 and "vibration_level 99" in out and "1 contradiction à trancher" in err
    number = next(line.split()[0] for line in out.splitlines() if "vibration_level 1,5" in line)
    assert data("keep", "--row", number, *why)[0] == 1, "without a terminal, --yes confirms"
    code, out, err = data("keep", "--row", number, *why, "--yes")
    assert (code, "Retrait n° 1" in out) == (0, True)
    assert "1 ligne de 1 turbine" in err
    assert "0 contradiction" in data("contradictions")[2]
    assert data("withdraw", number, *why, "--yes")[0] == 0
    assert data("rows", "2", DAYS[1].isoformat())[1].count("vibration_level") == 2
    assert "rétabli le" in data("restore", "2", *why)[1]
    code, out, _ = data("undo", "1", *why, "--yes")
    assert (code, "import n° 1 annulé, 12 lignes" in out) == (0, True)
    assert data("undo", "1", *why, "--yes")[1] == out, "twice changes nothing"
    assert "3 retraits sur 3" in data("withdrawals")[2]
    assert data("undo", "77", *why, "--yes")[0] == 1
