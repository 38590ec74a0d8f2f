"""The risk policy over HTTP: who may, what is kept, and what a preview says beside what really happens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.commands.score import run_now
from api.core import Core
from api.domain.park.scored import ScoredTurbine
from api.domain.policy.risk_policy import RiskPolicy
from api.schemas.vocabulary import Role
from api.services.shared.audit import AuditQuery
from api.storage.park.ranking import page_of_scores
from api.storage.shared import published
from tests.api.conftest import Api, problem
from tests.support.park.shadow_tools import CLASSIFIER, sample_core

URL = "/api/v1/policy"
START = RiskPolicy().as_parameters()
RANK = {"faible": 0, "modere": 1, "eleve": 2, "critique": 3}


@pytest.fixture(scope="module")
def core(either_home_if_long: Path) -> Iterator[Core]:
    """The simulated park, scored with both reference models."""
    made = sample_core(either_home_if_long, "2024-11-15")
    run_now(made, None, kind="manuel", by="essai")
    yield made
    made.close()


@pytest.fixture(scope="module")
def manager(scored: Api) -> dict[str, str]:
    return scored.login("manager")


def read(api: Api, headers: dict[str, str]) -> dict[str, Any]:
    answer = api.get(URL, headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def put(api: Api, headers: dict[str, str], **changes: Any) -> Any:
    base = read(api, headers)["in_force"]
    body = {"base_version": base["version"], "reason": "essai de politique"}
    body["parameters"] = base["parameters"] | changes
    return api.request("PUT", URL, json=body, headers=headers)


def preview(api: Api, headers: dict[str, str], **changes: Any) -> dict[str, Any]:
    body = {"parameters": START | changes}
    answer = api.post(f"{URL}/preview", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.fixture
def as_before(scored: Api, manager: dict[str, str]) -> Iterator[None]:
    yield
    put(scored, manager, **START)


@pytest.mark.parametrize(
    ("method", "url", "body"),
    [
        ("PUT", URL, {"base_version": 1, "parameters": START, "reason": "essai"}),
        ("POST", f"{URL}/preview", {"parameters": START}),
        ("POST", f"{URL}/1/restore", {"reason": "essai"}),
    ],
)
def test_change__for_managers_alone(scored: Api, method: str, url: str, body: Any) -> None:
    problem(scored.request(method, url, json=body), 401)
    for role in set(Role) - {Role.MANAGER}:
        problem(scored.request(method, url, json=body, headers=scored.login(role)), 403)
    machine = scored.api_key(["read", "predict", "ingest", "metrics"], f"clé {method} {url}"[:80])
    problem(scored.request(method, url, json=body, headers=machine), 403)
    allowed = scored.request(method, url, json=body, headers=scored.login("manager"))
    assert allowed.status_code in {200, 409}, allowed.text  # 409: these values are in force already


@pytest.mark.parametrize("role", list(Role))
def test_policy__read_by_all(scored: Api, role: Role) -> None:
    found = read(scored, scored.login(role))
    assert found["in_force"] == found["versions"][0]
    assert found["versions"][-1]["parameters"] == START
    assert found["versions"][-1]["created_by"] == "installation"
    assert found["in_force"]["bounds"] == {"threshold": 0.06, "critical_from": 0.3, "moderate_from": 0.015}
    problem(scored.get(URL), 401)


@pytest.mark.usefixtures("as_before")
def test_saved__in_force_and_the_ranking_still_names_its_own(scored: Api, manager: dict[str, str]) -> None:
    before = read(scored, manager)["in_force"]["version"]
    used = scored.get("/api/v1/park", headers=manager).json()["run"]["policy_version"]
    saved = put(scored, manager, cost_intervention_eur=4_500.0)
    assert saved.status_code == 200, saved.text
    body = saved.json()
    assert body["in_force"]["version"] == before + 1
    assert body["in_force"]["bounds"]["threshold"] == pytest.approx(0.09)
    assert (body["in_force"]["reason"], body["in_force"]["author"]) == ("essai de politique", "Essai manager")
    assert body["used_by_ranking"] == used
    assert [notice["code"] for notice in body["notices"]] == ["prochain_calcul"]
    assert scored.get("/api/v1/park", headers=manager).json()["run"]["policy_version"] == used
    machine = scored.api_key(["read"], "lecture")
    assert read(scored, machine)["in_force"]["author"] is None


@pytest.mark.usefixtures("as_before")
def test_saved__recorded_in_the_trail_with_what_changed(scored: Api, manager: dict[str, str]) -> None:
    put(scored, manager, urgent_days=9.0)
    entry = scored.services.core.audit.page(AuditQuery(object_kind="politique")).items[0]
    version = read(scored, manager)["in_force"]
    assert (entry.object_id, entry.actor) == (str(version["version"]), version["created_by"])
    assert entry.details == {"base": version["version"] - 1, "changed": {"urgent_days": [7.0, 9.0]}}


@pytest.mark.usefixtures("as_before")
def test_base_no_longer_in_force__refused_and_nothing_kept(scored: Api, manager: dict[str, str]) -> None:
    base = read(scored, manager)["in_force"]["version"]
    assert put(scored, manager, urgent_days=8.0).status_code == 200
    body = {"base_version": base, "parameters": START, "reason": "trop tard"}
    refused = problem(scored.request("PUT", URL, json=body, headers=manager), 409)
    assert f"version {base + 1}" in refused["detail"]
    assert refused["version"] == base + 1
    (change,) = refused["changes"]
    assert change["by"] == "Essai manager"
    assert change["fields"] == [{"field": "urgent_days", "before": 7.0, "after": 8.0}]
    late = {"base_version": base, "reason": "trop tard"}
    problem(scored.post(f"{URL}/1/restore", json=late, headers=manager), 409)
    assert read(scored, manager)["in_force"]["version"] == base + 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"cost_failure_eur": 2_000.0}, "cost_failure_eur"),
        ({"cost_intervention_eur": 0}, "cost_intervention_eur"),
        ({"critical_cap": 1.5}, "critical_cap"),
        ({"max_age_days": 2.5}, "max_age_days"),
        ({"urgent_days": "sept"}, "urgent_days"),
        ({"autre": 1}, "autre"),
    ],
)
def test_wrong_value__named_by_its_field_in_saving_and_preview(
    scored: Api, manager: dict[str, str], change: dict[str, Any], field: str
) -> None:
    body = {"parameters": START | change}
    for answer in (scored.post(f"{URL}/preview", json=body, headers=manager), put(scored, manager, **change)):
        errors = problem(answer, 422)["errors"]
        assert [error["field"].rsplit(".", 1)[-1] for error in errors] == [field]


def test_reason__is_required(scored: Api, manager: dict[str, str]) -> None:
    body = {"base_version": 1, "parameters": START | {"urgent_days": 9.0}}
    for reason in ({}, {"reason": "x"}):
        problem(scored.request("PUT", URL, json=body | reason, headers=manager), 422)
        problem(scored.post(f"{URL}/1/restore", json=reason, headers=manager), 422)


def test_same_values__are_no_new_version(scored: Api, manager: dict[str, str]) -> None:
    before = read(scored, manager)["in_force"]["version"]
    assert "rien ne change" in problem(put(scored, manager), 409)["detail"]
    assert read(scored, manager)["in_force"]["version"] == before


POLICIES = st.fixed_dictionaries(
    {
        "cost_intervention_eur": st.floats(100, 20_000),
        "cost_failure_eur": st.floats(25_000, 500_000),
        "critical_factor": st.floats(1, 30),
        "critical_cap": st.floats(0.01, 1),
        "moderate_divisor": st.floats(1, 50),
        "urgent_days": st.floats(0, 90),
        "max_age_days": st.integers(0, 400),
    }
)
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parameters=POLICIES)
def test_restored__equal_to_the_old_one_as_a_new_version(
    scored: Api, manager: dict[str, str], parameters: dict[str, Any]
) -> None:
    old = read(scored, manager)["in_force"]
    if put(scored, manager, **parameters).status_code == 409:
        return
    body = {"reason": "retour à l’essai"}
    back = scored.post(f"{URL}/{old['version']}/restore", json=body, headers=manager)
    assert back.status_code == 200, back.text
    assert back.json()["in_force"]["parameters"] == old["parameters"]
    assert back.json()["in_force"]["version"] == old["version"] + 2
    problem(scored.post(f"{URL}/9999/restore", json=body, headers=manager), 404)


def brute_force(row: ScoredTurbine, policy: dict[str, Any], may_raise: bool) -> str:
    """The level as the issue words it, written apart from the product's own rule."""
    t = policy["cost_intervention_eur"] / policy["cost_failure_eur"]
    level = "faible"
    assert row.probability is not None
    if row.probability >= t / policy["moderate_divisor"]:
        level = "modere"
    if row.probability >= t:
        level = "eleve"
    if row.probability >= max(t, min(policy["critical_cap"], policy["critical_factor"] * t)):
        level = "critique"
    floors = []
    if may_raise and row.days is not None:
        if row.days.low is not None and row.days.low <= policy["urgent_days"]:
            floors.append("modere")
        if row.days.days <= policy["urgent_days"]:
            floors.append("eleve")
    if row.data_status != "ok":
        floors.append("modere")
    return max([level, *floors], key=RANK.__getitem__)


