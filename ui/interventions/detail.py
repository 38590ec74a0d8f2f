"""One intervention: read it, take it, check, close it with a verdict; nothing typed is lost on the way."""

from __future__ import annotations

from datetime import date
from typing import Any

import streamlit as st

from api.schemas import french
from api.schemas.interventions import InterventionDetail
from api.schemas.vocabulary import InterventionState, Right
from ui.client.api_error import ApiError
from ui.interventions import closing, forms, views
from ui.shared import auth, layout
from ui.shared.entry import drafts
from ui.shared.links import turbine_href

State = InterventionState
NOT_FOUND = 404
_LAST = "_last_intervention"


def draw(number: int) -> bool:
    """Draw the intervention, or its last known state; return False where the API is away."""
    forms.show_outcome()
    try:
        item = auth.client().interventions.detail(number)
    except ApiError as error:
        layout.check_session(error)
        if error.status == NOT_FOUND:
            st.warning(f"**Intervention n°{french.NBSP}{number} introuvable.** Revenez à la liste.")
            return True
        layout.show_error(error, "intervention")
        last: InterventionDetail | None = st.session_state.get(_LAST)
        if error.unreachable and last is not None and last.id == number:
            st.caption("Dernier état reçu, avant l’interruption ; vos saisies sont conservées :")
            _draw(last)
        return not error.unreachable
    st.session_state[_LAST] = item
    _draw(item)
    return True


def _draw(item: InterventionDetail) -> None:
    _heading(item)
    mine = auth.may(Right.PLAN) or (auth.may(Right.WORK) and item.assignee == forms.pseudonym())
    if mine and item.state is State.PLANIFIEE:
        _take(item)
    ticked = _checks(item, may_tick=mine and item.state is State.EN_COURS)
    if mine and item.state is State.EN_COURS:
        closing.draw(item, ticked)
        _pause(item)
    closing.report(item)
    _photo(item, may_send=mine and item.state in {State.EN_COURS, State.TERMINEE})
    if auth.may(Right.PLAN) and item.state in views.LIVING:
        _plan(item)
    if mine and item.state in views.LIVING:
        _say(item)
    forms.unsent()
    with st.expander(f"Journal ({len(item.journal)})"):
        st.markdown("\n".join(f"- {layout.sentence(line)}" for line in views.journal_lines(item.journal)))


def _heading(item: InterventionDetail) -> None:
    today = st.session_state.get("_interventions_today") or date.min
    layout.verdict(
        [item.opened_at_level] if item.opened_at_level else [],
        f"{views.state_words(item)} · {views.plan_words(item, today)}",
        name=f"Turbine {item.turbine_id}",
        advice=views.opening_words(item),
        href=turbine_href(item.turbine_id),
    )
    if item.state in {State.PLANIFIEE, State.EN_COURS}:
        st.markdown(layout.plain(views.read_words(item)))
    if effect := views.effect_words(item):
        st.markdown(f":blue-badge[Depuis] {layout.sentence(effect)}")
    with st.container(horizontal=True):
        if st.button("Voir la turbine", key="voir_turbine"):
            layout.go("turbine", id=item.turbine_id)


# Work


def _take(item: InterventionDetail) -> None:
    key = f"prendre_{item.id}_mot"
    forms.refusal("prendre")
    drafts.long_text(
        "Commentaire (facultatif)", key, form=False, rows=1, most=500, placeholder="J’y vais à 9 h"
    )

    def ask(form: str, changes: dict[str, Any], done: str) -> None:
        comment = drafts.text(key) or None
        forms.change(item, "prendre", {**changes, "comment": comment}, done, key)

    with st.container(horizontal=True):
        if item.acknowledged_by is None:
            st.button(
                "Prendre en compte",
                key="prendre",
                on_click=ask,
                args=("prendre", {"acknowledged": True}, "C’est noté : vous l’avez prise en compte."),
            )
        st.button(
            "Commencer",
            key="commencer",
            type="primary",
            on_click=ask,
            args=("prendre", {"state": State.EN_COURS}, "Intervention commencée."),
        )


