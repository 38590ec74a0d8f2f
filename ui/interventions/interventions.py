"""Interventions: to decide, under way, ended; a technician sees their own first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import streamlit as st

from api.schemas import french
from api.schemas.interventions import Intervention
from api.schemas.vocabulary import InterventionState, Right
from ui.client.api_error import ApiError
from ui.interventions import detail as intervention_detail
from ui.interventions import forms, list_views, to_decide, views
from ui.shared import auth, layout, park_facts

State = InterventionState
REFRESH_S = 60
ENDED_SHOWN = 25
TO_DECIDE, FOLLOWED, PLAN = "À décider", "En cours et planifiées", "Planifier à la main"
MINE, ENDED = "Mes interventions", "Terminées et verdicts"
_ONE, _FOR = "n", "planifier"
_TODAY, _LAST = "_interventions_today", "_last_list"


def page() -> None:
    """Draw the list, or the intervention that the address names."""
    asked = st.query_params.get(_ONE, "")
    if asked.isascii() and asked.isdigit() and 0 < len(asked) < 10:
        layout.header(f"Intervention n°{french.NBSP}{asked}", _back)
        layout.live("intervention", lambda: _detail(int(asked)))
        return
    layout.header("Interventions")
    draws = _tabs()
    wanted = PLAN if st.query_params.get(_FOR) and PLAN in draws else next(iter(draws))
    forms.show_outcome()
    tabs = st.tabs(list(draws), default=wanted, key="onglet_interventions", on_change="rerun")
    for tab, (name, draw) in zip(tabs, draws.items(), strict=True):
        if tab.open:
            with tab:
                layout.live(f"interventions_{name}", draw, every_s=None if name == PLAN else REFRESH_S)


def _tabs() -> dict[str, Callable[[], bool]]:
    plans = auth.may(Right.PLAN)
    return {
        **({MINE: _mine} if auth.may(Right.ASSIGNED) else {}),
        **({TO_DECIDE: lambda: to_decide.draw(_reported, _list_reported)} if plans else {}),
        FOLLOWED: _show_followed,
        **({PLAN: _plan_by_hand} if plans else {}),
        ENDED: _show_ended,
    }


def _back() -> None:
    if st.button("← Toutes les interventions", key="retour"):
        layout.go("interventions")


def _detail(number: int) -> bool:
    if _TODAY not in st.session_state:
        try:
            st.session_state[_TODAY] = auth.client().interventions.search(limit=1).today
        except ApiError as error:
            layout.check_session(error)
    return intervention_detail.draw(number)


def _load(name: str, **asked: Any) -> tuple[list[Intervention], bool]:
    """Return the interventions, or the last received; and whether the API answered."""
    kept: dict[str, list[Intervention]] = st.session_state.setdefault(_LAST, {})
    try:
        answer = auth.client().interventions.search(**asked)
    except ApiError as error:
        layout.check_session(error)
        layout.show_error(error, f"liste_{name}")
        if error.unreachable and name in kept:
            st.caption("Derniers éléments reçus, avant l’interruption :")
        return kept.get(name, []), not error.unreachable
    st.session_state[_TODAY] = answer.today
    kept[name] = answer.items
    return answer.items, True


def _reported() -> list[Intervention]:
    return _load("constats", states=[State.PROPOSEE])[0]


def _list_reported(items: list[Intervention]) -> None:
    _list(items, "Constats sur des turbines hors du classement", "constats")


def _today() -> date:
    today: date = st.session_state.get(_TODAY, date.min)
    return today


def _plan_by_hand() -> bool:
    try:
        names = [turbine.turbine_id for turbine in park_facts.turbines()]
        today = auth.client().interventions.search(limit=1).today
    except ApiError as error:
        layout.check_session(error)
        layout.show_error(error, "planifier")
        return not error.unreachable
    asked = st.query_params.get(_FOR)
    forms.planning(
        "a_la_main",
        today=today,
        start={"turbine_id": asked if asked in names else None},
        send=auth.client().interventions.open,
        button="Planifier",
        done="Intervention planifiée.",
        turbines=names,
    )
    return True


# Under way, ended


def _mine() -> bool:
    items, there = _load("miennes", states=views.LIVING, assignee=forms.pseudonym())
    if not items and there:
        st.info(
            "Aucune intervention ne vous est affectée pour le moment. Un constat à signaler ? "
            "Ouvrez la page de la turbine."
        )
    _list(items, "Mes interventions", "miennes")
    if items:
        _calendar(forms.pseudonym())
    return there


def _show_followed() -> bool:
    items, there = _load("vives", states=(State.EN_COURS, State.PLANIFIEE), limit=200)
    if not items and there:
        st.info("Aucune intervention planifiée ni en cours.")
    _list(items, "Interventions en cours et planifiées", "vives")
    if items:
        _calendar(None)
    return there


def _list(items: list[Intervention], caption: str, key: str) -> None:
    """Draw interventions in a table whose rows open them."""
    if items:
        layout.table(
            list_views.list_frame(items, _today()),
            caption,
            key=key,
            columns=list_views.LIST_COLUMNS,
            opens=[f"interventions?{_ONE}={item.id}" for item in items],
        )


def _calendar(assignee: str | None) -> None:
    """Offer the calendar file, made when it is asked for."""
    states = (State.EN_COURS, State.PLANIFIEE)
    st.download_button(
        "Ajouter à mon agenda (.ics)",
        # The client is taken here: a download is made outside the page, without its session.
        data=partial(auth.client().interventions.calendar, states=states, assignee=assignee),
        file_name="interventions.ics",
        mime="text/calendar",
        key="agenda",
        on_click="ignore",
    )


def _show_ended() -> bool:
    precision = layout.fetched(auth.client().interventions.verdict_precision, "precision")
    if precision is not None:
        layout.facts(views.precision_facts(precision))
        with st.expander("Verdicts, un par un"):
            layout.table(views.verdicts_frame(precision), "Verdicts", key="verdicts")
            st.caption(
                "Précision = (pannes confirmées + dégradations trouvées) ÷ (celles-ci + fausses alertes). "
                "« Autre cause » et « non vérifiable » ne tranchent pas : ils sont comptés à part."
            )
    items, there = _load("finies", states=views.ENDED, limit=ENDED_SHOWN)
    if not items and there:
        st.info("Aucune intervention n’est encore terminée.")
    _list(items, "Interventions terminées", "finies")
    return there
