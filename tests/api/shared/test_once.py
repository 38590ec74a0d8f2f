"""Whatever creates something creates it once per ``Idempotency-Key``, and answers the same again."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select, update

from api.domain.policy.risk_policy import RiskPolicy
from api.schemas.vocabulary import Role
from api.storage.tables import api_keys, audit_trail, intake_keys, interventions, policies, turbines, users
from tests.api.conftest import Api, problem

ACCOUNT = {"username": "lea", "display_name": "Léa Martin", "role": "technicien"}
POLICY = {**RiskPolicy().as_parameters(), "urgent_days": 9.0}
VISIT = {"turbine_id": "7", "planned_on": "2999-01-05"}
SENT = {"Idempotency-Key": "formulaire-1"}
# Role, method, address, body, what is counted.
CREATING: tuple[tuple[str, str, str, dict[str, Any], Any], ...] = (
    ("admin", "POST", "/api/v1/accounts", ACCOUNT, users),
    ("admin", "POST", "/api/v1/accounts/1/password", {}, audit_trail),
    ("admin", "POST", "/api/v1/keys", {"name": "scada", "scopes": ["read"]}, api_keys),
    ("manager", "POST", "/api/v1/interventions", VISIT, interventions),
    (
        "manager",
        "PUT",
        "/api/v1/policy",
        {"base_version": 1, "parameters": POLICY, "reason": "essai"},
        policies,
    ),
)


def counted(api: Api, table: Any) -> int:
    with api.services.database.read() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def turbine(api: Api) -> None:
    with api.services.database.write() as connection:
        values = {"turbine_id": "7", "source": "mesure", "created_at": datetime.now(UTC)}
        connection.execute(turbines.insert().values(**values))


@pytest.mark.usefixtures("turbine")
@pytest.mark.parametrize(
    ("role", "method", "url", "body", "table"), CREATING, ids=[f"{c[1]} {c[2]}" for c in CREATING]
)
def test_sent_twice__done_once_and_answered_the_same(
    api: Api, role: str, method: str, url: str, body: dict[str, Any], table: Any
) -> None:
    api.accounts.create("premier", "Premier compte", Role.TECHNICIEN)
    who = api.login(role)
    before = counted(api, table)
    first = api.request(method, url, json=body, headers=who | SENT)
    assert first.status_code in {200, 201}, first.text
    again = api.request(method, url, json=body, headers=who | SENT)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again.headers.get("location") == first.headers.get("location")
    assert counted(api, table) == before + 1
    changed = {**body, "reason": "autre motif"} if "reason" in body else {**body, "name": "x"}
    assert api.request(method, url, json=changed, headers=who | SENT).status_code in {409, 422}


def test_secret__kept_nowhere_and_shown_again_for_five_minutes(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = api.login("admin")
    secret = api.post("/api/v1/keys", json={"name": "a", "scopes": ["read"]}, headers=admin | SENT)
    with api.services.database.read() as connection:
        kept = connection.execute(select(intake_keys)).one()
    assert kept.answer == {}
    assert secret.json()["secret"] not in str(tuple(kept))
    monkeypatch.setattr(time, "monotonic", lambda: 1e12)
    late = api.post("/api/v1/keys", json={"name": "a", "scopes": ["read"]}, headers=admin | SENT)
    assert "ne se montre qu’une fois" in problem(late, 409)["detail"]
    assert counted(api, api_keys) == 1


def test_refused__frees_its_key(api: Api) -> None:
    admin = api.login("admin")
    short = {**ACCOUNT, "password": "court"}
    problem(api.post("/api/v1/accounts", json=short, headers=admin | SENT), 422)
    assert counted(api, intake_keys) == 0
    assert api.post("/api/v1/accounts", json=ACCOUNT, headers=admin | SENT).status_code == 201


def test_under_way__is_not_begun_twice(api: Api) -> None:
    admin = api.login("admin")
    api.post("/api/v1/keys", json={"name": "a", "scopes": ["read"]}, headers=admin | SENT)
    with api.services.database.write() as connection:
        connection.execute(update(intake_keys).values(answer=None))
    again = api.post("/api/v1/keys", json={"name": "a", "scopes": ["read"]}, headers=admin | SENT)
    assert "en cours" in problem(again, 409)["detail"]


def test_without_a_key__each_request_is_its_own(api: Api) -> None:
    admin = api.login("admin")
    body = {"name": "a", "scopes": ["read"]}
    assert api.post("/api/v1/keys", json=body, headers=admin).status_code == 201
    problem(api.post("/api/v1/keys", json=body, headers=admin), 409)
    assert counted(api, intake_keys) == 0
