"""Accounts and keys as the administrator and the first start make them."""

from __future__ import annotations

import timeit
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import SecretStr

from api.domain.shared.exceptions import CockpitError, Conflict, InvalidInput, NotFound
from api.schemas.vocabulary import Role
from api.services.people.demo_accounts import DemoAccounts
from api.services.people.passwords import Hasher
from api.settings import Environment
from tests.api.conftest import PASSWORD, Api, MakeApi


def test_create__without_password_gets_a_random_one_that_works(api: Api) -> None:
    first = api.accounts.create("lea.martin", "Léa Martin", Role.MANAGER).password
    second = api.accounts.create("paul", "Paul", Role.MANAGER).password

    assert first is not None
    assert second is not None
    assert first != second
    assert len(first) >= 20
    assert api.sign_in("lea.martin", first).status_code == 200
    assert api.sign_in("lea.martin", second).status_code == 401


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("onze caract", "12\u00a0caractères au moins"),
        ("é" * 37, "72\u00a0octets au plus"),
        ("", "12\u00a0caractères"),
    ],
)
def test_create__unfit_password_refused_without_showing_it(api: Api, password: str, told: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        api.accounts.create("lea", "Léa", Role.MANAGER, password)

    assert told in refused.value.detail
    assert refused.value.errors[0].value is None
    assert not api.accounts.all()


def test_create__a_password_of_exactly_72_bytes_counts_to_its_last_byte(api: Api) -> None:
    api.accounts.create("lea", "Léa", Role.MANAGER, "a" * 71 + "b")

    assert api.sign_in("lea", "a" * 71 + "b").status_code == 200
    assert api.sign_in("lea", "a" * 72).status_code == 401
    assert api.sign_in("lea", "a" * 71 + "bc").status_code == 401, "what bcrypt cannot read is not ignored"


@pytest.mark.parametrize("name", ["", "a", "avec espace", "é.t", "-tiret", "x" * 65, "a;drop"])
def test_create__unfit_name_refused(api: Api, name: str) -> None:
    with pytest.raises(InvalidInput, match="username"):
        api.accounts.create(name, "Nom", Role.ADMIN, PASSWORD)


def test_create__name_taken_whatever_its_case(api: Api) -> None:
    api.accounts.create("lea", "Léa", Role.MANAGER, PASSWORD)

    with pytest.raises(Conflict, match="existe déjà"):
        api.accounts.create(" LEA", "Autre", Role.ADMIN, PASSWORD)


def test_reset_password__old_one_and_old_sessions_end_and_the_lock_opens(api: Api) -> None:
    session = api.session("manager")
    for _ in range(5):
        api.sign_in("essai.manager", "faux")

    new = str(api.accounts.reset_password("essai.manager").password)

    assert api.sign_in("essai.manager", PASSWORD).status_code == 401
    assert api.sign_in("essai.manager", new).status_code == 200
    renewed = api.post("/api/v1/auth/refresh", json={"refresh_token": session["refresh_token"]})
    assert renewed.status_code == 401


def test_change__shuts_out_and_lets_in_again(api: Api) -> None:
    api.session("manager")

    api.accounts.change("essai.manager", active=False)
    assert api.sign_in("essai.manager").status_code == 401
    api.accounts.change("essai.manager", active=True)

    assert api.sign_in("essai.manager").status_code == 200


def test_unknown_account_or_key__not_found(api: Api) -> None:
    calls: tuple[Callable[[], object], ...] = (
        lambda: api.accounts.change("personne", role=Role.ADMIN),
        lambda: api.accounts.reset_password("personne"),
        lambda: api.accounts.change("personne", active=True),
        lambda: api.keys.revoke("aucune"),
    )
    for call in calls:
        with pytest.raises(NotFound, match="introuvable"):
            call()


def test_create_key__shown_once_and_stored_only_as_a_hash(api: Api) -> None:
    key = api.keys.create("scada", ["ingest", "read", "read"]).secret

    assert key.startswith("ck_")
    assert [(k.name, k.scopes, k.revoked_at) for k in api.keys.all()] == [("scada", ("ingest", "read"), None)]
    stored = (api.settings.home / "cockpit.db").read_bytes() + (
        api.settings.home / "cockpit.db-wal"
    ).read_bytes()
    assert key.encode() not in stored


@pytest.mark.parametrize("scopes", [[], ["read", "admin"], [""]])
def test_create_key__unknown_or_no_scope_refused(api: Api, scopes: list[str]) -> None:
    with pytest.raises(InvalidInput, match="read, predict, ingest, metrics"):
        api.keys.create("scada", scopes)


def test_revoked_key__its_name_is_not_given_again(api: Api) -> None:
    api.keys.create("scada", ["read"])
    api.keys.revoke("scada")

    with pytest.raises(Conflict, match="a existé"):
        api.keys.create("scada", ["read"])
    with pytest.raises(Conflict, match="déjà révoquée"):
        api.keys.revoke("scada")


def test_demo_accounts__one_per_role_told_once(api: Api) -> None:
    made = api.services.core.demo_accounts.ensure()

    assert {account.username: account.role for account in made} == {role.value: role for role in Role}
    assert len({account.password for account in made}) == 4
    for account in made:
        assert account.password is not None
        assert api.sign_in(account.username, account.password).status_code == 200
    assert [account.password for account in api.services.core.demo_accounts.ensure()] == [None] * 4


def test_demo_accounts__made_by_several_processes_at_once_are_still_four(api: Api) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: api.services.core.demo_accounts.ensure(), range(4)))

    told = [a for accounts in made for a in accounts if a.password is not None]
    assert sorted(account.username for account in told) == sorted(role.value for role in Role)
    assert all(api.sign_in(a.username, str(a.password)).status_code == 200 for a in told)


