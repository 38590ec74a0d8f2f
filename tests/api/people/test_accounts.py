"""Accounts, keys and the audit trail over HTTP: who may, what happens, what is never told."""

from __future__ import annotations

import time
from typing import Any

import pytest

from api import cli
from api.schemas.vocabulary import Right, Role
from tests.api.conftest import PASSWORD, Api, problem

pytestmark = pytest.mark.usefixtures("both_databases_if_long")

ACCOUNTS, KEYS, AUDIT = "/api/v1/accounts", "/api/v1/keys", "/api/v1/audit"
NEW = {"username": "lea", "display_name": "Léa Martin", "role": "technicien"}
ROUTES: tuple[tuple[str, str, Any], ...] = (
    ("GET", ACCOUNTS, None),
    ("POST", ACCOUNTS, NEW),
    ("PATCH", f"{ACCOUNTS}/1", {"display_name": "Autre"}),
    ("POST", f"{ACCOUNTS}/1/password", {}),
    ("DELETE", f"{ACCOUNTS}/1/sessions", None),
    ("GET", KEYS, None),
    ("POST", KEYS, {"name": "scada", "scopes": ["read"]}),
    ("DELETE", f"{KEYS}/1", None),
    ("GET", AUDIT, None),
    ("GET", f"{AUDIT}/verify", None),
)


@pytest.fixture
def admin(api: Api) -> dict[str, str]:
    return api.login("admin")


def account(api: Api, admin: dict[str, str], username: str) -> dict[str, Any]:
    items = api.get(ACCOUNTS, headers=admin).json()["items"]
    return next(dict(item) for item in items if item["username"] == username)


def made(api: Api, admin: dict[str, str], **changes: Any) -> dict[str, Any]:
    answer = api.post(ACCOUNTS, json=NEW | changes, headers=admin)
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return dict(answer.json())


def trail(api: Api, admin: dict[str, str], **query: str) -> list[dict[str, Any]]:
    return list(api.get(AUDIT, params=query, headers=admin).json()["items"])


@pytest.mark.parametrize(("method", "url", "body"), ROUTES)
def test_route__for_administrators_alone(api: Api, method: str, url: str, body: Any) -> None:
    asked = {} if body is None else {"json": body}
    problem(api.request(method, url, **asked), 401)
    for role in set(Role) - {Role.ADMIN}:
        refused = problem(api.request(method, url, headers=api.login(role), **asked), 403)
        right = Right.AUDIT if url.startswith(AUDIT) else Right.ACCOUNTS
        assert right.words in refused["detail"]
    every = api.api_key(["read", "predict", "ingest", "metrics"])
    problem(api.request(method, url, headers=every, **asked), 403)
    assert api.request(method, url, headers=api.login("admin"), **asked).status_code in {200, 201, 204, 404}


def test_account__made_with_a_password_shown_once(api: Api, admin: dict[str, str]) -> None:
    secret = made(api, admin)
    assert len(secret["password"]) >= 12
    assert api.sign_in("lea", secret["password"]).status_code == 200
    listed = account(api, admin, "lea")
    assert (listed["role"], listed["active"], listed["sessions"]) == ("technicien", True, 1)
    assert listed["last_signed_in_at"] is not None
    assert secret["password"] not in api.get(ACCOUNTS, headers=admin).text
    chosen = made(api, admin, username="paul", password=PASSWORD)
    assert chosen["password"] is None
    assert api.sign_in("paul").status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"username": "É"}, "username"),
        ({"display_name": "  "}, "display_name"),
        ({"password": "court"}, "password"),
        ({"password": "é" * 40}, "password"),
        ({"role": "chef"}, "role"),
    ],
)
def test_account__refused_at_the_field_and_no_secret_shown_back(
    api: Api, admin: dict[str, str], change: dict[str, str], field: str
) -> None:
    body = problem(api.post(ACCOUNTS, json=NEW | change, headers=admin), 422)
    assert [error["field"] for error in body["errors"]] == [field]
    if field == "password":
        assert change["password"] not in str(body)
    assert len(api.get(ACCOUNTS, headers=admin).json()["items"]) == 1


def test_account__name_taken(api: Api, admin: dict[str, str]) -> None:
    made(api, admin)
    assert "existe déjà" in problem(api.post(ACCOUNTS, json=NEW, headers=admin), 409)["detail"]


