"""Signing in, staying in, being shut out: passwords, locks, sessions, sensitive calls."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from api.domain.people import ROLE_RIGHTS
from api.schemas.vocabulary import Right, Role
from api.services.people.authentication import LOCK, MAX_FAILURES, SESSION
from tests.api.conftest import PASSWORD, Api, forged, problem

ME = "/api/v1/auth/me"
LOGS = "/api/v1/logs"


def test_sign_in__token_session_and_account(api: Api) -> None:
    token = api.session("manager")

    assert token["token_type"] == "bearer"
    assert token["expires_in"] == 600
    assert token["user"] == {
        "username": "essai.manager",
        "display_name": "Essai manager",
        "role": "manager",
        "role_name": "Responsable maintenance",
        "rights": [right.value for right in Right if right in ROLE_RIGHTS[Role.MANAGER]],
    }
    left = datetime.fromisoformat(token["session_expires_at"]) - datetime.now(UTC)
    assert SESSION - timedelta(minutes=1) < left <= SESSION
    me = api.get(ME, headers={"Authorization": f"Bearer {token['access_token']}"})
    assert me.json() == token["user"]


def test_sign_in__is_never_cached_and_name_is_not_case_sensitive(api: Api) -> None:
    api.session("manager")

    answer = api.sign_in(" Essai.Manager ")

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"


def test_sign_in__wrong_unknown_locked_inactive_read_the_same(api: Api) -> None:
    api.session("manager")
    api.session("technicien")
    api.accounts.change("essai.technicien", active=False)
    refused = [api.sign_in("essai.manager", "faux") for _ in range(MAX_FAILURES)]
    refused += [api.sign_in("personne"), api.sign_in("essai.technicien"), api.sign_in("essai.manager")]

    bodies = [problem(answer, 401) for answer in refused]

    for body in bodies:
        del body["request_id"]
    assert all(body == bodies[0] for body in bodies)


def test_lock__after_five_failures_for_fifteen_minutes(api: Api) -> None:
    api.session("manager")
    for _ in range(MAX_FAILURES - 1):
        api.sign_in("essai.manager", "faux")
    assert api.sign_in("essai.manager").status_code == 200, "four failures do not lock"
    for _ in range(MAX_FAILURES):
        api.sign_in("essai.manager", "faux")

    assert api.sign_in("essai.manager").status_code == 401
    locked = next(user for user in api.accounts.all() if user.username == "essai.manager")
    assert locked.locked_until is not None
    assert abs(locked.locked_until - datetime.now(UTC) - LOCK) < timedelta(minutes=1)


def test_lock__ends_by_itself_and_the_count_starts_anew(api: Api) -> None:
    api.session("manager")
    for _ in range(MAX_FAILURES):
        api.sign_in("essai.manager", "faux")
    later = datetime.now(UTC) + LOCK + timedelta(seconds=1)
    api.services.authentication.now = lambda: later

    assert api.sign_in("essai.manager", "faux").status_code == 401
    assert api.sign_in("essai.manager").status_code == 200


def test_lock__holds_against_guesses_sent_at_once(api: Api) -> None:
    api.session("manager")
    guesses = ["faux"] * 30 + [PASSWORD]

    async def all_at_once() -> list[httpx.Response]:
        send = (
            api.client.post("/api/v1/auth/token", data={"username": "essai.manager", "password": guess})
            for guess in guesses
        )
        return list(await asyncio.gather(*send))

    answers = api.portal.call(all_at_once)

    failures = sum(answer.status_code == 401 for answer in answers[:-1])
    assert failures == 30
    user = next(user for user in api.accounts.all() if user.username == "essai.manager")
    assert user.locked_until is not None or answers[-1].status_code == 200


def test_sign_in__oversized_password_is_only_wrong(api: Api) -> None:
    api.session("manager")

    problem(api.sign_in("essai.manager", PASSWORD + "x" * 72), 401)
    problem(api.sign_in("essai.manager", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")), 401)


def test_sign_in__missing_password_is_told_without_values(api: Api) -> None:
    answer = api.post("/api/v1/auth/token", data={"username": "secret-name"})

    body = problem(answer, 422)
    assert body["errors"] == [
        {"field": "password", "message": "champ obligatoire, absent : ajoutez-le.", "value": None}
    ]
    assert "secret-name" not in answer.text


@pytest.mark.parametrize(
    "sent", ['"the-secret-token-itself"', '{"refresh_token": ["the-secret-token"]}', '{"x": "the-secret"}']
)
def test_refresh__malformed_request_never_shows_the_token_back(api: Api, sent: str) -> None:
    answer = api.post("/api/v1/auth/refresh", content=sent, headers={"Content-Type": "application/json"})

    problem(answer, 422)
    assert "the-secret" not in answer.text


def test_refresh__same_session_role_of_now(api: Api) -> None:
    token = api.session("technicien")
    database = api.services.database
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE users SET role = 'manager' WHERE username = 'essai.technicien'")

    renewed = api.post("/api/v1/auth/refresh", json={"refresh_token": token["refresh_token"]})

    assert renewed.status_code == 200
    assert renewed.headers["cache-control"] == "no-store"
    user = renewed.json()["user"]
    assert (user["role"], user["role_name"]) == ("manager", "Responsable maintenance")
    assert Right.PLAN in user["rights"]
    assert Right.PLAN not in token["user"]["rights"]
    assert renewed.json()["session_expires_at"] == token["session_expires_at"]
    headers = {"Authorization": f"Bearer {renewed.json()['access_token']}"}
    assert api.get(LOGS, headers=headers).status_code == 200


def test_refresh__ended_session__401(api: Api) -> None:
    token = api.session("manager")
    later = datetime.now(UTC) + SESSION + timedelta(seconds=1)
    api.services.authentication.now = lambda: later

    problem(api.post("/api/v1/auth/refresh", json={"refresh_token": token["refresh_token"]}), 401)
    problem(api.post("/api/v1/auth/refresh", json={"refresh_token": "never-made-" * 4}), 401)


def test_logout__session_is_dead_for_refresh_and_for_sensitive_calls(api: Api) -> None:
    token = api.session("manager")
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    session = {"refresh_token": token["refresh_token"]}

    assert api.post("/api/v1/auth/logout", json=session).status_code == 204
    assert api.post("/api/v1/auth/logout", json=session).status_code == 204

    problem(api.post("/api/v1/auth/refresh", json=session), 401)
    problem(api.get(ME, headers=headers), 401)
    problem(api.get(LOGS, headers=headers), 401)


def test_fresh_call__role_changed_since_the_token__401(api: Api) -> None:
    headers = api.login("manager")
    assert api.get(ME, headers=headers).status_code == 200

    api.accounts.change("essai.manager", role=Role.TECHNICIEN)

    problem(api.get(ME, headers=headers), 401)


def test_fresh_call__older_token_of_a_living_session__401(api: Api) -> None:
    headers = api.login("manager")
    with api.services.database.write() as connection:
        connection.exec_driver_sql("UPDATE users SET token_version = token_version + 1")

    problem(api.get(ME, headers=headers), 401)


def test_fresh_call__token_of_anothers_session__401(api: Api) -> None:
    api.session("manager")
    api.session("admin")
    key = api.settings.secret_key.get_secret_value()

    assert api.get(ME, headers=forged(key, "HS256", sub="2", sid=2)).status_code == 200
    problem(api.get(ME, headers=forged(key, "HS256", sub="1", sid=2)), 401)


def test_fresh_call__account_deactivated__401(api: Api) -> None:
    headers = api.login("manager")
    api.accounts.change("essai.manager", active=False)

    problem(api.get(ME, headers=headers), 401)


def test_new_role__needs_its_name_and_its_line_of_the_table_alone(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    planner = str.__new__(Role, "planificateur")
    planner._value_, planner._name_, planner.words = "planificateur", "PLANIFICATEUR", "Planificateur"
    monkeypatch.setitem(Role._value2member_map_, planner.value, planner)
    monkeypatch.setitem(ROLE_RIGHTS, planner, frozenset({Right.READ, Right.PLAN, Right.ASSIGNED}))
    api.session("technicien")
    with api.services.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE users SET role = 'planificateur' WHERE username = 'essai.technicien'"
        )

    token = api.sign_in("essai.technicien").json()

    assert token["user"]["role_name"] == "Planificateur"
    assert token["user"]["rights"] == ["read", "assigned", "plan"]
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    assert api.get("/api/v1/week-plan", headers=headers).status_code == 200
    problem(api.get(LOGS, headers=headers), 403)
    assignees = api.get("/api/v1/interventions/assignees", headers=headers).json()["items"]
    assert "essai.technicien" in assignees
