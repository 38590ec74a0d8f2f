"""What a person sees follows the rights that the API told at sign-in, whatever their role is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from api.schemas.vocabulary import Right, Role
from tests.ui.conftest import open_at, text_of

RESERVED = {
    "plan": (Right.PLAN, "Plan de la semaine"),
    "modeles": (Right.FOLLOW_MODELS, "Modèles"),
    "supervision": (Right.SUPERVISION, "Supervision"),
    "comptes": (Right.ACCOUNTS, "Comptes et clés"),
    "audit": (Right.AUDIT, "Journal d’audit"),
}


def with_rights(at: AppTest, *rights: Right) -> AppTest:
    """The same person, as if the API had told these rights."""
    transport = at.session_state["_client"]._transport
    user = transport.session.user.model_copy(update={"rights": rights})
    transport.session = replace(transport.session, user=user)
    return at


@pytest.mark.parametrize("role", list(Role))
def test_page__opens_to_whom_the_api_gives_its_right(role: Role, logged_in: Callable[..., AppTest]) -> None:
    at = logged_in(role.value)
    rights = at.session_state["_client"].session.user.rights

    for page, (right, title) in RESERVED.items():
        open_at(at, page)
        assert [each.value for each in at.title] == [title if right in rights else "Page réservée"]


def test_right__opens_the_page_whatever_the_role__and_the_api_checks_it_again(
    logged_in: Callable[..., AppTest],
) -> None:
    at = with_rights(logged_in("technicien"), Right.READ, Right.SUPERVISION)

    open_at(at, "supervision")

    assert [each.value for each in at.title] == ["Supervision"]
    assert "consulter la supervision" in text_of(at)
    assert open_at(at, "comptes").title[0].value == "Page réservée"


def test_buttons__follow_rights_too(logged_in: Callable[..., AppTest]) -> None:
    def offered(at: AppTest) -> set[str]:
        return {each.key for each in (*at.button, *at.text_input) if each.key}

    at = logged_in("manager")
    assert "recalculer" in offered(at)
    assert "politique_cost_failure_eur" in offered(open_at(at, "politique"))
    with_rights(at, Right.READ)
    assert "recalculer" not in offered(open_at(at, "cockpit"))
    assert "politique_cost_failure_eur" not in offered(open_at(at, "politique"))
    assert [tab.label for tab in open_at(at, "interventions").tabs] == [
        "En cours et planifiées",
        "Terminées et verdicts",
    ]
    with_rights(at, Right.READ, Right.ASSIGNED)
    assert next(tab.label for tab in open_at(at, "interventions").tabs) == "Mes interventions"
