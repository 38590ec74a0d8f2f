"""The week's plan: crews and budget in, the best interventions out, adjusted, accepted, exported."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from api.schemas import french
from api.schemas.vocabulary import indicative
from api.schemas.week_plan import WeekPlan, WeekPlanAccepted, WeekPlanInputs
from ui.client.api_error import ApiError
from ui.plan import crews, views
from ui.shared import auth, layout, park_facts

_INPUTS = "_plan_reglages"
_PLAN, _ASKED, _FAILURE, _DONE = "_plan", "_plan_demande", "_plan_refus", "_plan_accepte"
_START, _DAYS = "plan_debut", "plan_jours"
_BUDGET, _HOURS, _IMPOSED, _EXCLUDED = "plan_budget", "plan_duree", "plan_imposees", "plan_ecartees"
_VISITS, _WANTED = "plan_visites", "_plan_voulu"


def page() -> None:
    """Draw the page."""
    layout.header("Plan de la semaine")
    if _INPUTS not in st.session_state:
        inputs = layout.fetched(auth.client().plan.inputs, "plan")
        if inputs is None:
            return
        st.session_state[_INPUTS] = inputs
    _settings(st.session_state[_INPUTS])
    if st.session_state.pop(_WANTED, False):
        with st.spinner("Recherche du meilleur plan…"):
            _solve()
    _show_outcome()
    plan: WeekPlan | None = st.session_state.get(_PLAN)
    if plan is not None:
        _result(plan)
    elif st.session_state.get(_FAILURE) is None and st.session_state.get(_DONE) is None:
        st.info(
            "Décrivez les équipes, puis établissez le plan : il retient les interventions qui évitent le "
            "plus de coût dans ces heures et ce budget. Rien n’est planifié avant que vous l’acceptiez."
        )


def _settings(inputs: WeekPlanInputs) -> None:
    """Draw week, budget and crews; they start with those of the last plan."""
    starts = {
        _START: inputs.week_start,
        _DAYS: inputs.days,
        _BUDGET: french.typed(inputs.budget_eur),
        _HOURS: french.typed(inputs.hours_each),
        _VISITS: inputs.place_visits,
    }
    for key, value in starts.items():
        st.session_state.setdefault(key, value)
    with st.container(key="plan_reglages"):
        first, days, budget, hours = st.columns([2, 2, 2, 2])
        first.date_input("Premier jour", format=french.STREAMLIT_DATE, key=_START, persist_state="session")
        days.selectbox(
            "Durée du plan",
            list(views.DAYS),
            format_func=views.DAYS.__getitem__,
            key=_DAYS,
            persist_state="session",
        )
        with budget:
            layout.number_field("Budget (€), vide : sans limite", _BUDGET, persist_state="session")
        with hours:
            layout.number_field("Durée d’une intervention (h)", _HOURS, persist_state="session")
        st.checkbox(
            "Placer aussi les turbines dont un fichier annonce une visite",
            key=_VISITS,
            persist_state="session",
        )
        crews.draw(inputs, st.session_state[_START] or inputs.week_start, st.session_state[_DAYS])
    st.button("Établir le plan", type="primary", key="etablir", on_click=_ask)


def _request() -> dict[str, Any]:
    """Return the request that the fields describe."""
    state = st.session_state
    start = state[_START]
    return {
        "week_start": None if start is None else start.isoformat(),
        "days": state[_DAYS],
        "budget_eur": layout.number(_BUDGET),
        "hours_each": layout.number(_HOURS),
        "place_visits": state[_VISITS],
        "crews": crews.requested(state[_DAYS]),
        "adjustments": views.adjustments(state.get(_IMPOSED, []), state.get(_EXCLUDED, [])),
    }


def _ask() -> None:
    """Note that a plan is asked for; it is made further down the run, once the crews are read."""
    st.session_state[_WANTED] = _readable()


def _readable() -> bool:
    return layout.readable(_BUDGET, _HOURS) and crews.readable(st.session_state[_DAYS])


def _solve() -> None:
    state = st.session_state
    asked = _request()
    state[_FAILURE] = state[_DONE] = None
    try:
        state[_PLAN], state[_ASKED] = auth.client().plan.week(asked), asked
    except ApiError as error:
        state[_FAILURE] = error


def _show_outcome() -> None:
    """Show why the plan was refused, or what was planned."""
    error: ApiError | None = st.session_state.get(_FAILURE)
    if error is not None:
        layout.check_session(error)
        reasons = " ".join(f"{views.field_name(e.field)} : {e.message}" for e in error.errors) or error.detail
        st.error(f"**{layout.plain(error.title)}.** {layout.sentence(reasons)} Vos réglages sont conservés.")
    done: WeekPlanAccepted | None = st.session_state.get(_DONE)
    if done is not None:
        (st.success if not done.refused else st.warning)(layout.sentence(views.accepted_words(done)))
        if done.refused:
            layout.table(views.refused_frame(done), "Interventions refusées")
        first, last = st.session_state["_plan_semaine"]
        with st.container(horizontal=True):
            st.download_button(
                "Télécharger l’agenda (.ics)",
                data=partial(auth.client().plan.calendar, first, last),
                file_name=f"semaine-{first.isoformat()}.ics",
                mime="text/calendar",
                on_click="ignore",
                key="plan_agenda",
            )
            if st.button("Voir les interventions", key="plan_voir"):
                layout.go("interventions")


def _result(plan: WeekPlan) -> None:
    layout.facts(views.facts(plan))
    st.markdown(
        f"Classement du {french.date(plan.as_of)}, politique v{plan.policy_version}. "
        f"{layout.plain(views.proof_words(plan))}"
    )
    layout.notices([notice for notice in plan.notices if notice.code != "non_prouve"])
    if not _readable() or _request() != st.session_state[_ASKED]:
        st.warning("Les réglages ou les choix ont changé depuis ce plan : établissez-le de nouveau.")
    if lines := views.hours_words(plan):
        st.markdown("\n".join(f"- {layout.sentence(line)}" for line in lines))
    if plan.visits:
        frame = views.visits_frame(plan.visits, rough=indicative(plan.notices))
        layout.table(frame, "Interventions de la semaine", key="visites")
    _actions(plan)
    _adjust(plan)
    _rest(plan)


def _actions(plan: WeekPlan) -> None:
    """Draw the acceptance of the plan, with its confirmation, and the downloads."""
    asked: dict[str, Any] = st.session_state[_ASKED]
    with st.container(horizontal=True, key="plan_actions"):
        if plan.visits:
            with st.popover("Accepter le plan…", width="content", key="plan_accepter"):
                count = french.counted(len(plan.visits), "intervention")
                st.markdown(
                    f"Aux jours et aux équipes ci-dessus{french.NBSP}: {count}. Chacune se modifie "
                    "ou s’annule ensuite dans « Interventions »."
                )
                st.button(
                    "Planifier ces interventions", type="primary", key="plan_confirmer", on_click=_accept
                )
        for label, form, mime in (
            ("Tableur (CSV)", "csv", "text/csv"),
            ("Feuille à imprimer", "html", "text/html"),
        ):
            st.download_button(
                label,
                data=partial(auth.client().plan.file, asked, form),
                file_name=f"plan-{plan.week_start.isoformat()}.{form}",
                mime=mime,
                on_click="ignore",
                key=f"plan_{form}",
            )


def _accept() -> None:
    state = st.session_state
    plan: WeekPlan = state[_PLAN]
    try:
        state[_DONE] = auth.client().plan.accept(plan.run_id, views.visits_to_accept(plan))
    except ApiError as error:
        state[_FAILURE] = error
        return
    state["_plan_semaine"] = (plan.week_start, views.last_day(plan))
    state[_FAILURE] = None
    for key in (_PLAN, _ASKED, _IMPOSED, _EXCLUDED):
        state.pop(key, None)


def _adjust(plan: WeekPlan) -> None:
    """Draw the turbines to impose or leave out, and the button to solve again."""
    st.subheader("Ajuster", anchor=False)
    planned, left = ([item.turbine_id for item in items] for items in (plan.visits, plan.left))
    try:
        names = [turbine.turbine_id for turbine in park_facts.turbines()]
    except ApiError as error:
        layout.check_session(error)
        names = [*planned, *left]
    taken = {item.turbine_id for item in plan.covered}
    chosen = st.session_state.get(_IMPOSED, []), st.session_state.get(_EXCLUDED, [])
    imposed, excluded, again = st.columns(3, vertical_alignment="bottom")
    imposed.multiselect(
        "Imposer dans le plan",
        list(dict.fromkeys([*chosen[0], *left, *(name for name in names if name not in taken)])),
        key=_IMPOSED,
        placeholder="Aucune turbine",
        persist_state="session",
    )
    excluded.multiselect(
        "Écarter du plan",
        list(dict.fromkeys([*chosen[1], *planned])),
        key=_EXCLUDED,
        placeholder="Aucune turbine",
        persist_state="session",
    )
    again.button("Recalculer avec ces choix", key="plan_recalculer", on_click=_ask)


def _rest(plan: WeekPlan) -> None:
    rough = indicative(plan.notices)
    if plan.left:
        st.subheader("Laissées de côté", anchor=False)
        layout.table(views.left_frame(plan.left, rough=rough), "Turbines laissées de côté", key="laissees")
    if plan.covered:
        st.subheader("Déjà prises en charge", anchor=False)
        frame = views.covered_frame(plan.covered, rough=rough)
        layout.table(frame, "Turbines déjà prises en charge", key="prises")
    if plan.totals.small_turbines:
        st.caption(layout.plain(views.small_words(plan)))
