"""The audit trail: who did what, and whether the chain still holds."""

from __future__ import annotations

from datetime import datetime, timedelta

import streamlit as st

from api.schemas import french
from api.schemas.audit import AuditVerification
from api.schemas.vocabulary import AuditAction, Right
from ui.people import views
from ui.shared import auth, layout

PAGE = 100
PERIODS = {"Depuis le début": None, "Aujourd’hui": 0, "7 derniers jours": 6, "30 derniers jours": 29}
_FOUND = "_audit_verifie"


def page() -> None:
    """Draw the page."""
    layout.header("Journal d’audit")
    st.caption(
        "Chaque entrée porte l’empreinte de la précédente : une entrée changée, ajoutée ou retirée se voit."
    )
    _verification()
    query = _filters()
    entries = layout.fetched(lambda: auth.client().people.audit(limit=PAGE, **query), "audit")
    names = _names()
    if entries is None or names is None:
        return
    if not entries.items:
        st.info("Aucune entrée ne correspond.")
        return
    layout.table(views.audit_frame(entries.items, names), "Entrées du journal")
    _pages(entries.total)


def _names() -> dict[str, str] | None:
    """Return the names of accounts and keys, for those who may read them; None where refused."""
    if not auth.may(Right.ACCOUNTS):
        return {}
    accounts = layout.fetched(auth.client().people.accounts, "comptes_audit")
    keys = layout.fetched(auth.client().people.api_keys, "cles_audit")
    return None if accounts is None or keys is None else views.known_names(accounts, keys)


def _verification() -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Vérifier la chaîne", key="verifier"):
            st.session_state[_FOUND] = layout.fetched(auth.client().people.verify_audit, "verification")
        verification: AuditVerification | None = st.session_state.get(_FOUND)
        if verification is not None:
            words = layout.plain(views.verification_words(verification))
            (st.success if verification.intact else st.error)(words)
    if verification is not None and verification.head:
        st.caption("Empreinte de la dernière entrée : notée ailleurs, elle prouve que rien n’a été réécrit.")
        st.code(verification.head, language=None)


def _filters() -> dict[str, str | int]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        action = st.selectbox(
            "Acte", list(AuditAction), None, format_func=views.ACTIONS.__getitem__, key="audit_acte",
            placeholder="Tous", width=320,
        )  # fmt: skip
        period = st.selectbox("Période", list(PERIODS), key="audit_periode", width=220)
    query: dict[str, str | int] = {"offset": PAGE * (st.session_state.get("audit_page", 1) - 1)}
    if action is not None:
        query["action"] = action.value
    days = PERIODS[period]
    if days is not None:
        query["from"] = (datetime.now(french.PARIS).date() - timedelta(days=days)).isoformat()
    if st.session_state.get("_audit_filtre") != (action, period):
        st.session_state["_audit_filtre"] = (action, period)
        st.session_state["audit_page"], query["offset"] = 1, 0
    return query


def _pages(total: int) -> None:
    last = max(-(-total // PAGE), 1)
    words = french.counted(total, "entrée")
    if last == 1:
        st.caption(words)
        return
    st.session_state["audit_page"] = min(st.session_state.get("audit_page", 1), last)
    st.number_input(f"Page, sur {last} ({words})", 1, last, key="audit_page", width=220)