def test_role_changed__holds_at_once(api: Api, admin: dict[str, str]) -> None:
    manager = api.login("manager")
    number = account(api, admin, "essai.manager")["id"]
    answer = api.request("PATCH", f"{ACCOUNTS}/{number}", json={"role": "technicien"}, headers=admin)
    assert answer.json()["role"] == "technicien"
    assert answer.json()["sessions"] == 0
    problem(api.post("/api/v1/park/runs", headers=manager), 401)


def test_change_of_an_old_version__refused_with_who_changed_what(api: Api, admin: dict[str, str]) -> None:
    lea = made(api, admin)["account"]
    url = f"{ACCOUNTS}/{lea['id']}"
    first = api.request("PATCH", url, json={"role": "manager", "version": lea["version"]}, headers=admin)
    api.post(f"{url}/password", json={}, headers=admin)
    late = {"display_name": "Léa Durand", "version": lea["version"]}
    refused = problem(api.request("PATCH", url, json=late, headers=admin), 409)
    assert (first.json()["version"], refused["version"]) == (lea["version"] + 1, lea["version"] + 2)
    role, password = refused["changes"]
    assert (role["by"], password["by"]) == ("Essai admin", "Essai admin")
    assert role["fields"] == [{"field": "role", "before": "technicien", "after": "manager"}]
    assert password["fields"] == [{"field": "password", "before": None, "after": None}]
    assert account(api, admin, "lea")["display_name"] == "Léa Martin"
    again = {**late, "version": refused["version"]}
    assert api.request("PATCH", url, json=again, headers=admin).json()["display_name"] == "Léa Durand"
    unread = {"display_name": "Léa"}
    assert api.request("PATCH", url, json=unread, headers=admin).status_code == 200


def test_display_name_changed__ends_no_session(api: Api, admin: dict[str, str]) -> None:
    manager = api.login("manager")
    number = account(api, admin, "essai.manager")["id"]
    api.request("PATCH", f"{ACCOUNTS}/{number}", json={"display_name": "Camille"}, headers=admin)
    assert api.get("/api/v1/auth/me", headers=manager).json()["display_name"] == "Camille"


def test_deactivated__shut_out_until_reactivated(api: Api, admin: dict[str, str]) -> None:
    manager = api.login("manager")
    number = account(api, admin, "essai.manager")["id"]
    for active, status in ((False, 401), (True, 200)):
        answer = api.request("PATCH", f"{ACCOUNTS}/{number}", json={"active": active}, headers=admin)
        assert answer.json()["active"] is active
        assert api.sign_in("essai.manager").status_code == status
    problem(api.get("/api/v1/auth/me", headers=manager), 401)


@pytest.mark.parametrize("change", [{"active": False}, {"role": "manager"}])
def test_last_administrator__stays(api: Api, admin: dict[str, str], change: dict[str, Any]) -> None:
    own = account(api, admin, "essai.admin")["id"]
    made(api, admin, username="autre.admin", role="admin", password=PASSWORD)
    second = {"Authorization": f"Bearer {api.sign_in('autre.admin').json()['access_token']}"}
    assert api.request("PATCH", f"{ACCOUNTS}/{own}", json=change, headers=second).status_code == 200
    other = account(api, second, "autre.admin")["id"]
    problem(api.request("PATCH", f"{ACCOUNTS}/{other}", json=change, headers=second), 409)
    assert account(api, second, "autre.admin")["role"] == "admin"
    assert account(api, second, "autre.admin")["active"]


def test_own_account__not_deactivated_by_oneself(api: Api, admin: dict[str, str]) -> None:
    made(api, admin, username="autre.admin", role="admin")
    own = account(api, admin, "essai.admin")["id"]
    refused = problem(api.request("PATCH", f"{ACCOUNTS}/{own}", json={"active": False}, headers=admin), 409)
    assert "son propre compte" in refused["detail"]


def test_reset__new_password_shown_once_old_sessions_over(api: Api, admin: dict[str, str]) -> None:
    session = api.session("manager")
    number = account(api, admin, "essai.manager")["id"]
    answer = api.post(f"{ACCOUNTS}/{number}/password", json={}, headers=admin)
    assert api.sign_in("essai.manager").status_code == 401
    assert api.sign_in("essai.manager", answer.json()["password"]).status_code == 200
    problem(api.post("/api/v1/auth/refresh", json={"refresh_token": session["refresh_token"]}), 401)


