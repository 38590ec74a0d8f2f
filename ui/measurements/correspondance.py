"""The mapping that the service proposes for a file that it cannot read as it stands."""

from __future__ import annotations

import streamlit as st

from api.schemas.measurements import MapDraft
from ui.client.api_error import ApiError
from ui.client.measure_file import MeasureFile
from ui.shared import auth, layout

NAME = "correspondance.json"


def offer(file: MeasureFile) -> MapDraft | None:
    """Draw the button that asks for a proposal; return the proposal once it is there."""
    st.markdown(
        "**Export d’un autre système ?** Le cockpit peut proposer la correspondance d’après l’en-tête et les"
        " premières lignes : colonnes, unités, turbine, fuseau, et la règle qui fait des jours de relevés de"
        " dix minutes."
    )
    if not st.button("Proposer une correspondance", key="proposer", type="primary"):
        return None
    try:
        with st.spinner("Lecture de l’en-tête…"):
            return auth.client().measurements.draft_map(file)
    except ApiError as error:
        layout.check_session(error)
        layout.show_error(error, "proposition")
        return None


def edit(draft: MapDraft, turn: int) -> str | None:
    """Draw the proposal, for its reader to correct; return it once they ask to read the file with it."""
    with st.container(border=True):
        st.markdown("**Correspondance proposée, à relire**")
        st.markdown("\n".join(f"- {layout.plain(note)}" for note in draft.notes))
        text = st.text_area("Correspondance (JSON)", draft.text, height=320, key=f"brouillon_{turn}")
        with st.container(horizontal=True):
            go = st.button("Lire le fichier avec elle", key="appliquer", type="primary")
            st.download_button(
                "Télécharger la correspondance",
                text,
                file_name=NAME,
                mime="application/json",
                key="telecharger_correspondance",
                on_click="ignore",
            )
    return text if go else None
