"""What waits for a decision: each turbine with its situation, and the acts that answer it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import streamlit as st

from api.schemas import french
from api.schemas.interventions import Intervention, Proposal, Proposals
from api.schemas.vocabulary import InterventionOrigin
from ui.client.api_error import ApiError
from ui.interventions import forms, proposal_views
from ui.shared import auth, layout
from ui.shared.entry import drafts
from ui.shared.links import turbine_href

SHOWN = 10
DISMISSED_DAYS = 7
_OPEN, _COUNT = "_proposition_ouverte", "_propositions"


def draw(reported: Callable[[], list[Intervention]], show: Callable[[list[Intervention]], None]) -> bool:
    """Draw the tab; False when the API could not be reached.

    Args:
        reported: reads the findings that wait for a plan.
        show: draws them.
    """
    try:
        proposals = auth.client().interventions.proposals(100)
    except ApiError as error:
        layout.check_session(error)
        layout.show_error(error, "propositions")
        return not error.unreachable
    _proposals(proposals)
    listed = {item.intervention.id for item in proposals.items if item.intervention is not None}
    if elsewhere := [item for item in reported() if item.id not in listed]:
        st.subheader("Constats sur des turbines hors du classement", anchor=False)
        show(elsewhere)
    return True


def _proposals(proposals: Proposals) -> None:
    st.markdown(layout.sentence(proposal_views.to_decide_words(proposals)))
    count = st.session_state.setdefault(_COUNT, SHOWN)
    for item in proposals.items[:count]:
        with st.container(border=True, key=f"proposition_{item.turbine_id}", gap="small"):
            _proposal(item, proposals.today)
    if len(proposals.items) > count:
        st.button("Afficher les suivantes", on_click=lambda: st.session_state.update({_COUNT: count + SHOWN}))
    if proposals.answered:
        with st.expander(proposal_views.answered_title(proposals)):
            frame = proposal_views.answered_frame(proposals.answered)
            layout.table(frame, "Alertes qui ont déjà une réponse", key="reponses")


def _proposal(item: Proposal, today: date) -> None:
    name, work = item.turbine_id, item.intervention
    lines = [item.situation.reason, item.recommendation]
    words = f"{item.situation.code.words} · {proposal_views.proposal_words(item)}"
    layout.line(item.risk_level, f"Turbine {name}", words, lines, href=turbine_href(name))
    with st.container(horizontal=True, vertical_alignment="center"):
        if work is not None:
            if st.button(f"Ouvrir l’intervention n°{french.NBSP}{work.id}", key=f"avancer_{name}"):
                layout.go("interventions", n=str(work.id))
            return
        visit, limit = item.planned_visit_on, item.situation.until
        if visit is not None and today <= visit and (limit is None or visit <= limit):
            st.button(
                f"Confirmer la visite du {french.date(visit)}",
                key=f"confirmer_{name}",
                on_click=_confirm,
                args=(name, visit),
            )
        st.button("Planifier…", key=f"ouvrir_{name}", on_click=_toggle, args=(name,))
        _dismissal(name, today)
    if st.session_state.get(_OPEN) == name:
        forms.planning(
            f"proposer_{name}",
            today=today,
            start={"priority": item.priority, "skills": list(item.skills)},
            send=lambda body: _open(name, body),
            button="Confirmer l’intervention",
            done=f"Intervention planifiée sur la turbine {name}.",
        )


def _open(name: str, body: dict[str, object]) -> object:
    origin = InterventionOrigin.RECOMMANDATION
    return auth.client().interventions.open({**body, "turbine_id": name, "origin": origin})


def _confirm(name: str, visit: date) -> None:
    """Make the visit that the file announced an intervention: a person answers for it from now on."""
    forms.submit(
        f"confirmer_{name}",
        lambda: _open(
            name, {"planned_on": visit.isoformat(), "comment": "Visite annoncée par le fichier, confirmée."}
        ),
        f"Visite du {french.date(visit)} confirmée sur la turbine {name}.",
        [],
    )


def _dismissal(name: str, today: date) -> None:
    form, scope = f"ecarter_{name}", f"saisie_ecarter_{name}"
    reason, until = f"{form}_motif", f"{form}_jusqu_au"
    with forms.menu("Écarter…", f"{form}_ouvrir"):
        st.markdown("L’alerte ne sera plus à décider jusqu’à ce jour, sauf si elle s’aggrave.")
        wrong = forms.refusal(form, ("comment", "dismissed_until"))
        drafts.long_text("Motif, conservé dans le journal", reason, form=False, rows=2, most=500)
        forms.field_error(wrong, "comment")
        drafts.short_fields(scope, days=[until])
        st.session_state.setdefault(until, today + timedelta(days=DISMISSED_DAYS))
        with st.container(key=scope):
            st.date_input("Jusqu’au", key=until, format=french.STREAMLIT_DATE, min_value=today)
        forms.field_error(wrong, "dismissed_until")
        st.button(
            "Écarter l’alerte",
            key=form,
            on_click=lambda: forms.submit(
                form,
                lambda: _open(name, _dismissed(drafts.text(reason), st.session_state[until])),
                f"Alerte écartée pour la turbine {name}.",
                [reason, until, scope],
            ),
        )


def _dismissed(reason: str, until: date) -> dict[str, object]:
    comment = {"comment": reason} if reason else {}
    return {"dismissed": True, "dismissed_until": until.isoformat(), **comment}


def _toggle(name: str) -> None:
    st.session_state[_OPEN] = None if st.session_state.get(_OPEN) == name else name
