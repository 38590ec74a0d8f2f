"""The table of rights, against the contract written out a second time; nothing else decides by role."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from api.domain.people import ROLE_RIGHTS, SCOPE_RIGHTS, Principal, rights_of_scopes
from api.domain.shared.exceptions import InvalidInput
from api.schemas.vocabulary import Right, Role, Scope

#                    technicien manager ingenieur admin  key scopes
CONTRACT = {
    Right.READ: ("x", "x", "x", "x", {"read", "photos"}),
    Right.PREDICT: ("x", "x", "x", "x", {"predict"}),
    Right.READ_PREDICTIONS: ("x", "x", "x", "x", {"read", "predict", "photos"}),
    Right.OWN_ACCOUNT: ("x", "x", "x", "x", set()),
    Right.PHOTOS: ("x", "x", "x", "x", {"photos"}),
    Right.WORK: ("x", "x", "-", "-", set()),
    Right.ASSIGNED: ("x", "-", "-", "-", set()),
    Right.START_RUN: ("-", "x", "x", "-", set()),
    Right.PLAN: ("-", "x", "-", "-", set()),
    Right.POLICY: ("-", "x", "-", "-", set()),
    Right.INGEST: ("-", "x", "-", "-", {"ingest"}),
    Right.CORRECT: ("-", "x", "-", "-", set()),
    Right.FOLLOW_MODELS: ("-", "x", "x", "x", {"read", "photos"}),
    Right.MODELS: ("-", "-", "x", "-", set()),
    Right.SUPERVISION: ("-", "x", "x", "x", {"metrics"}),
    Right.LOGS: ("-", "x", "x", "x", {"metrics"}),
    Right.METRICS: ("-", "x", "x", "x", {"metrics"}),
    Right.ACCOUNTS: ("-", "-", "-", "x", set()),
    Right.AUDIT: ("-", "-", "-", "x", set()),
}
ROOT = Path(__file__).resolve().parent.parent.parent.parent
TABLE = ROOT / "api" / "domain" / "people.py"
SOURCES = sorted(path for part in ("api", "ui") for path in (ROOT / part).rglob("*.py") if path != TABLE)
COLUMNS = (Role.TECHNICIEN, Role.MANAGER, Role.INGENIEUR, Role.ADMIN)


def test_every_right_and_role_is_decided() -> None:
    assert set(CONTRACT) == set(Right)
    assert set(ROLE_RIGHTS) == set(Role)
    assert set(SCOPE_RIGHTS) == set(Scope)
    assert all(each.words for each in (*Right, *Role))


@pytest.mark.parametrize("right", Right)
def test_right__belongs_to_whom_the_contract_says(right: Right) -> None:
    *cells, scopes = CONTRACT[right]

    assert {role for role in Role if right in ROLE_RIGHTS[role]} == {
        role for role, cell in zip(COLUMNS, cells, strict=True) if cell == "x"
    }
    assert {scope for scope, rights in SCOPE_RIGHTS.items() if right in rights} == scopes


@pytest.mark.slow  # reads the whole product
def test_no_role_is_named_outside_of_the_table() -> None:
    """A new role is a line of the vocabulary, with its French name, and a line of the table: nothing else."""
    named = {
        (path.relative_to(ROOT).as_posix(), node.attr)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Role"
        if node.attr in Role.__members__
    }

    assert not named, "ask for a right: ROLE_RIGHTS says which roles have it"


def test_scopes__add_up() -> None:
    assert rights_of_scopes(["read", "predict"]) == SCOPE_RIGHTS["read"] | SCOPE_RIGHTS["predict"]


@pytest.mark.parametrize("scopes", [[], ["write"], ["read", "write"]])
def test_unknown_or_no_scope__refused(scopes: list[str]) -> None:
    with pytest.raises(InvalidInput, match="portées possibles"):
        rights_of_scopes(scopes)


def test_principal__is_named_by_number_alone() -> None:
    rights = frozenset[Right]()

    assert Principal("user", 3, rights).name == "compte:3"
    assert Principal("key", 7, rights).name == "cle:7"
