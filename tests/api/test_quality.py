"""``GET /api/v1/evaluation`` and its command: contract, empty states, refusals, files."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from api import cli
from api.commands.score import recompute
from api.core import Core
from api.storage.models import activations
from tests.api.conftest import Api, problem, running
from tests.support.client import demonstration_core
from tests.support.commands import point_at

URL = "/api/v1/evaluation"
HEADER = (
    "turbine_id,date_measure,wind_speed,vibration_level,temperature,power_output,maintenance_done,"
    "failure_within_7d,time_to_failure_days\n"
)
# Measured after the reference models' data end, so that no model can have seen them.
ROWS = (
    "1,2025-02-01,12.0,2.5,44.0,715.0,0,0,48.0\n"
    "2,2025-02-01,14.0,6.5,75.0,840.0,1,1,3.0\n"
    "3,2025-02-01,11.0,2.4,43.0,655.0,0,1,6.5\n"
    "1,2025-02-02,12.0,2.6,44.0,715.0,0,0,47.0\n"
    "=cmd,2025-02-02,12.0,2.6,44.0,715.0,0,,\n"
)
DAYS = {"from": "2025-02-01", "to": "2025-02-02"}


@pytest.fixture(scope="module")
def core(either_home: Path) -> Iterator[Core]:
    made = demonstration_core(either_home, HEADER + ROWS)
    recompute(made, date(2025, 2, 1), date(2025, 2, 2))
    yield made
    made.close()


@pytest.fixture(scope="module")
def technician(scored: Api) -> dict[str, str]:
    return scored.login("technicien")


def test_published_beside_observed__counted_by_hand(scored: Api, technician: dict[str, str]) -> None:
    found = scored.get(URL, headers=technician, params=DAYS).json()
    # Two rankings: 4 turbines each, the fourth unknown on the first day but in the park all the same.
    assert found["counts"] == {
        "published": 8, "counted": 4, "repeated": 2, "waiting": 1, "not_scored": 1, "seen": 0, "unproven": 0,
    }  # fmt: skip
    at = found["at_threshold"]
    assert (at["true_negatives"], at["false_positives"], at["false_negatives"], at["true_positives"]) == (
        2, 0, 1, 1,
    )  # fmt: skip
    assert at["recall"]["low"] < at["recall"]["value"] == 0.5 < at["recall"]["high"]
    (missed,) = found["events"]["missed"]
    assert (missed["turbine"], missed["failed_on"]) == ("3", "2025-02-07")
    assert [shown["level"] for shown in missed["history"]] == ["faible", "faible"]
    assert {(item["turbine_id"], item["observed_failure"]) for item in found["items"]} == {
        ("1", False), ("2", True), ("3", True),
    }  # fmt: skip
    assert found["total"] == len(found["items"]) == 6
    assert {(m["name"], m["version"]) for m in found["models"]} == {
        ("risque-panne-7j", 1), ("delai-avant-panne", 1),
    }  # fmt: skip
    assert [p["start"] for p in found["periods"]] == ["2025-02-01"]
    weeks = scored.get(URL, headers=technician, params={**DAYS, "period": "week"}).json()["periods"]
    assert [p["start"] for p in weeks] == ["2025-01-27"]


def test_model_admitted_against_the_gate__bears_the_reason(scored: Api, technician: dict[str, str]) -> None:
    core = scored.services.core
    present = core.store.manifest("risque-panne-7j", 1)
    with core.database.write() as connection:
        activations.add(
            connection,
            task=present.task,
            name=present.name,
            version=present.version,
            sha256=present.sha256,
            manifest_sha256=None,
            by="compte:1",
            reason="Le seul dont nous disposions.",
            admitted_by="compte:1",
            now=datetime.now(UTC),
        )
    models = scored.get(URL, headers=technician, params=DAYS).json()["models"]
    assert {model["name"]: model["admitted_for"] for model in models} == {
        "risque-panne-7j": "Le seul dont nous disposions.", "delai-avant-panne": None,
    }  # fmt: skip


def test_csv__opens_right_and_no_cell_is_a_formula(scored: Api, technician: dict[str, str]) -> None:
    answer = scored.get(URL, headers=technician, params={**DAYS, "format": "csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert "qualite-realisee.csv" in answer.headers["content-disposition"]
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == 8
    first = next(row for row in rows if row["Turbine"] == "2" and row["Jour du classement"] == "01/02/2025")
    assert (first["Panne observée sous 7 jours"], first["Jours restants observés"], first["Compté"]) == (
        "oui", "3,00", "oui",
    )  # fmt: skip
    assert float(first["Probabilité publiée (%)"].replace(",", ".")) >= 6
    assert "'=cmd" in {row["Turbine"] for row in rows}


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"from": "2025-02-02", "to": "2025-02-01"}, "to"),
        ({"from": "hier"}, "from"),
        ({"model": "inconnu"}, "model"),
        ({"period": "year"}, "period"),
        ({"format": "xlsx"}, "format"),
        ({"limit": "-1"}, "limit"),
    ],
)
@pytest.mark.parametrize("form", [{}, {"format": "csv"}])
def test_wrong_question__is_refused_naming_the_field(
    scored: Api, technician: dict[str, str], params: dict[str, str], field: str, form: dict[str, str]
) -> None:
    told = problem(scored.get(URL, headers=technician, params={**form, **params}), 422)
    assert [error["field"] for error in told["errors"]] == [field]


def test_nothing_published__is_an_answer(api: Api) -> None:
    headers = api.login("technicien")
    answer = api.get(URL, headers=headers)
    assert answer.status_code == 200
    found = answer.json()
    assert found["counts"]["published"] == found["total"] == 0
    assert "Aucun score publié" in found["message"]
    assert found["at_threshold"]["precision"] == {"value": None, "low": None, "high": None, "method": "aucun"}
    sent = api.get(URL, headers=headers, params={"format": "csv"}).content.decode("utf-8-sig")
    assert sent.count("\r\n") == 1  # its header


def test_period_without_ranking__is_told_as_such(scored: Api, technician: dict[str, str]) -> None:
    none = scored.get(URL, headers=technician, params={"from": "2025-03-01", "to": "2025-03-31"}).json()
    assert "du 01/03/2025 au 31/03/2025" in none["message"]


def test_scores_without_any_label__wait(tmp_path: Path) -> None:
    core = demonstration_core(tmp_path, HEADER + "1,2025-02-01,12.0,2.5,44.0,715.0,0,,\n")
    recompute(core, date(2025, 2, 1), date(2025, 2, 1))
    core.close()
    with running(core.settings) as api:
        found = api.get(URL, headers=api.login("manager")).json()
    assert found["counts"]["waiting"] == found["counts"]["published"] == 1
    assert "sans issue connue pour l’instant" in found["message"]
    assert [notice["code"] for notice in found["notices"]] == ["issue_inconnue"]


def test_rights__are_those_of_the_park(scored: Api) -> None:
    assert scored.get(URL).status_code == 401
    assert scored.get(URL, headers=scored.api_key(["read"])).status_code == 200
    assert scored.get(URL, headers=scored.api_key(["ingest"])).status_code == 403


def test_openapi__describes_the_answer_in_french(scored: Api) -> None:
    described = scored.get("/openapi.json").json()["paths"][URL]["get"]
    assert described["summary"].startswith("Qualité réalisée")
    assert set(described["responses"]["200"]["content"]) == {"application/json", "text/csv"}
    assert {parameter["name"] for parameter in described["parameters"]} == {
        "from", "to", "model", "period", "format", "limit", "offset",
    }  # fmt: skip
    assert all(parameter.get("description") for parameter in described["parameters"])


@pytest.fixture
def command(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    point_at(core.settings.home, monkeypatch)
    monkeypatch.setenv("COCKPIT_DATABASE_URL", core.settings.url)


@pytest.mark.usefixtures("command")
def test_command__table_csv_and_plot(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, svg, html = (tmp_path / name for name in ("a.csv", "a.svg", "a.html"))
    asked = ["quality", "--from", "2025-02-01", "--to", "2025-02-02", "--csv", str(table)]
    assert cli.main([*asked, "--plot", str(svg)]) == 0
    told = capsys.readouterr().out
    assert "4\u00a0mesures comptées du 01/02/2025 au 02/02/2025 ; pannes annoncées : 1 sur 2" in told
    assert "manquée : turbine 3, 07/02/2025 ; niveaux publiés : faible faible" in told
    assert "0,50 [0,09 ; 0,91]" in told  # Wilson's interval of 1 of 2
    assert table.read_bytes().count(b"\r\n") == 9
    drawn = ET.fromstring(svg.read_text("utf-8"))
    bins, failures = 2, 2  # the calm rows' bin and the alarming one's
    assert len(list(drawn.iter("{http://www.w3.org/2000/svg}circle"))) == 4 - failures + bins
    assert len(list(drawn.iter("{http://www.w3.org/2000/svg}path"))) == failures  # in diamonds
    assert cli.main([*asked, "--plot", str(html)]) == 0
    page = html.read_text("utf-8")
    assert "<svg" in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")  # nothing is fetched
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.usefixtures("command")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--plot", "a.png"], "--plot : fichier .svg ou .html attendu."),
        (["--from", "2025-02-02", "--to", "2025-02-01"], "le dernier jour précède le premier"),
        (["--csv", "absent/a.csv"], "--csv : écriture impossible"),
    ],
)
def test_command__wrong_use__is_one_french_line(
    arguments: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert cli.main(["quality", *arguments]) == 1
    assert sentence in capsys.readouterr().err
