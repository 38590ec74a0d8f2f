"""Help: what each role does here, what the figures mean, the words, the remedies."""

from __future__ import annotations

import streamlit as st

from ui.help import views as help_views
from ui.shared import auth, layout


@st.cache_data(show_spinner=False)
def _glossary() -> list[help_views.Section]:
    return help_views.glossary(help_views.GLOSSARY.read_text(encoding="utf-8"))


def page() -> None:
    """Draw the page; it needs nothing of the API, so it can be read while the service is away."""
    layout.header("Aide")
    user = auth.current_user()
    if user is None:
        return
    guide, figures, words, remedies = st.tabs(
        ["Bien démarrer", "Ce que disent les chiffres", "Glossaire", "En cas de problème"]
    )
    with guide:
        guides = help_views.guides(user.role)
        st.subheader(f"Votre rôle : {user.role_name.lower()}", anchor=False)
        st.markdown(guides.pop(user.role, ""))
        for role, text in guides.items():
            with st.expander(f"Rôle : {role.words.lower()}"):
                st.markdown(text)
    with figures:
        st.markdown(help_views.text("chiffres"))
    with words:
        _words()
    with remedies:
        st.markdown(help_views.text("remedes"))


def _words() -> None:
    wanted = st.text_input("Chercher un mot", key="aide_mot", width=440)
    sections = help_views.matching(_glossary(), wanted)
    if not sections:
        st.info("Aucun mot ne correspond. Essayez un mot plus court.")
    for section in sections:
        with st.expander(section.title, expanded=bool(wanted.strip())):
            st.markdown(help_views.as_table(section))
