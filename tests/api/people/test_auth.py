"""Who may sign in, and which credentials hold."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest

from api.schemas.vocabulary import Role
from api.services.people.authentication import MEMORY_S
from tests.api.conftest import CLAIMS, Api, forged, problem

ME = "/api/v1/auth/me"
LOGS = "/api/v1/logs"
PARK = "/api/v1/park"
SENSITIVE = (
    LOGS,
    "/api/v1/supervision",
    "/api/v1/exports/measurements",
    "/api/v1/week-plan",
    "/api/v1/interventions",
    ME,
)


def test_no_credentials__401_in_french_with_challenge(api: Api) -> None:
    answer = api.get(PARK)

    body = problem(answer, 401)
    assert body["title"] == "Authentification requise"
    assert "clé d’API ou jeton" in body["detail"]
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-Key": "ck_" + "a" * 43},
        {"X-API-Key": ""},
        {"X-API-Key": "é"},
        {"X-User": "manager"},
        {"X-User": "admin", "X-Role": "admin", "X-Forwarded-User": "admin"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer abc.def.ghi"},
        {"Authorization": "Basic bWFuYWdlcjpzZWNyZXQ="},
    ],
    ids=str,
)
def test_credentials_that_do_not_hold__401(api: Api, headers: dict[str, str]) -> None:
    api.session("admin")

    raw = {name: value.encode() for name, value in headers.items()}

    problem(api.get(PARK, headers=raw), 401)


def test_token_signed_with_the_real_key__is_what_the_forgeries_imitate(api: Api) -> None:
    api.session("admin")

    answer = api.get(LOGS, headers=forged(api.settings.secret_key.get_secret_value(), "HS256"))

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("secret", "algorithm", "changes"),
    [
        ("x" * 48, "HS256", {}),
        ("", "none", {}),
        (None, "HS384", {}),
        (None, "HS256", {"exp": datetime(2024, 1, 1, tzinfo=UTC)}),
        (None, "HS256", {"aud": "another"}),
        (None, "HS256", {"iss": "another"}),
        (None, "HS256", {"role": "root"}),
        (None, "HS256", {"ver": None}),
        (None, "HS256", {"sid": "x"}),
    ],
    ids=["other key", "alg none", "other alg", "expired", "audience", "issuer", "role", "version", "session"],
)
def test_forged_token__401(api: Api, secret: str | None, algorithm: str, changes: dict[str, Any]) -> None:
    api.session("admin")
    key = api.settings.secret_key.get_secret_value() if secret is None else secret

    problem(api.get(LOGS, headers=forged(key, algorithm, **changes)), 401)


def test_token_without_expiry__401(api: Api) -> None:
    api.session("admin")
    claims = CLAIMS | {"iat": datetime.now(UTC)}
    token = jwt.encode(claims, api.settings.secret_key.get_secret_value(), "HS256")

    problem(api.get(LOGS, headers={"Authorization": f"Bearer {token}"}), 401)


def test_key_and_token_together__refused_whoever_they_are(api: Api) -> None:
    both = api.login("manager") | api.api_key(["read"])

    body = problem(api.get(PARK, headers=both), 401)

    assert "pas les deux" in body["detail"]


def test_technician_on_a_managers_right__403_names_the_right(api: Api) -> None:
    body = problem(api.get(LOGS, headers=api.login("technicien")), 403)

    assert "consulter le journal des appels" in body["detail"]


def test_key_scopes__are_all_that_a_key_may_do(api: Api) -> None:
    assert api.get(LOGS, headers=api.api_key(["metrics"])).status_code == 200
    problem(api.get(LOGS, headers=api.api_key(["read", "predict", "ingest"])), 403)


def test_me__of_a_key__403(api: Api) -> None:
    problem(api.get(ME, headers=api.api_key(["read"])), 403)


def test_revoked_key__refused_within_its_memory(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = api.api_key(["read"], "sonde")
    assert api.get(PARK, headers=headers).status_code == 200
    api.keys.revoke("sonde")

    began = time.monotonic()
    monkeypatch.setattr("api.services.people.authentication.time.monotonic", lambda: began + MEMORY_S + 1)

    problem(api.get(PARK, headers=headers), 401)


def test_revoked_key__refused_at_once_on_a_fresh_call(api: Api) -> None:
    headers = api.api_key(["read"], "sonde")
    assert api.get(PARK, headers=headers).status_code == 200
    api.keys.revoke("sonde")

    problem(api.get(ME, headers=headers), 401)


@pytest.mark.parametrize("end", ["deactivated", "other role", "sessions ended"])
def test_ended__refused_at_once_on_sensitive_reads_and_within_a_second_elsewhere(
    api: Api, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    headers = api.login("manager")
    assert api.get(PARK, headers=headers).status_code == 200
    number = next(account.id for account in api.accounts.all() if account.username == "essai.manager")
    if end == "deactivated":
        api.accounts.change(number, active=False)
    elif end == "other role":
        api.accounts.change(number, role=Role.INGENIEUR)
    else:
        api.accounts.end_sessions(number, by="essai")

    for path in SENSITIVE:
        problem(api.get(path, headers=headers), 401)
    began = time.monotonic()
    monkeypatch.setattr("api.services.people.authentication.time.monotonic", lambda: began + MEMORY_S + 1)
    problem(api.get(PARK, headers=headers), 401)


def test_wrong_keys__leave_nothing_in_memory(api: Api) -> None:
    for number in range(50):
        api.get(PARK, headers={"X-API-Key": f"ck_{number:040}"})

    assert not api.services.authentication._memory


def test_known_key__costs_no_database(api: Api) -> None:
    headers = api.api_key(["metrics"])
    assert api.services.authentication.remembered(headers["X-API-Key"]) is None
    api.get(LOGS, headers=headers)

    known = api.services.authentication.remembered(headers["X-API-Key"])

    assert known is not None
    assert known.name.startswith("cle:")