@QUICK
@given(parameters=POLICIES)
def test_preview__equals_a_recount_by_hand(
    scored: Api, core: Core, manager: dict[str, str], parameters: dict[str, Any]
) -> None:
    parameters = parameters | {"max_age_days": START["max_age_days"]}
    with core.database.read() as connection:
        shown = published.published_run(connection)
        assert shown is not None
        _, rows = page_of_scores(connection, shown.id)
    regressor = core.models.current().regressor
    may_raise = regressor is not None and regressor.may_raise
    expected = {
        one.turbine_id: (one.score.level, brute_force(one.score, parameters, may_raise)) for one in rows
    }

    found = preview(scored, manager, **parameters)

    assert found["total"] == len(rows) == 50
    changed = {turbine: pair for turbine, pair in expected.items() if pair[0] != pair[1]}
    assert {t["turbine_id"]: (t["before"], t["after"]) for t in found["turbines"]} == changed
    assert found["changed"] == len(changed)
    assert found["raised"] == sum(RANK[after] > RANK[before] for before, after in changed.values())
    for level in RANK:
        assert found["counts_before"][level] == sum(before == level for before, _ in expected.values())
        assert found["counts_after"][level] == sum(after == level for _, after in expected.values())


@pytest.mark.usefixtures("as_before")
@pytest.mark.parametrize(
    "change",
    [
        {"cost_intervention_eur": 500.0},
        {"max_age_days": 0},
        {"max_age_days": 60, "cost_failure_eur": 400_000.0, "urgent_days": 30.0},
    ],
)
def test_preview__is_what_the_next_run_publishes(
    scored: Api, core: Core, manager: dict[str, str], change: dict[str, Any]
) -> None:
    told = preview(scored, manager, **change)
    before = {i["turbine_id"]: i["risk_level"] for i in _items(scored, manager)}
    assert put(scored, manager, **change).status_code == 200

    assert run_now(core, None, kind="manuel", by="essai").error is None

    after = {i["turbine_id"]: i["risk_level"] for i in _items(scored, manager)}
    assert {t["turbine_id"]: t["after"] for t in told["turbines"]} == {
        turbine: level for turbine, level in after.items() if level != before[turbine]
    }
    assert told["changed"] > 0
    assert told["counts_after"] == scored.get("/api/v1/park", headers=manager).json()["counts"]
    put(scored, manager, **START)
    run_now(core, None, kind="manuel", by="essai")


