"""Two versions of a task side by side, on rows that neither has seen."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from api.schemas.candidates import ModelComparison
from api.schemas.models import TASKS, ModelSummary
from ui.client.api_error import ApiError
from ui.models import candidate_views as views
from ui.shared import auth, layout

_FOUND = "_comparaison"
_LEFT, _RIGHT, _TASK = "comparer_a", "comparer_b", "comparer_tache"
Pair = tuple[str, str, str]


def draw(models: Sequence[ModelSummary]) -> None:
    """Draw the choice of two versions and, once asked for, the quality of each.

    Args:
        models: every stored version.
    """
    st.subheader("Comparer deux versions", anchor=False)
    tasks = [task for task in TASKS if sum(model.task == task for model in models) > 1]
    if not tasks:
        st.caption("Il faut deux versions de la même tâche : importez-en une seconde pour comparer.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        task = st.selectbox("Tâche", tasks, format_func=TASKS.__getitem__, key=_TASK, width=240)
        names = {views.version_name(m): f"{m.name}:{m.version}" for m in _of(models, task)}
        left = st.selectbox("Version A", list(names), key=f"{_LEFT}_{task}", width=240)
        right = st.selectbox("Version B", list(names), index=1, key=f"{_RIGHT}_{task}", width=240)
        asked = (task, names[left], names[right])
        same = left == right
        st.button("Comparer", key="comparer", on_click=_compare, args=(asked,), disabled=same)
    if same:
        st.caption("Choisissez deux versions différentes.")
        return
    _result(asked, left, right)


def _of(models: Sequence[ModelSummary], task: str) -> list[ModelSummary]:
    """Return the versions of a task, the one in service first."""
    return sorted((m for m in models if m.task == task), key=lambda m: not m.active)


def _compare(asked: Pair) -> None:
    """Compare on demand: it takes seconds."""
    try:
        answer: ModelComparison | ApiError = auth.client().models.compare(*asked)
    except ApiError as error:
        answer = error
    st.session_state[_FOUND] = {asked: answer}


def _result(asked: Pair, left: str, right: str) -> None:
    results: dict[Pair, ModelComparison | ApiError] = st.session_state.get(_FOUND, {})
    comparison = results.get(asked)
    if isinstance(comparison, ApiError):
        st.warning(f"**{layout.plain(comparison.title)}.** {layout.sentence(comparison.detail)}")
    elif comparison is not None:
        st.markdown(layout.plain(views.quality_words(comparison)))
        layout.table(views.quality_frame(comparison, left, right), "Qualité des deux versions")
