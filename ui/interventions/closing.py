"""Closing an intervention: the form of the verdict, what becomes of it if somebody was faster, the report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import streamlit as st

from api.schemas import french
from api.schemas.interventions import InterventionDetail
from api.schemas.vocabulary import InterventionState, Verdict
from ui.interventions import forms, views
from ui.shared import layout
from ui.shared.entry import drafts

State = InterventionState
FORM = "clore"
CLOSING = ("verdict", "findings", "downtime_hours", "done_on")


def draw(item: InterventionDetail, ticked: list[int]) -> None:
    """Draw the form that closes an intervention under way.

    Args:
        item: the intervention.
        ticked: places of the points checked, sent with it.
    """
    st.subheader("Clôturer", anchor=False)
    keys = {name: f"clore_{item.id}_{name}" for name in CLOSING}
    wrong = forms.refusal(FORM, CLOSING)
    if (today := st.session_state.get("_interventions_today")) is not None:
        st.session_state.setdefault(keys["done_on"], today)
    scope = _scope(item)
    drafts.short_fields(scope, days=[keys["done_on"]])
    with st.container(key=scope), st.form(FORM, border=True):
        st.radio(
            "Verdict",
            list(Verdict),
            index=None,
            format_func=views.VERDICTS.__getitem__,
            captions=[views.VERDICT_MEANINGS[verdict] for verdict in Verdict],
            key=keys["verdict"],
        )
        forms.field_error(wrong, "verdict")
        drafts.long_text("Ce que vous avez constaté", keys["findings"], form=True)
        forms.field_error(wrong, "findings")
        layout.number_field("Arrêt de la machine (h), 0 si aucun", keys["downtime_hours"])
        forms.field_error(wrong, "downtime_hours")
        st.date_input(
            "Jour de fin des travaux", value=None, format=french.STREAMLIT_DATE, key=keys["done_on"]
        )
        forms.field_error(wrong, "done_on")
        st.form_submit_button(
            "Clôturer",
            key="clore_envoyer",
            type="primary",
            on_click=_send,
            args=(item, keys, ticked),
        )


def _send(item: InterventionDetail, keys: Mapping[str, str], ticked: list[int]) -> None:
    if not layout.readable(keys["downtime_hours"]):
        return
    values = {name: st.session_state.get(key) for name, key in keys.items()}
    day = values["done_on"]
    changes = {
        **values,
        "downtime_hours": layout.number(keys["downtime_hours"]),
        "findings": drafts.text(keys["findings"]) or None,
        "done_on": day.isoformat() if isinstance(day, date) else None,
        "state": State.TERMINEE,
        "checklist_done": ticked,
    }
    forms.change(item, FORM, changes, "Intervention clôturée, merci.", *keys.values(), _scope(item))


def _scope(item: InterventionDetail) -> str:
    return f"saisie_clore_{item.id}"


def report(item: InterventionDetail) -> None:
    """Draw the verdict of an intervention that was closed."""
    if item.verdict is None:
        return
    st.subheader("Compte rendu", anchor=False)
    st.markdown(
        f"**{views.VERDICTS[item.verdict]}** : {views.VERDICT_MEANINGS[item.verdict]}.  \n"
        f"{layout.plain(item.findings or '')}"
    )
    st.caption(f"Clôturée par {layout.plain(item.closed_by or '')} le {french.date(item.closed_at)}.")