def test_sessions_ended__and_the_account_may_sign_in_again(api: Api, admin: dict[str, str]) -> None:
    manager = api.login("manager")
    number = account(api, admin, "essai.manager")["id"]
    assert api.request("DELETE", f"{ACCOUNTS}/{number}/sessions", headers=admin).status_code == 204
    problem(api.get("/api/v1/auth/me", headers=manager), 401)
    assert api.sign_in("essai.manager").status_code == 200


@pytest.mark.parametrize("role", list(Role))
def test_own_password__changed_by_anybody_who_knows_the_old_one(api: Api, role: Role) -> None:
    elsewhere, here = api.login(role), api.login(role)
    new = "une autre phrase assez longue"
    body = {"current_password": PASSWORD, "new_password": new}
    answer = api.post("/api/v1/auth/password", json=body, headers=here)
    assert answer.status_code == 200, answer.text
    problem(api.get("/api/v1/auth/me", headers=elsewhere), 401)
    again = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert api.get("/api/v1/auth/me", headers=again).status_code == 200
    assert api.sign_in(f"essai.{role}").status_code == 401
    assert api.sign_in(f"essai.{role}", new).status_code == 200


@pytest.mark.parametrize(
    ("current", "new", "field"),
    [
        ("faux mot de passe", "une autre phrase assez longue", "current_password"),
        (PASSWORD, "court", "new_password"),
        (PASSWORD, PASSWORD, "new_password"),
    ],
)
def test_own_password__refused_at_the_field(api: Api, current: str, new: str, field: str) -> None:
    headers = api.login("technicien")
    body = {"current_password": current, "new_password": new}
    refused = problem(api.post("/api/v1/auth/password", json=body, headers=headers), 422)
    assert [(error["field"], error["value"]) for error in refused["errors"]] == [(field, None)]
    assert api.get("/api/v1/auth/me", headers=headers).status_code == 200
    assert api.sign_in("essai.technicien").status_code == 200


def test_own_password__cannot_be_guessed_through_a_stolen_session(api: Api) -> None:
    headers = api.login("technicien")
    for guess in range(6):
        body = {"current_password": f"essai {guess}", "new_password": "une autre phrase assez longue"}
        problem(api.post("/api/v1/auth/password", json=body, headers=headers), 422)
    right = {"current_password": PASSWORD, "new_password": "une autre phrase assez longue"}
    problem(api.post("/api/v1/auth/password", json=right, headers=headers), 422)
    assert api.sign_in("essai.technicien").status_code == 401


def test_own_account__machines_have_none(api: Api) -> None:
    key = api.api_key(["read"])
    body = {"current_password": PASSWORD, "new_password": "une autre phrase assez longue"}
    problem(api.post("/api/v1/auth/password", json=body, headers=key), 403)
    problem(api.post("/api/v1/auth/logout-everywhere", headers=key), 403)


def test_signed_out_everywhere(api: Api) -> None:
    first, second = api.login("manager"), api.login("manager")
    assert api.post("/api/v1/auth/logout-everywhere", headers=first).status_code == 204
    for headers in (first, second):
        problem(api.get("/api/v1/auth/me", headers=headers), 401)


def test_key__made_used_revoked_refused(api: Api, admin: dict[str, str]) -> None:
    answer = api.post(KEYS, json={"name": "scada", "scopes": ["read", "ingest"]}, headers=admin)
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    secret, key = answer.json()["secret"], answer.json()["key"]
    assert (key["scopes"], key["last_used_at"]) == (["ingest", "read"], None)
    assert key["created_by"] == f"compte:{account(api, admin, 'essai.admin')['id']}"
    headers = {"X-API-Key": secret}
    assert api.get("/api/v1/park", headers=headers).status_code == 200
    assert _used(api, admin) is not None
    assert secret not in api.get(KEYS, headers=admin).text

    assert api.request("DELETE", f"{KEYS}/{key['id']}", headers=admin).json()["revoked_at"] is not None
    api.services.authentication._memory.clear()  # what waiting a second does
    problem(api.get("/api/v1/park", headers=headers), 401)
    problem(api.request("DELETE", f"{KEYS}/{key['id']}", headers=admin), 409)
    problem(api.request("DELETE", f"{KEYS}/99", headers=admin), 404)


