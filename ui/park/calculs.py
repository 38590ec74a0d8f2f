"""A scoring under way on any page: its bar, its words, and the button that cancels it."""

from __future__ import annotations

import streamlit as st

from api.schemas.park import Run
from api.schemas.vocabulary import Right
from ui.park import run_views
from ui.shared import auth, layout


def under_way(run: Run) -> None:
    """Draw a scoring that waits or runs; a live block calls it again to refresh it.

    The page may be left: the scoring goes on without it.
    """
    with st.container(horizontal=True, vertical_alignment="center", key="calcul_en_cours"):
        st.progress(run_views.share(run), text=run_views.progress_words(run))
        if auth.may(Right.START_RUN):
            asked = run.cancel_asked_by is not None
            if st.button("Annuler le calcul", key="annuler_calcul", disabled=asked):
                layout.fetched(lambda: auth.client().park.cancel_run(run.run_id), "annulation")