def _checks(item: InterventionDetail, *, may_tick: bool) -> list[int]:
    """Draw the checklist; return the places that are ticked."""
    st.subheader("À vérifier", anchor=False)
    if not may_tick:
        st.markdown(
            "\n".join(f"- {'✓ ' if line.done else ''}{layout.plain(line.text)}" for line in item.checklist)
        )
        return []
    ticked = []
    for place, line in enumerate(item.checklist):
        key = f"verifie_{item.id}_{place}"
        st.session_state.setdefault(key, line.done)
        if st.checkbox(layout.plain(line.text), key=key):
            ticked.append(place)
    forms.refusal("verifications")
    if ticked != [place for place, line in enumerate(item.checklist) if line.done]:
        st.button(
            "Enregistrer les vérifications",
            key="verifications",
            on_click=lambda: forms.change(
                item, "verifications", {"checklist_done": ticked}, "Vérifications enregistrées."
            ),
        )
    return ticked


def _pause(item: InterventionDetail) -> None:
    forms.reason_button(
        "suspendre",
        "Suspendre…",
        "Le travail n’est pas fini : l’intervention redevient planifiée.",
        "Suspendre l’intervention",
        lambda reason: auth.client().interventions.change(
            item.id,
            item.version,
            {"state": State.PLANIFIEE, **({"comment": reason} if reason.strip() else {})},
        ),
        "Intervention suspendue : elle est de nouveau planifiée.",
    )


def _photo(item: InterventionDetail, *, may_send: bool) -> None:
    if not item.has_photo and not may_send:
        return
    st.subheader("Photo", anchor=False)
    if item.has_photo:
        content = layout.fetched(lambda: auth.client().interventions.photo(item.id), "photo")
        if content is not None:
            st.image(content, width=420)
    if may_send:
        forms.refusal("photo")
        st.markdown("JPEG, PNG ou WebP, 10 Mo au plus. Réduite, elle perd lieu, date et appareil.")
        sent = st.file_uploader(
            "Photo",
            type=["jpg", "jpeg", "png", "webp"],
            key=f"photo_{item.id}",
            label_visibility="collapsed",
        )
        if sent is not None:
            _send(item, sent.getvalue())


def _send(item: InterventionDetail, content: bytes) -> None:
    st.button(
        "Envoyer la photo",
        key="envoyer_photo",
        on_click=lambda: forms.submit(
            "photo", lambda: auth.client().interventions.send_photo(item.id, content), "Photo jointe.", []
        ),
    )


def _say(item: InterventionDetail) -> None:
    key = f"dire_{item.id}"
    forms.refusal("dire")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        drafts.long_text("Ajouter au journal", key, form=False, rows=2)
        st.button(
            "Ajouter",
            key="dire",
            on_click=lambda: forms.change(
                item, "dire", {"comment": drafts.text(key) or None}, "Ajouté au journal.", key
            ),
        )


# Planning


def _plan(item: InterventionDetail) -> None:
    proposed = item.state is State.PROPOSEE
    start = {name: getattr(item, name) for name in forms.PLAN_FIELDS if hasattr(item, name)}
    with st.expander(
        "Confirmer et planifier" if proposed else "Modifier la planification", expanded=proposed
    ):
        forms.planning(
            f"planifier_{item.id}",
            today=st.session_state.get("_interventions_today") or date.min,
            start=start,
            send=lambda body: auth.client().interventions.change(
                item.id, item.version, {**({"state": State.PLANIFIEE} if proposed else {}), **body}
            ),
            button="Confirmer" if proposed else "Enregistrer",
            done="Intervention planifiée." if proposed else "Planification modifiée.",
        )
    forms.reason_button(
        "annuler",
        "Annuler…",
        "L’intervention ne pourra plus changer ; elle reste dans l’historique.",
        "Annuler l’intervention",
        lambda reason: auth.client().interventions.change(
            item.id, item.version, {"state": State.ANNULEE, "comment": reason}
        ),
        "Intervention annulée.",
    )
