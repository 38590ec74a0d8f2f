"""A fortnight of one park: after each step, every list, page, plan and file says the same of each turbine."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.commands.score import run_now
from api.core import Core, build_core
from api.schemas.park import Park, TurbineDetail
from api.schemas.vocabulary import SituationCode, Verdict
from tests.api.conftest import Api
from tests.support.measurements.ingest_tools import SHORT, ingest, write_csv
from tests.support.words import plain
from ui.park import exports, sheets, views

DAY = date(2024, 8, 30)
CALM, HOT = ("12.26", "2.57", "44.6", "730.2", "0"), ("14.0", "6.5", "75.0", "840.0", "1")
DECIDE = {"a_decider", "trop_tard", "sans_effet", "rechute"}
TREATED = {"couverte", "en_cours", "mesure_attendue"}
CREW = {
    "name": "Nord",
    "skills": ["mecanique", "electricite", "hydraulique", "pales", "automatisme", "instrumentation"],
    "hours": [24.0] * 5,
}
URL = "/api/v1/interventions"


class Fortnight:
    """The park, day by day, as one manager works on it."""

    def __init__(self, api: Api, core: Core, folder: Path) -> None:
        self.api, self.core, self.folder, self.day = api, core, folder, DAY
        api.login("technicien")
        self.who = api.login("manager")

    def measure(self, days: int, alerts: set[str], *, silent: set[str] = frozenset()) -> None:  # type: ignore[assignment]
        """Let so many days pass, then measure the turbines that are not silent, and publish a ranking."""
        self.day += timedelta(days=days)
        rows = [
            (str(n), self.day, *(HOT if str(n) in alerts else CALM))
            for n in range(1, 9)
            if str(n) not in silent
        ]
        ingest(self.api.services.database, write_csv(self.folder / f"{self.day}.csv", SHORT, rows))
        assert run_now(self.core, self.day, kind="manuel", by="essai").error is None

    def get(self, path: str, **params: Any) -> Any:
        answer = self.api.get(f"/api/v1{path}", params=params, headers=self.who)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def open(self, turbine: str, **body: Any) -> dict[str, Any]:
        asked = {"turbine_id": turbine, "origin": "recommandation", **body}
        answer = self.api.post(URL, json=asked, headers=self.who)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def change(self, item: dict[str, Any], **body: Any) -> dict[str, Any]:
        asked = {"version": item["version"], **body}
        answer = self.api.request("PATCH", f"{URL}/{item['id']}", json=asked, headers=self.who)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def agreed(self) -> dict[str, str]:
        """Return each turbine's situation, once everything that speaks of it has been compared."""
        park = self.get("/park", limit=1_000)
        said = {item["turbine_id"]: item["situation"] for item in park["items"]}
        codes = {turbine: situation["code"] for turbine, situation in said.items()}
        self._lists(park, said)
        self._plan(park, codes)
        self._files(park, said)
        return codes

    def _lists(self, park: dict[str, Any], said: dict[str, dict[str, Any]]) -> None:
        counted = Counter(situation["code"] for situation in said.values())
        assert {code: n for code, n in park["situations"].items() if n} == counted
        for code in SituationCode:
            kept = self.get("/park", situation=code.value, limit=1_000)["items"]
            assert [i["turbine_id"] for i in kept] == [t for t in said if said[t]["code"] == code]
        places = [list(SituationCode).index(situation["code"]) for situation in said.values()]
        for sort, wanted in (("situation", sorted(places)), ("-situation", sorted(places, reverse=True))):
            items = self.get("/park", sort=sort, limit=1_000)["items"]
            assert [list(SituationCode).index(item["situation"]["code"]) for item in items] == wanted
        for turbine, situation in said.items():
            assert self.get(f"/turbines/{turbine}")["current"]["situation"] == situation
        proposals = self.get("/interventions/proposals")
        items, answered = proposals["items"], proposals["answered"]
        assert {i["turbine_id"] for i in items} == {t for t in said if said[t]["code"] in DECIDE}
        assert proposals["total"] == len(items)
        assert all(i["situation"] == said[i["turbine_id"]] for i in [*items, *answered])
        alerts = {i["turbine_id"] for i in park["items"] if i["risk_level"] in {"eleve", "critique"}}
        assert {i["turbine_id"] for i in answered} == {t for t in alerts if said[t]["code"] not in DECIDE}

    def _plan(self, park: dict[str, Any], codes: dict[str, str]) -> None:
        asked = {"crews": [CREW], "week_start": self.day.isoformat()}
        plan = self.api.post("/api/v1/week-plan", json=asked, headers=self.who).json()
        going = {i["turbine_id"] for i in park["items"] if i["intervention"]}
        assert {v["turbine_id"] for v in plan["visits"]} <= {t for t, code in codes.items() if code in DECIDE}
        assert {c["turbine_id"] for c in plan["covered"]} == {t for t, c in codes.items() if c in TREATED}
        worth = {i["turbine_id"] for i in park["items"] if (i["net_benefit_eur"] or 0) > 0}
        open_to_it = {t for t, code in codes.items() if code in DECIDE and t in worth and t not in going}
        assert {v["turbine_id"] for v in plan["visits"]} == open_to_it, "there are hours for all of them"
        totals = plan["totals"]
        parts = (totals[f"{part}_eur"] for part in ("prevented", "remaining", "covered"))
        assert sum(parts) == pytest.approx(totals["park_eur"])

    def _files(self, park: dict[str, Any], said: dict[str, dict[str, Any]]) -> None:
        shown = Park.model_validate(park)
        text = exports.park_csv(shown.items).decode("utf-8-sig")
        rows = {row["Turbine"]: row for row in csv.DictReader(io.StringIO(text), delimiter=";")}
        sheet = sheets.park_sheet(shown, shown.items, views.View(), simulated=False)
        agenda = self.api.get(f"{URL}.ics", headers=self.who).text.replace("\r\n ", "").replace("\\", "")
        for turbine, situation in said.items():
            words = SituationCode(situation["code"]).words
            assert rows[turbine]["Situation"] == words
            detail = TurbineDetail.model_validate(self.get(f"/turbines/{turbine}"))
            printed = plain(sheets.turbine_sheet(detail, "", simulated=False).replace("&#39;", "'"))
            assert plain(situation["reason"]) in printed
            assert words in sheet
            if f"SUMMARY:Turbine {turbine} :" in agenda:
                assert f"{words}. {situation['reason']}" in agenda