def _items(api: Api, headers: dict[str, str]) -> list[dict[str, Any]]:
    return list(api.get("/api/v1/park", headers=headers, params={"limit": 100}).json()["items"])


def test_preview__costs_counted_on_unseen_rows_at_the_proposed_costs(
    scored: Api, core: Core, manager: dict[str, str]
) -> None:
    scores = core.store.scores(CLASSIFIER, 1)
    assert scores is not None
    found = preview(scored, manager, cost_intervention_eur=5_000.0, cost_failure_eur=40_000.0)
    chosen = next(row for row in found["decision"]["table"] if row["chosen"])
    for row, threshold in ((chosen, 0.125), (found["threshold_in_force"], 0.06)):
        alert, failed = scores.probabilities >= threshold, scores.failed > 0
        assert row["threshold"] == threshold
        assert row["true_positives"] == int((alert & failed).sum())
        assert row["false_negatives"] == int((~alert & failed).sum())
        assert row["false_positives"] == int((alert & ~failed).sum())
        spent = 5_000 * int(alert.sum()) + 40_000 * row["false_negatives"]
        assert row["cost_eur"]["value"] == pytest.approx(spent)
    assert len(found["decision"]["curve"]) > 20


def test_preview__saves_nothing_and_lists_no_more_than_asked(scored: Api, manager: dict[str, str]) -> None:
    before = read(scored, manager)
    body = {"parameters": START | {"cost_intervention_eur": 500.0}, "limit": 3}
    found = scored.post(f"{URL}/preview", json=body, headers=manager).json()
    assert len(found["turbines"]) == 3 < found["changed"]
    assert read(scored, manager) == before
