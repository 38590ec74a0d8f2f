"""The table of rights, against the contract written out a second time."""

from __future__ import annotations

import pytest

from api.domain.people import ROLE_RIGHTS, SCOPE_RIGHTS, Principal, Right, rights_of_scopes
from api.domain.shared.exceptions import InvalidInput
from api.schemas.vocabulary import Role

#                    technicien manager ingenieur admin  key scopes
CONTRACT = {
    Right.READ: ("x", "x", "x", "x", {"read"}),
    Right.PREDICT: ("x", "x", "x", "x", {"predict"}),
    Right.WORK: ("x", "x", "-", "-", set()),
    Right.START_RUN: ("-", "x", "x", "-", set()),
    Right.PLAN: ("-", "x", "-", "-", set()),
    Right.POLICY: ("-", "x", "-", "-", set()),
    Right.INGEST: ("-", "x", "-", "-", {"ingest"}),
    Right.MODELS: ("-", "-", "x", "-", set()),
    Right.SUPERVISION: ("-", "x", "x", "x", {"metrics"}),
    Right.LOGS: ("-", "x", "x", "x", {"metrics"}),
    Right.METRICS: ("-", "x", "x", "x", {"metrics"}),
    Right.ACCOUNTS: ("-", "-", "-", "x", set()),
}
COLUMNS = (Role.TECHNICIEN, Role.MANAGER, Role.INGENIEUR, Role.ADMIN)


def test_every_right_and_role_is_decided() -> None:
    assert set(CONTRACT) == set(Right)
    assert set(ROLE_RIGHTS) == set(Role)
    assert set(SCOPE_RIGHTS) == {"read", "predict", "ingest", "metrics"}


@pytest.mark.parametrize("right", Right)
def test_right__belongs_to_whom_the_contract_says(right: Right) -> None:
    *cells, scopes = CONTRACT[right]

    assert {role for role in Role if right in ROLE_RIGHTS[role]} == {
        role for role, cell in zip(COLUMNS, cells, strict=True) if cell == "x"
    }
    assert {scope for scope, rights in SCOPE_RIGHTS.items() if right in rights} == scopes


def test_scopes__add_up() -> None:
    assert rights_of_scopes(["read", "predict"]) == {Right.READ, Right.PREDICT}


@pytest.mark.parametrize("scopes", [[], ["write"], ["read", "write"]])
def test_unknown_or_no_scope__refused(scopes: list[str]) -> None:
    with pytest.raises(InvalidInput, match="portées possibles"):
        rights_of_scopes(scopes)


def test_principal__is_named_by_number_alone() -> None:
    rights = frozenset[Right]()

    assert Principal("user", 3, rights).name == "compte:3"
    assert Principal("key", 7, rights).name == "cle:7"
