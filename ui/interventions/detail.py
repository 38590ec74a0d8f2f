"""One intervention: read it, take it, check, close it with a verdict; nothing typed is lost on the way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import streamlit as st

from api.schemas import french
from api.schemas.interventions import InterventionDetail
from api.schemas.vocabulary import InterventionState, Right, Verdict
from ui.client.api_error import ApiError
from ui.interventions import forms, photo, views
from ui.shared import auth, layout
from ui.shared.table import turbine_href

State = InterventionState
NOT_FOUND = 404
CLOSING = ("verdict", "findings", "downtime_hours", "done_on")
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
        _close(item, ticked)
        _pause(item)
    _closing_report(item)
    _photo(item, may_send=mine and item.state in {State.EN_COURS, State.TERMINEE})
    if auth.may(Right.PLAN) and item.state in views.LIVING:
        _plan(item)
    if mine and item.state in views.LIVING:
        _say(item)
    with st.expander(f"Journal ({len(item.journal)})"):
        st.markdown("\n".join(f"- {layout.plain(line)}" for line in views.journal_lines(item.journal)))


def _heading(item: InterventionDetail) -> None:
    today = st.session_state.get("_interventions_today") or date.min
    layout.verdict(
        [item.opened_at_level] if item.opened_at_level else [],
        views.plan_words(item, today),
        name=f"Turbine {item.turbine_id} · {views.state_words(item)}",
        advice=views.opening_words(item),
        href=turbine_href(item.turbine_id),
    )
    if item.state in {State.PLANIFIEE, State.EN_COURS}:
        st.markdown(layout.plain(views.read_words(item)))
    if effect := views.effect_words(item):
        st.markdown(f":blue-badge[Depuis] {layout.plain(effect)}")
    with st.container(horizontal=True):
        if st.button("Voir la turbine", key="voir_turbine"):
            layout.go("turbine", id=item.turbine_id)


def _change(item: InterventionDetail, form: str, changes: Mapping[str, Any], done: str, *keys: str) -> None:
    wanted = {name: value for name, value in changes.items() if value is not None}
    forms.submit(form, lambda: auth.client().interventions.change(item.id, item.version, wanted), done, keys)


# Work


def _take(item: InterventionDetail) -> None:
    key = f"prendre_{item.id}_mot"
    forms.refusal("prendre")
    st.text_input("Commentaire (facultatif)", key=key, placeholder="J’y vais à 9 h", max_chars=500)

    def ask(form: str, changes: dict[str, Any], done: str) -> None:
        comment = (st.session_state.get(key) or "").strip() or None
        _change(item, "prendre", {**changes, "comment": comment}, done, key)

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
            on_click=lambda: _change(
                item, "verifications", {"checklist_done": ticked}, "Vérifications enregistrées."
            ),
        )
    return ticked


def _close(item: InterventionDetail, ticked: list[int]) -> None:
    st.subheader("Clôturer", anchor=False)
    keys = {name: f"clore_{item.id}_{name}" for name in CLOSING}
    wrong = forms.refusal("clore", CLOSING)
    if (today := st.session_state.get("_interventions_today")) is not None:
        st.session_state.setdefault(keys["done_on"], today)
    with st.form("clore", border=True):
        st.radio(
            "Verdict",
            list(Verdict),
            index=None,
            format_func=views.VERDICTS.__getitem__,
            captions=[views.VERDICT_MEANINGS[verdict] for verdict in Verdict],
            key=keys["verdict"],
        )
        forms.field_error(wrong, "verdict")
        st.text_area("Ce que vous avez constaté", key=keys["findings"], max_chars=4_000, height=110)
        forms.field_error(wrong, "findings")
        layout.number_field("Arrêt de la machine (h), 0 si aucun", keys["downtime_hours"])
        forms.field_error(wrong, "downtime_hours")
        st.date_input(
            "Jour de fin des travaux", value=None, format=french.STREAMLIT_DATE, key=keys["done_on"]
        )
        forms.field_error(wrong, "done_on")
        st.form_submit_button(
            "Clôturer", key="clore_envoyer", type="primary", on_click=_send_verdict, args=(item, keys, ticked)
        )


def _send_verdict(item: InterventionDetail, keys: Mapping[str, str], ticked: list[int]) -> None:
    if not layout.readable(keys["downtime_hours"]):
        return
    values = {name: st.session_state.get(key) for name, key in keys.items()}
    day = values["done_on"]
    changes = {
        **values,
        "downtime_hours": layout.number(keys["downtime_hours"]),
        "findings": (values["findings"] or "").strip() or None,
        "done_on": day.isoformat() if isinstance(day, date) else None,
        "state": State.TERMINEE,
        "checklist_done": ticked,
    }
    _change(item, "clore", changes, "Intervention clôturée, merci.", *keys.values())


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


def _closing_report(item: InterventionDetail) -> None:
    if item.verdict is None:
        return
    st.subheader("Compte rendu", anchor=False)
    st.markdown(
        f"**{views.VERDICTS[item.verdict]}** : {views.VERDICT_MEANINGS[item.verdict]}.  \n"
        f"{layout.plain(item.findings or '')}"
    )
    st.caption(f"Clôturée par {layout.plain(item.closed_by or '')} le {french.date(item.closed_at)}.")


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
        st.markdown("JPEG, PNG ou WebP. Elle est réduite et son lieu effacé avant l’envoi.")
        sent = st.file_uploader(
            "Photo",
            type=["jpg", "jpeg", "png", "webp"],
            key=f"photo_{item.id}",
            label_visibility="collapsed",
        )
        if sent is not None:
            _send(item, sent.getvalue())


def _send(item: InterventionDetail, taken: bytes) -> None:
    try:
        content = photo.ready_to_send(taken)
    except ValueError as error:
        st.error(str(error))
        return
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
        st.text_input("Ajouter au journal", key=key, max_chars=4_000)
        st.button(
            "Ajouter",
            key="dire",
            on_click=lambda: _change(
                item, "dire", {"comment": st.session_state.get(key) or None}, "Ajouté au journal.", key
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
            f"planifier_{item.id}_{item.version}",
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
