"""The candidate in shadow, on the models page: does it agree, where not, and should it serve?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from api.schemas import french
from api.schemas.candidates import Candidate, ModelComparison, ShadowReport
from api.schemas.models import TASKS, ModelSummary
from api.schemas.vocabulary import Right
from ui.client.api_error import ApiError
from ui.models import candidate_figures as figures
from ui.models import candidate_views as views
from ui.shared import auth, layout, outcome
from ui.shared.entry import drafts

SHOWN = 10  # turbines where the two differ most
POINTS = 2_000
REASON_MIN, REASON_MAX = 3, 500
_PAGE, _MEASURED = "candidat", "_candidat_mesure"
EXPLAINED = (
    "Un **candidat en observation** est une version qui note chaque calcul du parc, sur les mêmes mesures "
    "que le modèle en service, **sans être montrée à personne** : ni classement, ni prédiction, ni alerte ne "
    "changent. On voit ainsi ce qu’elle aurait dit avant de décider de la mettre en service."
)


def draw(models: Sequence[ModelSummary]) -> None:
    """Draw the candidate beside what serves, or what a candidate is where there is none.

    Args:
        models: every stored version.
    """
    st.subheader("Candidat en observation", anchor=False)
    candidates = layout.fetched(auth.client().models.candidates, "candidats")
    if candidates is None:
        return
    outcome.show(_PAGE)
    living = [candidate for candidate in candidates if candidate.ended_at is None]
    for candidate in living:
        _candidate(candidate, models)
    if not living:
        st.markdown(EXPLAINED)
    if auth.may(Right.MODELS):
        _chooser(views.eligible(models, candidates), already=bool(living))
    former = views.former_words(candidates)
    if former:
        with st.expander(f"Anciens candidats ({len(former)})"):
            st.markdown("\n".join(f"- {layout.plain(words)}" for words in former))


def _candidate(candidate: Candidate, models: Sequence[ModelSummary]) -> None:
    report = layout.fetched(
        lambda: auth.client().models.candidate_report(candidate.task, POINTS), f"candidat_{candidate.task}"
    )
    if report is None:
        return
    with st.container(border=True, key=f"candidat_{candidate.task}"):
        st.markdown(
            f"**{layout.plain(views.version_name(candidate))}** "
            f":blue-badge[En observation] {TASKS[candidate.task]}"
        )
        st.markdown(layout.plain(views.since_words(candidate)))
        if candidate.failure:
            st.warning(layout.plain(views.failure_words(candidate)))
        if report.last is None:
            st.info("Ce candidat n’a encore noté aucun calcul : il notera le prochain.")
        else:
            _agreement(report)
        _show_quality(candidate, models)
        if auth.may(Right.MODELS):
            _actions(candidate)


def _agreement(report: ShadowReport) -> None:
    last, task = report.last, report.candidate.task
    if last is None:
        return
    st.markdown(layout.plain(views.compared_words(last)))
    layout.facts(views.agreement_facts(last, task))
    st.caption(layout.plain(views.reading_words(report)))
    layout.plot(
        figures.scatter(report, layout.colours()),
        f"nuage_{task}",
        figures.scatter_words(report),
    )
    if task == "classification":
        st.caption("Échelle logarithmique ; sous 0,1 %, les points sont ramenés au bord.")
    st.markdown("**Là où ils diffèrent le plus**")
    layout.table(
        views.gaps_frame(report.pairs[:SHOWN], task), "Turbines où les deux versions diffèrent le plus"
    )
    together = views.pooled_words(report)
    if together:
        with st.expander(f"Derniers jours notés ({french.number(len(report.runs))})"):
            st.markdown(layout.plain(together))
            layout.table(views.runs_frame(report), "Calculs comparés")


def _show_quality(candidate: Candidate, models: Sequence[ModelSummary]) -> None:
    """Show both qualities side by side, computed only when asked for: it takes seconds."""
    active = next((m for m in models if m.active and m.task == candidate.task), None)
    if active is None:
        return
    key = (active.name, active.version, candidate.name, candidate.version)
    st.button(
        "Comparer leur qualité mesurée",
        key=f"mesurer_{candidate.task}",
        on_click=_measure,
        args=(candidate, active, key),
    )
    result: ModelComparison | ApiError | None = st.session_state.get(_MEASURED, {}).get(key)
    if isinstance(result, ApiError):
        st.warning(f"**{layout.plain(result.title)}.** {layout.sentence(result.detail)}")
    elif result is not None:
        st.markdown(layout.plain(views.quality_words(result)))
        layout.table(views.quality_frame(result), "Qualité du candidat et du modèle en service")


def _measure(candidate: Candidate, active: ModelSummary, key: tuple[str, int, str, int]) -> None:
    left, right = f"{active.name}:{active.version}", f"{candidate.name}:{candidate.version}"
    try:
        answer: ModelComparison | ApiError = auth.client().models.compare(candidate.task, left, right)
    except ApiError as error:
        answer = error
    st.session_state[_MEASURED] = {key: answer}


def _actions(candidate: Candidate) -> None:
    name = views.version_name(candidate)
    with st.container(horizontal=True):
        _confirm(
            f"activer_{candidate.task}",
            "Mettre en service…",
            f"**{layout.plain(name)}** remplacera le modèle en service pour tout le parc.",
            "Mettre en service",
            lambda reason: auth.client().models.activate(candidate.name, candidate.version, reason),
            f"{name} est en service : le prochain calcul du parc l’utilisera.",
        )
        _confirm(
            f"retirer_{candidate.task}",
            "Retirer…",
            "Il ne notera plus les calculs ; ce qu’il a dit est gardé.",
            "Retirer le candidat",
            lambda reason: auth.client().models.withdraw_candidate(candidate.task, reason),
            f"{name} n’est plus en observation.",
        )


def _confirm(key: str, label: str, words: str, confirm: str, act: Callable[[str], object], done: str) -> None:
    """Draw a button that asks for a reason before it acts."""
    with outcome.menu(_PAGE, label, f"confirmer_{key}"):
        st.markdown(words)
        _reason("Motif, conservé dans l’historique", f"motif_{key}")
        st.button(confirm, key=key, type="primary", on_click=_act, args=(f"motif_{key}", act, done))


def _chooser(choices: Sequence[ModelSummary], *, already: bool) -> None:
    label = "Essayer une autre version…" if already else "Mettre une version en observation…"
    if not choices:
        st.caption("Aucune autre version n’est rangée : importez-en une pour l’essayer en observation.")
        return
    by_name = {views.version_name(m): m for m in choices}
    with outcome.menu(_PAGE, label, "choisir_candidat"):
        name = st.selectbox("Version à essayer", list(by_name), key="version_candidate")
        chosen = by_name[name]
        st.markdown(f"Répond à : {TASKS[chosen.task].lower()}.")
        if already:
            st.markdown("Elle remplacera le candidat de la même tâche.")
        _reason("Motif, conservé avec le candidat", "motif_candidat")
        st.button(
            "Mettre en observation",
            key="observer",
            type="primary",
            on_click=_act,
            args=(
                "motif_candidat",
                lambda reason: auth.client().models.choose_candidate(
                    chosen.task, chosen.name, chosen.version, reason
                ),
                f"{views.version_name(chosen)} est en observation.",
            ),
        )


def _reason(label: str, key: str) -> None:
    drafts.long_text(label, key, form=False, rows=2, most=REASON_MAX)


def _act(reason_key: str, act: Callable[[str], object], done: str) -> None:
    """Do the confirmed act; keep what was typed where the API refuses."""
    reason = drafts.text(reason_key)
    if len(reason) < REASON_MIN:
        outcome.tell(_PAGE, "Un motif est attendu, de trois lettres au moins.", done=False)
        return
    try:
        act(reason)
    except ApiError as error:
        outcome.tell(_PAGE, f"{error.title}. {error.detail}", done=False)
        return
    drafts.sent([reason_key])
    outcome.tell(_PAGE, done)
