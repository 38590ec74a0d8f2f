"""What an act came to: said through redraws, until the next act or for a while."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from ui.shared import outcome

pytestmark = pytest.mark.slow  # loads Streamlit

PAGE = """
import streamlit as st
from ui.shared import outcome

outcome.show("essai")
st.button("faire", key="faire", on_click=outcome.tell, args=("essai", "C’est *fait*."))
st.button("refuser", key="refuser", on_click=outcome.tell, args=("essai", "Refusé."), kwargs={"done": False})
outcome.show("autre")
"""


def said(at: AppTest) -> tuple[list[str], list[str]]:
    return [each.value for each in at.success], [each.value for each in at.error]


@pytest.mark.slow
def test_told__stays_through_redraws_until_the_next_act() -> None:
    at = AppTest.from_string(PAGE).run()
    assert said(at) == ([], [])

    at.button(key="faire").click().run()
    assert said(at) == said(at.run()) == (["C’est \\*fait\\*."], [])

    at.button(key="refuser").click().run()
    assert said(at) == said(at.run()) == ([], ["Refusé."])


@pytest.mark.slow
def test_told__not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    at = AppTest.from_string(PAGE).run()
    at.button(key="faire").click().run()
    monkeypatch.setattr(outcome, "LASTS_S", -1.0)

    assert said(at.run()) == ([], [])
    monkeypatch.undo()
    assert said(at.run()) == ([], [])
