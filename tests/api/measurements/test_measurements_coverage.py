"""The data page: counts, freshness, findings, and what is missing before the next run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.core import Core, build_core
from api.domain.plausibility.trust import Finding
from api.schemas.vocabulary import INDICATIVE
from api.services.measurements.source import Source
from api.services.turbines.register import import_turbines
from api.storage.park import runs, scores
from api.storage.tables import turbines
from tests.api.conftest import Api
from tests.support.measurements.ingest_tools import NOW, SHORT, ingest, write_csv
from tests.support.park.scored import scored

pytestmark = pytest.mark.usefixtures("both_databases_if_long")

URL = "/api/v1/measurements/coverage"
LAST = date(2024, 8, 30)
VALUES = ("12.26", "3.57", "49.6", "557.2", "0")


@pytest.fixture
def reader(api: Api) -> dict[str, str]:
    return api.api_key(["read"])


def _send(api: Api, folder: Path, days: dict[str, Sequence[int]], missing: str = "") -> None:
    """One measurement per turbine and number of days before LAST."""
    rows = [
        (
            turbine,
            (LAST - timedelta(days=ago)).isoformat(),
            *VALUES[:3],
            "" if turbine == missing else "1",
            "0",
        )
        for turbine, agos in days.items()
        for ago in agos
    ]
    report = ingest(api.services.database, write_csv(folder / "a.csv", SHORT, rows))
    assert report.rejected == 0, report


def _told(api: Api, who: dict[str, str], **params: str) -> dict[str, Any]:
    answer = api.get(URL, params=params, headers=who)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_counts__are_those_of_each_turbine_and_day(api: Api, reader: dict[str, str], tmp_path: Path) -> None:
    _send(api, tmp_path, {"10": [0, 0, 2], "2": [1], "E-1": [40]})
    told = _told(api, reader, **{"from": "2024-08-28", "to": "2024-08-30"})
    assert (told["first"], told["last"], told["as_of"]) == ("2024-08-28", "2024-08-30", "2024-08-30")
    assert [(t["turbine_id"], t["counts"]) for t in told["turbines"]] == [
        ("2", [0, 1, 0]),
        ("10", [1, 0, 2]),
        ("E-1", [0, 0, 0]),
    ]
    assert told["measured_per_day"] == [1, 1, 1]
    assert [t["age_days"] for t in told["turbines"]] == [1, 0, 40]
    assert told["imports"][0]["filename"] == "a.csv"


def test_default_period__is_the_30_days_up_to_the_day_evaluated(
    api: Api, reader: dict[str, str], tmp_path: Path
) -> None:
    _send(api, tmp_path, {"1": [0, 29, 30]})
    told = _told(api, reader)
    assert (told["first"], told["last"]) == ("2024-08-01", "2024-08-30")
    assert sum(told["turbines"][0]["counts"]) == 2


def test_late__is_measured_by_each_turbine_s_own_rhythm(
    api: Api, reader: dict[str, str], tmp_path: Path
) -> None:
    _send(
        api,
        tmp_path,
        {
            "1": range(20),  # every day
            "2": range(3, 23),  # every day, silent for three
            "3": range(6, 60, 7),  # every week, nothing late in six days
            "4": [300],  # no rhythm of its own: the park's
        },
    )
    told = {t["turbine_id"]: t for t in _told(api, reader)["turbines"]}
    assert [told[n]["late"] for n in "1234"] == [False, True, False, True]
    assert [told[n]["usual_gap_days"] for n in "1234"] == [1, 1, 7, 1]
    assert [told[n]["freshness"] for n in "1234"] == ["a_jour", "en_retard", "a_jour", "trop_ancienne"]
    notices = {n["code"]: n["message"] for n in _told(api, reader)["missing"]}
    assert notices["mesures_en_retard"].startswith("1\u00a0turbine (2) : mesure en retard sur le rythme")
    assert notices["mesures_perimees"].startswith("1\u00a0turbine (4) : mesure trop ancienne, de plus de")


def test_a_machine_stopped_on_purpose__is_neither_late_nor_missing(
    api: Api, reader: dict[str, str], tmp_path: Path
) -> None:
    _send(api, tmp_path, {"1": range(20), "2": range(12, 32), "3": range(3, 23)})
    before = {n["code"] for n in _told(api, reader)["missing"]}
    assert {"mesures_en_retard", "mesures_perimees"} <= before
    with api.services.database.write() as connection:
        stopped = turbines.c.turbine_id == "2"
        connection.execute(turbines.update().where(stopped).values(service_state="arret_programme"))
    told = _told(api, reader)
    assert "mesures_perimees" not in {n["code"] for n in told["missing"]}
    assert told["late"] == 1, "the third, late by its own rhythm"
    assert told["turbines"][1]["freshness"] == "a_l_arret"


def test_missing__names_what_will_not_work(api: Api, reader: dict[str, str], tmp_path: Path) -> None:
    _serve_reference_models(api)
    _send(api, tmp_path, {"1": [0, 1], "2": [0, 1]}, missing="2")
    register = tmp_path / "t.csv"
    register.write_text("turbine_id,site\n9,Nord\n", encoding="utf-8")
    import_turbines(api.services.database, register, source=Source.MESURE, now=NOW)
    inbox = api.settings.home / "inbox"
    inbox.mkdir()
    (inbox / "attend.csv").write_text("x")
    (inbox / "attend.csv.part").write_text("x")
    told = {n["code"]: n for n in _told(api, reader)["missing"]}
    assert set(told) == {"jamais_mesuree", "capteur_absent", "fichiers_en_attente"}
    assert "(9)" in told["jamais_mesuree"]["message"]
    assert told["capteur_absent"]["field"] == "power_output"
    assert "(2)" in told["capteur_absent"]["message"]
    assert told["fichiers_en_attente"]["message"] == "1\u00a0fichier en attente dans le dossier de dépôt."


def test_missing__an_empty_park_without_a_model(api: Api, reader: dict[str, str]) -> None:
    assert {n["code"] for n in _told(api, reader)["missing"]} == {"parc_vide", "modele_absent"}


def _serve_reference_models(api: Api) -> None:
    core: Core = build_core(api.settings)
    for name in ("risque-panne-7j", "delai-avant-panne"):
        core.model_service.activate(name, 1, by="essai", reason="essai")
    core.close()


def test_findings__are_counted_by_turbine_in_the_published_run(
    api: Api, reader: dict[str, str], tmp_path: Path
) -> None:
    _send(api, tmp_path, {"1": [0], "2": [0], "3": [0]})
    odd, twice = Finding("capteur_fige", None, "Figé."), Finding("hors_domaine", None, "Hors.")
    with api.services.database.write() as connection:
        run = runs.create(connection, kind="manuel", as_of=LAST, requested_by="x", now=NOW)
        rough = Finding(INDICATIVE, None, "Euros indicatifs.")  # of every turbine, so of none
        found = ((odd, twice, twice, rough), (odd, rough), (rough,))
        rows = [scored(n, rank=n, findings=some) for n, some in enumerate(found, start=1)]
        scores.insert(connection, run, rows)
    assert _told(api, reader)["findings"] == []  # not published
    with api.services.database.write() as connection:
        runs.publish(connection, run, now=NOW, status="termine")
    told = _told(api, reader)
    assert [(f["code"], f["turbines"], f["example"]) for f in told["findings"]] == [
        ("capteur_fige", 2, "Figé."),
        ("hors_domaine", 1, "Hors."),
    ]
    assert [t["findings"] for t in told["turbines"]] == [
        ["capteur_fige", "hors_domaine", "hors_domaine"],
        ["capteur_fige"],
        [],
    ]


@pytest.mark.parametrize(
    "params",
    [
        {"from": "2024-08-02", "to": "2024-08-01"},
        {"from": "2023-01-01", "to": "2024-08-01"},
        {"from": "hier"},
    ],
)
def test_period__in_the_wrong_order_or_too_long__is_refused(
    api: Api, reader: dict[str, str], params: dict[str, str]
) -> None:
    answer = api.get(URL, params=params, headers=reader)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] in {"from", "to"}


def test_exports__stream_with_a_name_and_need_a_right(
    api: Api, reader: dict[str, str], tmp_path: Path
) -> None:
    for form, start in (("csv", b"turbine_id,date_measure,"), ("parquet", b"PAR1")):
        answer = api.get("/api/v1/exports/labelled", params={"format": form}, headers=reader)
        assert answer.status_code == 200, answer.text
        assert answer.content.startswith(start)
        assert answer.headers["content-disposition"] == f'attachment; filename="labelled.{form}"'
    assert list((api.settings.home / "uploads").iterdir()) == []
    get = api.get
    assert get("/api/v1/exports/labelled").status_code == 401
    assert get("/api/v1/exports/labelled", headers=api.api_key(["ingest"])).status_code == 403
    assert get("/api/v1/exports/tout", headers=reader).status_code == 422
    assert get("/api/v1/exports/unseen", headers=reader).status_code == 422
    rien = {"model": "rien", "version": 1}
    assert get("/api/v1/exports/unseen", params=rien, headers=reader).status_code == 404
