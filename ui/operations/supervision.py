"""Supervision: does the cockpit run, do the scorings go well, is the park's alert level unusual?"""

from __future__ import annotations

import streamlit as st

from api.schemas import french
from api.schemas.supervision import FindingTrends, Supervision
from api.schemas.vocabulary import ALERT, Right
from ui.client.api_error import ApiError
from ui.operations import views
from ui.shared import auth, figures, layout
from ui.shared import labels as fr

REFRESH_S = 30
CALLS_SHOWN = 50
_STATE_COLOURS = {"ok": "green", "attention": "orange", "erreur": "red", "inconnu": "gray"}


def page() -> None:
    """Draw the page."""
    layout.header("Supervision")
    layout.live("supervision", _body, every_s=REFRESH_S)


def _body() -> bool:
    try:
        state = auth.client().operations.supervision()
    except ApiError as error:
        layout.check_session(error)
        layout.show_error(error)
        return not error.unreachable
    st.caption(layout.plain(views.state_words(state)))
    _checks(state)
    layout.facts(views.call_facts(state.calls))
    _parts_and_alerts(state)
    _findings(state.findings)
    st.subheader("Derniers calculs du parc", anchor=False)
    if state.last_runs:
        layout.table(views.runs_frame(state.last_runs), "Derniers calculs du parc", key="calculs")
    else:
        st.info("Aucun calcul n’a encore été lancé.")
    if auth.may(Right.LOGS):
        _calls()
    return True


def _calls() -> None:
    st.subheader("Derniers appels au service", anchor=False)
    calls = layout.fetched(lambda: auth.client().operations.logs(CALLS_SHOWN), "journal")
    if calls is not None:
        layout.table(views.calls_frame(calls.items), "Derniers appels au service", key="appels")
        st.caption(
            f"{french.counted(len(calls.items), 'appel')} sur {french.number(calls.total)} au journal."
        )


def _checks(state: Supervision) -> None:
    for column, check in zip(st.columns(len(state.checks)), state.checks, strict=True):
        with column.container(border=True, height="stretch"):
            st.markdown(f"**{layout.plain(check.question)}**")
            st.markdown(f"{_badge(check.state)} {layout.sentence(check.answer)}")


def _parts_and_alerts(state: Supervision) -> None:
    left, right = st.columns([2, 3], gap="medium")
    with left:
        st.subheader("Composants", anchor=False)
        for part in state.components:
            st.markdown(f"{_badge(part.state)} **{layout.plain(part.name)}** {layout.sentence(part.detail)}")
    with right:
        st.subheader(f"Turbines en alerte ({ALERT}), calcul après calcul", anchor=False)
        if len(state.alert_history) > 1:
            layout.plot(
                figures.alert_history(state.alert_history, layout.colours()),
                "alertes",
                views.alert_words(state.alert_history),
            )
        else:
            st.info("La courbe se dessine à partir de deux calculs publiés.")


def _findings(trends: FindingTrends | None) -> None:
    """Show how many turbines carry each finding, or why there is nothing to show."""
    st.subheader("Constats sur les capteurs et les mesures", anchor=False)
    words = views.findings_words(trends)
    if trends is None or not trends.items:
        st.info(words)
        return
    st.caption(words)
    layout.table(views.findings_frame(trends), "Turbines par constat")


def _badge(state: str) -> str:
    sign, word = fr.STATES[state]
    return f":{_STATE_COLOURS[state]}-badge[{sign} {word}]"