@pytest.fixture
def park(api: Api, tmp_path: Path) -> Iterator[Fortnight]:
    made = build_core(api.settings)
    for model in ("risque-panne-7j", "delai-avant-panne"):
        made.model_service.activate(model, 1, by="essai", reason="essai")
    yield Fortnight(api, made, tmp_path)
    made.close()


def test_fortnight__all_pages_say_the_same_after_each_step(park: Fortnight) -> None:
    park.measure(0, {"2", "4", "6"})
    assert Counter(park.agreed().values()) == {"a_decider": 3, "rien_a_faire": 5}

    item = park.open("2", planned_on=park.day.isoformat(), assignee="essai.technicien")
    late = park.open("4", planned_on=(park.day + timedelta(days=30)).isoformat())
    codes = park.agreed()
    assert (codes["2"], codes["4"], codes["6"]) == ("couverte", "trop_tard", "a_decider")

    item = park.change(item, state="en_cours")
    park.change(late, planned_on=park.day.isoformat())
    assert [park.agreed()[turbine] for turbine in "24"] == ["en_cours", "couverte"]

    closing = {"findings": "Roulement usé.", "downtime_hours": 3.5, "verdict": Verdict.DEGRADATION_TROUVEE}
    park.change(item, state="terminee", **closing)
    assert park.agreed()["2"] == "mesure_attendue"

    park.measure(1, {"4", "6"})
    codes = park.agreed()
    assert (codes["2"], codes["4"]) == ("effet_constate", "trop_tard"), "the planned day went by"

    park.measure(2, {"2", "4", "6"})
    assert park.agreed()["2"] == "rechute"

    park.open("6", dismissed=True, comment="Essai du constructeur en cours.")
    assert park.agreed()["6"] == "ecartee"
    park.measure(3, {"2", "4", "6"})
    assert park.agreed()["6"] == "ecartee"

    finding = {"origin": "constat", "findings": "Bruit au palier."}
    park.open("7", **finding)
    assert park.agreed()["7"] == "a_decider"

    park.measure(8, {"2", "4", "6"}, silent={"3"})
    codes = park.agreed()
    assert (codes["6"], codes["3"]) == ("a_decider", "donnees_a_verifier"), "the dismissal has ended"
