"""The interventions of one turbine, on its page: read them, plan one, report a finding."""

from __future__ import annotations

import streamlit as st

from api.schemas.interventions import Interventions
from api.schemas.park import TurbineDetail
from api.schemas.vocabulary import InterventionOrigin, Right
from ui.interventions import forms, views
from ui.shared import auth, layout
from ui.shared.entry import drafts

SHOWN = 5


def draw(detail: TurbineDetail) -> None:
    """Draw the section.

    Args:
        detail: of the turbine.
    """
    name = detail.turbine.turbine_id
    st.subheader("Interventions", anchor=False)
    forms.show_outcome()
    interventions = layout.fetched(
        lambda: auth.client().interventions.search(turbine=name, limit=SHOWN), "interventions_turbine"
    )
    if interventions is not None:
        _list(interventions)
    plannable = interventions is not None and not any(
        item.state in views.LIVING for item in interventions.items
    )
    with st.container(horizontal=True):
        may_plan = plannable and auth.may(Right.PLAN)
        if may_plan and st.button("Planifier une intervention", key="planifier_turbine"):
            layout.go("interventions", planifier=name)
        if auth.may(Right.WORK):
            _report(name)


def _list(interventions: Interventions) -> None:
    if not interventions.items:
        st.markdown("Aucune intervention enregistrée sur cette turbine.")
    for item in interventions.items:
        effect = f" · {views.EFFECTS[item.effect].lower()}" if item.effect else ""
        words = f"{views.state_words(item)} · {views.plan_words(item, interventions.today)}{effect}"
        with st.container(horizontal=True, vertical_alignment="center", key=f"ligne_{item.id}"):
            if st.button(f"N° {item.id}", key=f"intervention_{item.id}"):
                layout.go("interventions", n=str(item.id))
            st.markdown(layout.sentence(words), width="stretch")


def _report(name: str) -> None:
    key = f"constat_{name}"
    with forms.menu("Signaler un constat…", "signaler"):
        st.markdown("Ce que vous avez vu, sans rien planifier ; un responsable décidera de la suite.")
        wrong = forms.refusal("constat", ("findings",))
        drafts.long_text("Constat", key, form=False)
        forms.field_error(wrong, "findings")
        st.button(
            "Envoyer le constat",
            key="constat_envoyer",
            type="primary",
            on_click=lambda: forms.submit(
                "constat",
                lambda: auth.client().interventions.open(
                    {
                        "turbine_id": name,
                        "origin": InterventionOrigin.CONSTAT,
                        **({"findings": text} if (text := drafts.text(key)) else {}),
                    }
                ),
                "Constat enregistré.",
                [key],
            ),
        )