def test_demo_accounts__a_common_password_set_later_replaces_the_random_ones(make_api: MakeApi) -> None:
    api = make_api()
    before = {a.username: str(a.password) for a in api.services.core.demo_accounts.ensure()}
    settings = api.settings.model_copy(update={"demo_password": SecretStr("commun")})

    told = DemoAccounts(api.accounts, settings).ensure()

    assert {account.password for account in told} == {"commun"}
    assert all(api.sign_in(name, "commun").status_code == 200 for name in before)
    assert all(api.sign_in(name, password).status_code == 401 for name, password in before.items())


def test_demo_accounts__an_account_of_the_same_name_or_shut_out_is_left_alone(api: Api) -> None:
    api.accounts.create("manager", "La vraie responsable", Role.MANAGER, PASSWORD)
    api.services.core.demo_accounts.ensure()
    api.accounts.change("admin", active=False)

    again = api.services.core.demo_accounts.ensure()

    assert {account.username for account in again} == {"technicien", "ingenieur"}
    assert api.sign_in("manager").status_code == 200
    users = {user.username: user for user in api.accounts.all()}
    assert not users["manager"].demo
    assert not users["admin"].active


def test_production__refuses_to_start_while_demo_accounts_may_sign_in(api: Api, make_api: MakeApi) -> None:
    api.services.core.demo_accounts.ensure()

    with pytest.raises(CockpitError, match="admin, ingenieur, manager, technicien"):
        make_api(env=Environment.PRODUCTION)
    for role in Role:
        api.accounts.change(role.value, active=False)

    assert make_api(env=Environment.PRODUCTION).get("/health").status_code == 200


def test_hasher__takes_as_long_for_nobody_as_for_somebody() -> None:
    hasher = Hasher(10)
    stored = hasher.hash("un mot de passe")

    def best(against: str | None) -> float:
        return min(timeit.repeat(lambda: hasher.matches("un mot de passf", against), number=1, repeat=5))

    assert 0.5 < best(None) / best(stored) < 2
    assert hasher.matches("un mot de passe", stored)
    assert not hasher.matches("un mot de passe", None)
