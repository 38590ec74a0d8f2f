"""Interventions over HTTP: who may do what, from the proposal to the verdict, and what the figures say."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from api.commands.score import run_now
from api.core import Core, build_core
from api.domain.models.statistics import wilson
from api.schemas.vocabulary import Role, Verdict
from tests.api.conftest import PASSWORD, Api, problem
from tests.support.measurements.ingest_tools import SHORT, ingest, write_csv

URL = "/api/v1/interventions"
DAY = date(2024, 8, 30)
CALM, HOT = ("12.26", "2.57", "44.6", "730.2", "0"), ("14.0", "6.5", "75.0", "840.0", "1")
ALERTS = ("2", "4", "6")
_PICTURE = io.BytesIO()
Image.new("RGB", (8, 6), "red").save(_PICTURE, "PNG")
PNG = _PICTURE.getvalue()
CLOSING = {"state": "terminee", "findings": "Roulement usé.", "downtime_hours": 3.5}
Headers = dict[str, str]


@pytest.fixture
def core(api: Api) -> Iterator[Core]:
    made = build_core(api.settings)
    for model in ("risque-panne-7j", "delai-avant-panne"):
        made.model_service.activate(model, 1, by="essai", reason="essai")
    yield made
    made.close()


@pytest.fixture
def score(api: Api, core: Core, tmp_path: Path) -> Callable[..., None]:
    """Measures eight turbines on a day, those named in alert, and publishes the ranking."""

    def day(on: date, alerts: tuple[str, ...] = ALERTS) -> None:
        rows = [(str(n), on, *(HOT if str(n) in alerts else CALM)) for n in range(1, 9)]
        ingest(api.services.database, write_csv(tmp_path / f"{on}.csv", SHORT, rows))
        assert run_now(core, on, kind="manuel", by="essai").error is None

    return day


@pytest.fixture
def manager(api: Api, score: Callable[..., None]) -> Headers:
    score(DAY)
    api.login("technicien")  # makes the account, so that work can be given to it
    return api.login("manager")


@pytest.fixture
def technician(api: Api, manager: Headers) -> Headers:
    return api.login("technicien")


def proposed(api: Api, who: Headers) -> list[str]:
    answer = api.get(f"{URL}/proposals", headers=who)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["total"] == len(told["items"])
    found, answered = ([one["turbine_id"] for one in told[part]] for part in ("items", "answered"))
    alerts = api.get("/api/v1/park?risk_level=eleve&risk_level=critique&limit=1000", headers=who).json()
    assert sorted(found + answered) == sorted(item["turbine_id"] for item in alerts["items"])
    assert told["alerts"] == alerts["total"]
    return found


def answers(api: Api, who: Headers) -> dict[str, tuple[str, str | None, int | None]]:
    """Why nothing is to be decided about an alert: situation, day and intervention, by turbine."""
    answered = api.get(f"{URL}/proposals", headers=who).json()["answered"]
    situations = {item["turbine_id"]: item["situation"] for item in answered}
    return {
        turbine: (found["code"], found["until"], int(found["decided_by"].removeprefix("intervention:")))
        for turbine, found in situations.items()
    }


def plan(api: Api, who: Headers, turbine: str = "2", **more: Any) -> dict[str, Any]:
    body = {"turbine_id": turbine, "planned_on": DAY.isoformat(), "assignee": "essai.technicien", **more}
    answer = api.post(URL, json=body, headers=who)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"{URL}/{answer.json()['id']}"
    return dict(answer.json())


def patch(api: Api, who: Headers, item: dict[str, Any], **changes: Any) -> Any:
    body = {"version": item["version"], **changes}
    return api.request("PATCH", f"{URL}/{item['id']}", json=body, headers=who)


def done(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def close(api: Api, who: Headers, item: dict[str, Any], verdict: Verdict) -> dict[str, Any]:
    started = done(patch(api, who, item, state="en_cours"))
    return done(patch(api, who, started, **CLOSING, verdict=verdict.value))


def test_recommendation__proposed_once_confirmed_once(
    api: Api, manager: Headers, score: Callable[..., None]
) -> None:
    assert sorted(proposed(api, manager)) == list(ALERTS)
    shown = api.get(f"{URL}/proposals", headers=manager).json()["items"][0]
    assert shown["checklist"][0]["text"].startswith("Consigner")
    assert shown["checklist"][1]["feature"] == shown["main_driver"]["feature"]
    assert shown["priority"] in {"urgente", "haute"}
    assert api.get(URL, headers=manager).json()["total"] == 0, "reading a proposal keeps nothing"

    made = plan(api, manager, "2", origin="recommandation")

    assert sorted(proposed(api, manager)) == ["4", "6"]
    assert answers(api, manager) == {"2": ("couverte", made["planned_on"], made["id"])}
    score(DAY + timedelta(days=1))
    assert sorted(proposed(api, manager)) == ["2", "4", "6"], "the day of the plan has passed"
    moved = api.get(f"{URL}/proposals", headers=manager).json()["items"]
    late = {item["turbine_id"]: item["situation"]["code"] for item in moved if item["intervention"]}
    assert late == {"2": "trop_tard"}, "to be moved: a persisting alarm brings no second one"
    again = problem(
        api.post(URL, json={"turbine_id": "02", "planned_on": "2024-09-01"}, headers=manager), 409
    )
    assert "a déjà l’intervention n°" in again["detail"]
    calm = {"turbine_id": "1", "planned_on": "2024-09-01", "origin": "recommandation"}
    assert "recommandée" in problem(api.post(URL, json=calm, headers=manager), 409)["detail"]


def test_dismissed__needs_a_reason_and_comes_back_once_the_alarm_has_ended(
    api: Api, manager: Headers, score: Callable[..., None]
) -> None:
    body = {"turbine_id": "2", "origin": "recommandation", "dismissed": True}
    assert [e["field"] for e in problem(api.post(URL, json=body, headers=manager), 422)["errors"]] == [
        "comment"
    ]
    answer = api.post(URL, json={**body, "comment": "Capteur en cours de remplacement."}, headers=manager)
    assert (answer.status_code, answer.json()["state"]) == (201, "annulee")
    assert answers(api, manager) == {
        "2": ("ecartee", (DAY + timedelta(days=7)).isoformat(), answer.json()["id"])
    }
    score(DAY + timedelta(days=1))
    assert "2" not in proposed(api, manager)
    score(DAY + timedelta(days=2), alerts=("4", "6"))
    score(DAY + timedelta(days=3))
    assert "2" in proposed(api, manager)


def test_whole_way__journal_tells_who_when_what(
    api: Api, manager: Headers, technician: Headers, score: Callable[..., None]
) -> None:
    item = plan(api, manager, origin="recommandation", expected_hours=4, comment="Prendre l’échelle.")
    item = done(patch(api, technician, item, acknowledged=True, comment="J’y vais à 9 h."))
    assert item["acknowledged_by"] == "essai.technicien"
    item = done(patch(api, technician, item, state="en_cours"))
    item = done(patch(api, technician, item, checklist_done=[0, 2]))
    assert [line["done"] for line in item["checklist"]][:3] == [True, False, True]
    item = done(patch(api, technician, item, **CLOSING, verdict="degradation_trouvee"))

    assert (item["state"], item["done_on"], item["effect"]) == ("terminee", DAY.isoformat(), "trop_tot")
    assert answers(api, manager)["2"][::2] == ("mesure_attendue", item["id"])
    told = [(entry["by"], entry["action"]) for entry in item["journal"]]
    assert told == [
        ("essai.manager", "creation"),
        ("essai.manager", "planification"),
        ("essai.technicien", "prise_en_compte"),
        ("essai.technicien", "demarrage"),
        ("essai.technicien", "modification"),
        ("essai.technicien", "cloture"),
    ]
    assert item["journal"][1]["comment"] == "Prendre l’échelle."
    changed = {c["field"]: (c["before"], c["after"]) for c in item["journal"][-1]["changes"]}
    assert changed["verdict"] == (None, "degradation_trouvee")
    assert changed["closed_by"] == (None, "essai.technicien")
    assert all(entry["at"] for entry in item["journal"])

    score(DAY + timedelta(days=1))
    assert done(api.get(f"{URL}/{item['id']}", headers=manager))["effect"] == "sans_effet"
    assert "2" in proposed(api, manager), "measured since the work, and still in alert"
    score(DAY + timedelta(days=9), alerts=())
    assert done(api.get(f"{URL}/{item['id']}", headers=manager))["effect"] == "effet_constate"
    score(DAY + timedelta(days=12))
    listed = api.get(URL, params={"turbine": "2"}, headers=manager).json()["items"]
    assert [one["effect"] for one in listed] == ["rechute"]


@pytest.mark.parametrize("role", ["technicien", "manager", "ingenieur", "admin"])
def test_roles__who_may_do_what(api: Api, manager: Headers, role: str) -> None:
    item = plan(api, manager, assignee=None)
    who = api.login(role)
    assert api.get(URL, headers=who).status_code == 200
    assert api.get(f"{URL}/{item['id']}", headers=who).status_code == 200
    plans = role == "manager"
    works = role in {"manager", "technicien"}
    body = {"turbine_id": "4", "planned_on": DAY.isoformat()}
    assert api.post(URL, json=body, headers=who).status_code == (201 if plans else 403)
    constat = {"turbine_id": "7", "origin": "constat", "findings": "Fuite au pied du mât."}
    assert api.post(URL, json=constat, headers=who).status_code == (201 if works else 403)
    # Nobody is sent to it yet, so it is no technician's.
    answer = patch(api, who, item, comment="Vu.")
    assert answer.status_code == (200 if plans else 403)
    picture = api.request("PUT", f"{URL}/{item['id']}/photo", content=PNG, headers=who)
    assert picture.status_code == (204 if plans else 403)


def test_machine__reads_and_changes_nothing(api: Api, manager: Headers) -> None:
    item = plan(api, manager)
    key = api.api_key(["read", "predict", "ingest"])
    assert api.get(f"{URL}/{item['id']}", headers=key).status_code == 200
    assert patch(api, key, item, comment="x").status_code == 403
    assert api.get(URL).status_code == 401


def test_technician__only_what_is_assigned_to_them(api: Api, manager: Headers, technician: Headers) -> None:
    api.accounts.create("lea", "Léa", Role.TECHNICIEN, PASSWORD)
    other = plan(api, manager, assignee="lea")
    refusal = problem(patch(api, technician, other, acknowledged=True), 403)
    assert "« essai.technicien »" in refusal["detail"]
    mine = done(patch(api, manager, other, assignee="essai.technicien"))
    assert problem(patch(api, technician, mine, planned_on="2024-09-02"), 403)
    assert done(patch(api, technician, mine, acknowledged=True))["acknowledged_at"]
    shown = api.get(URL, params={"assignee": "essai.technicien"}, headers=technician).json()
    assert [one["id"] for one in shown["items"]] == [mine["id"]]
    assert shown["today"] == DAY.isoformat()


def test_finding__opens_a_proposal_or_joins_what_lives(
    api: Api, manager: Headers, technician: Headers
) -> None:
    body = {"turbine_id": "1", "origin": "constat", "findings": "Bruit au palier."}
    opened = api.post(URL, json=body, headers=technician)
    assert (opened.status_code, opened.json()["state"]) == (201, "proposee")
    assert opened.json()["reason"] == "Bruit au palier."
    joined = api.post(URL, json={**body, "findings": "Bruit plus fort."}, headers=technician)
    assert (joined.status_code, joined.json()["id"]) == (200, opened.json()["id"])
    assert [(e["action"], e["comment"]) for e in joined.json()["journal"]] == [
        ("creation", "Bruit au palier."),
        ("constat", "Bruit plus fort."),
    ]
    confirmed = patch(api, manager, joined.json(), state="planifiee", planned_on="2024-09-02")
    assert done(confirmed)["state"] == "planifiee"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"turbine_id": "99", "planned_on": "2024-09-02"}, "turbine_id"),
        ({"turbine_id": "1"}, "planned_on"),
        ({"turbine_id": "1", "planned_on": "2024-08-29"}, "planned_on"),
        ({"turbine_id": "1", "planned_on": "demain"}, "planned_on"),
        ({"turbine_id": "1", "planned_on": "2024-09-02", "assignee": "inconnu"}, "assignee"),
        ({"turbine_id": "1", "planned_on": "2024-09-02", "expected_hours": 0}, "expected_hours"),
        ({"turbine_id": "1", "planned_on": "2024-09-02", "findings": "x"}, "findings"),
        ({"turbine_id": "1", "planned_on": "2024-09-02", "dismissed": True}, "dismissed"),
        ({"turbine_id": "1", "origin": "constat"}, "findings"),
        ({"turbine_id": "1", "origin": "constat", "findings": "  "}, "findings"),
        ({"turbine_id": "1", "origin": "constat", "findings": "x", "planned_on": "2024-09-02"}, "planned_on"),
        ({"turbine_id": "1", "planned_on": "2024-09-02", "couleur": "rouge"}, "couleur"),
    ],
)
def test_wrong_request__is_refused_naming_the_field(
    api: Api, manager: Headers, body: dict[str, Any], field: str
) -> None:
    refusal = problem(api.post(URL, json=body, headers=manager), 422)
    assert [error["field"] for error in refusal["errors"]] == [field]
    assert api.get(URL, headers=manager).json()["total"] == 0


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"state": "terminee"}, ["verdict", "findings", "downtime_hours"]),
        ({**CLOSING, "verdict": "panne_confirmee", "downtime_hours": -1}, ["downtime_hours"]),
        ({**CLOSING, "verdict": "peut-être"}, ["verdict"]),
        ({**CLOSING, "verdict": "fausse_alerte", "done_on": "2024-08-31"}, ["done_on"]),
        ({"state": "proposee"}, ["state"]),
        ({"verdict": "fausse_alerte"}, ["verdict"]),
        ({"skills": None}, ["skills"]),
        ({}, [""]),
    ],
)
def test_wrong_change__is_refused_naming_the_field_and_changes_nothing(
    api: Api, manager: Headers, changes: dict[str, Any], fields: list[str]
) -> None:
    item = done(patch(api, manager, plan(api, manager), state="en_cours"))
    refusal = problem(patch(api, manager, item, **changes), 422)
    assert [error["field"] for error in refusal["errors"]] == fields
    assert done(api.get(f"{URL}/{item['id']}", headers=manager)) == item


def test_stale_version__is_a_conflict_and_nothing_is_overwritten(
    api: Api, manager: Headers, technician: Headers
) -> None:
    read = plan(api, manager)
    done(patch(api, technician, read, acknowledged=True))
    refusal = problem(patch(api, manager, read, planned_on="2024-09-05"), 409)
    assert "essai.technicien le " in refusal["detail"]
    assert refusal["version"] == read["version"] + 1
    (change,) = refusal["changes"]
    assert change["by"] == "essai.technicien"
    assert [each["field"] for each in change["fields"]] == ["acknowledged_by"]
    assert done(api.get(f"{URL}/{read['id']}", headers=manager))["planned_on"] == DAY.isoformat()


def test_ten_verdicts__precision_is_theirs_exactly(api: Api, manager: Headers) -> None:
    entered = [
        *[Verdict.PANNE_CONFIRMEE] * 3, Verdict.DEGRADATION_TROUVEE, *[Verdict.FAUSSE_ALERTE] * 3,
        Verdict.AUTRE_CAUSE, *[Verdict.NON_VERIFIABLE] * 2,
    ]  # fmt: skip
    for place, verdict in enumerate(entered):
        close(api, manager, plan(api, manager, str(1 + place % 8)), verdict)

    told = api.get(f"{URL}/precision", headers=manager).json()

    bounds = wilson(4, 7)
    assert (told["confirmed"], told["false_alerts"], told["precision"]) == (4, 3, 4 / 7)
    assert (told["low"], told["high"]) == (bounds.low, bounds.high)
    assert told["counts"] == {verdict.value: entered.count(verdict) for verdict in Verdict}
    # Places 1, 3, 5 and 9 are turbines 2, 4, 6 and 2 again, those in alert.
    assert told["on_alert"]["counts"]["panne_confirmee"] == 1
    assert (told["on_alert"]["confirmed"], told["on_alert"]["false_alerts"]) == (2, 1)
    nothing = api.get(f"{URL}/precision", params={"to": "2024-08-29"}, headers=manager).json()
    assert (nothing["precision"], nothing["low"]) == (None, None)
    problem(api.get(f"{URL}/precision?from=2024-09-02&to=2024-09-01", headers=manager), 422)
    known = api.services.core.interventions.outcomes()
    assert [one.verdict for one in known] == entered
    assert all(one.measurement is not None for one in known)


def test_photo__kept_given_back_and_told(api: Api, manager: Headers, technician: Headers) -> None:
    item = plan(api, manager)
    url = f"{URL}/{item['id']}/photo"
    assert problem(api.get(url, headers=manager), 404)
    assert api.request("PUT", url, content=PNG, headers=technician).status_code == 204
    got = api.get(url, headers=manager)
    assert got.headers["content-type"] == "image/jpeg"
    with Image.open(io.BytesIO(got.content)) as read:
        assert (read.format, read.size) == ("JPEG", (8, 6))
    for scopes, status in ((["read"], 403), (["photos"], 200)):
        assert api.get(url, headers=api.api_key(scopes)).status_code == status
    assert got.headers["x-content-type-options"] == "nosniff"
    now = done(api.get(f"{URL}/{item['id']}", headers=manager))
    assert (now["has_photo"], now["journal"][-1]["action"]) == (True, "photo")
    for content in (b"<html>", PNG[:40]):
        refusal = problem(api.request("PUT", url, content=content, headers=technician), 422)
        assert [error["field"] for error in refusal["errors"]] == ["photo"]
    assert api.get(url, headers=manager).content == got.content


def test_calendar__one_event_each_and_lines_that_agendas_read(api: Api, manager: Headers) -> None:
    item = plan(api, manager, planned_on="2024-09-02", expected_hours=2.5)
    for url in (f"{URL}.ics", f"{URL}/{item['id']}.ics"):
        answer = api.get(url, headers=manager)
        assert answer.headers["content-type"].startswith("text/calendar")
        lines = answer.content.decode().split("\r\n")
        assert all(len(line.encode()) <= 75 for line in lines)
        text = answer.content.decode().replace("\r\n ", "")
        for part in (
            "DTSTART;VALUE=DATE:20240902\r\nDTEND;VALUE=DATE:20240903",
            f"SUMMARY:Turbine 2 : intervention n° {item['id']}",
            "Durée prévue : 2\\,5\u00a0h\\n- Consigner",
            "STATUS:CONFIRMED",
        ):
            assert part in text
        assert text.count("BEGIN:VEVENT") == text.count("END:VEVENT") == 1


def test_filters__state_turbine_assignee_days_and_pages(api: Api, manager: Headers) -> None:
    first = plan(api, manager, "1", planned_on="2024-09-01")
    second = plan(api, manager, "3", planned_on="2024-09-10", assignee=None)
    third = close(api, manager, plan(api, manager, "5"), Verdict.AUTRE_CAUSE)

    def found(**params: Any) -> list[int]:
        answer = done(api.get(URL, params=params, headers=manager))
        assert answer["total"] >= len(answer["items"])
        return [item["id"] for item in answer["items"]]

    assert found() == [first["id"], second["id"], third["id"]]
    assert found(state=["planifiee"]) == [first["id"], second["id"]]
    assert found(turbine="03") == [second["id"]]
    assert found(assignee="essai.technicien") == [first["id"], third["id"]]
    assert found(**{"from": "2024-09-01"}) == [first["id"], second["id"]]
    assert found(**{"from": "2024-09-01", "to": "2024-09-05"}) == [first["id"]]
    assert found(limit=1, offset=1) == [second["id"]]
    assert found(turbine="absente") == []
    problem(api.get(URL, params={"from": "2024-09-05", "to": "2024-09-01"}, headers=manager), 422)
    problem(api.get(f"{URL}/999", headers=manager), 404)


_CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "state": st.sampled_from(["proposee", "planifiee", "en_cours", "terminee", "annulee", "autre", None]),
        "acknowledged": st.booleans() | st.none(),
        "assignee": st.sampled_from(["essai.technicien", "inconnu", None]),
        "planned_on": st.sampled_from(["2024-09-02", "2020-01-01", "x", None]),
        "checklist_done": st.lists(st.integers(-1, 9), max_size=3),
        "verdict": st.sampled_from([*Verdict, "autre", None]),
        "findings": st.text(max_size=5) | st.none(),
        "downtime_hours": st.floats(-1, 9) | st.none(),
        "comment": st.text(max_size=5) | st.none(),
        "version": st.integers(-1, 6),
    },
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(_CHANGES, st.booleans()), min_size=3, max_size=8))
def test_any_patches__each_accepted_one_is_in_the_journal(
    api: Api, manager: Headers, technician: Headers, steps: list[tuple[dict[str, Any], bool]]
) -> None:
    living = api.get(URL, params={"turbine": "8", "limit": 1}, headers=manager).json()["items"]
    ended = not living or living[0]["state"] in {"terminee", "annulee"}
    item = plan(api, manager, "8") if ended else done(api.get(f"{URL}/{living[0]['id']}", headers=manager))
    for changes, by_manager in steps:
        answer = patch(api, manager if by_manager else technician, item, **changes)
        assert answer.status_code in {200, 403, 409, 422}, answer.text
        after = done(api.get(f"{URL}/{item['id']}", headers=manager))
        more = 1 if answer.status_code == 200 else 0
        assert after["version"] == item["version"] + more
        assert len(after["journal"]) == len(item["journal"]) + more
        assert after["journal"][: len(item["journal"])] == item["journal"], "the past is not rewritten"
        item = after


def test_verdicts__are_what_was_observed_of_the_published_scores(api: Api, manager: Headers) -> None:
    for turbine, verdict in (
        ("2", Verdict.FAUSSE_ALERTE), ("4", Verdict.PANNE_CONFIRMEE), ("6", Verdict.NON_VERIFIABLE)
    ):  # fmt: skip
        close(api, manager, plan(api, manager, turbine), verdict)

    told = api.get("/api/v1/evaluation", params={"from": str(DAY), "to": str(DAY)}, headers=manager).json()

    assert {(one["turbine_id"], one["observed_failure"]) for one in told["items"]} == {
        ("2", False), ("4", True)
    }  # fmt: skip


def test_work_since_the_measurement__awaits_the_next_one_everywhere(
    api: Api, manager: Headers, core: Core, tmp_path: Path
) -> None:
    later = DAY + timedelta(days=2)
    ingest(api.services.database, write_csv(tmp_path / "plus.csv", SHORT, [("1", later, *CALM)]))
    close(api, manager, plan(api, manager, "4", planned_on=later.isoformat()), Verdict.DEGRADATION_TROUVEE)
    assert run_now(core, later, kind="manuel", by="essai").error is None

    asked = {"situation": ["mesure_attendue"]}
    items = api.get("/api/v1/park", params=asked, headers=manager).json()["items"]

    assert [item["turbine_id"] for item in items] == ["4"]
    assert (items[0]["expected_failure_cost_eur"], items[0]["net_benefit_eur"]) == (None, None)
    assert "gain" not in items[0]["recommendation"]