def _used(api: Api, admin: dict[str, str]) -> str | None:
    """The last use that is told, once what is noted behind is written."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        used: str | None = api.get(KEYS, headers=admin).json()["items"][0]["last_used_at"]
        if used is not None:
            return used
        time.sleep(0.02)
    return None


def test_key_use__written_once_a_minute_at_most(api: Api, admin: dict[str, str]) -> None:
    headers = api.api_key(["read"], "scada")
    api.get("/api/v1/park", headers=headers)
    first = _used(api, admin)
    for _ in range(5):
        api.services.authentication._memory.clear()
        api.get("/api/v1/park", headers=headers)
    api.services.authentication._behind.submit(int).result()
    assert first is not None
    assert _used(api, admin) == first


@pytest.mark.parametrize(
    ("body", "field"),
    [({"name": " ", "scopes": ["read"]}, "name"), ({"name": "scada", "scopes": ["tout"]}, "scopes")],
)
def test_key__refused_at_the_field(api: Api, admin: dict[str, str], body: Any, field: str) -> None:
    refused = problem(api.post(KEYS, json=body, headers=admin), 422)
    assert [error["field"] for error in refused["errors"]] == [field]


def test_audit__tells_who_did_what_without_names_nor_secrets(api: Api, admin: dict[str, str]) -> None:
    secret = made(api, admin)
    number = secret["account"]["id"]
    api.request("PATCH", f"{ACCOUNTS}/{number}", json={"role": "manager"}, headers=admin)
    key = api.post(KEYS, json={"name": "poste de Léa", "scopes": ["read"]}, headers=admin).json()
    for _ in range(5):
        api.sign_in("lea", "faux")

    me = f"compte:{account(api, admin, 'essai.admin')['id']}"
    found = [(e["actor"], e["action"], e["object_kind"], e["object_id"]) for e in trail(api, admin)]
    assert found[:4] == [
        (f"compte:{number}", "connexion_bloquee", "compte", str(number)),
        (me, "cle_creee", "cle", str(key["key"]["id"])),
        (me, "compte_modifie", "compte", str(number)),
        (me, "compte_cree", "compte", str(number)),
    ]
    text = api.get(AUDIT, headers=admin).text
    for word in ("lea", "Léa", secret["password"], key["secret"], "password_hash"):
        assert word not in text
    changed = trail(api, admin, action="compte_modifie")
    assert changed[0]["details"] == {
        "fields": ["role"],
        "role": ["technicien", "manager"],
        "version": 2,
    }
    verified = api.get(f"{AUDIT}/verify", headers=admin).json()
    assert (verified["intact"], verified["head"]) == (True, trail(api, admin)[0]["hash"])


def test_audit__days_in_disorder_refused(api: Api, admin: dict[str, str]) -> None:
    query = {"from": "2024-02-01", "to": "2024-01-01"}
    assert problem(api.get(AUDIT, params=query, headers=admin), 422)["errors"][0]["field"] == "to"
    ends = {"from": "0001-01-01", "to": "9999-12-31"}
    assert api.get(AUDIT, params=ends, headers=admin).status_code == 200


def test_commands__list_and_verify(
    api: Api, admin: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made(api, admin)
    monkeypatch.setenv("COCKPIT_ENV", "test")
    monkeypatch.setenv("COCKPIT_HOME", str(api.settings.home))
    monkeypatch.setenv("COCKPIT_SECRET_KEY", "k" * 48)
    monkeypatch.setenv("COCKPIT_DATABASE_URL", api.settings.url)
    assert cli.main(["audit", "list", "--limit", "1"]) == 0
    assert "compte_cree" in capsys.readouterr().out
    assert cli.main(["audit", "verify"]) == 0
    assert "chaîne intacte" in capsys.readouterr().out
    with api.services.database.write() as connection:
        connection.exec_driver_sql("UPDATE audit_trail SET actor = 'compte:9' WHERE id = 2")
    assert cli.main(["audit", "verify"]) == 1
    assert "entrée n° 2" in capsys.readouterr().out
    broken = api.get(f"{AUDIT}/verify", headers=admin).json()
    assert (broken["intact"], broken["broken_at"]) == (False, 2)
