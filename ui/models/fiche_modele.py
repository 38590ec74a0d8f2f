"""One model's card: measured beside reported, what thresholds cost, how far to trust it, its history."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from api.schemas import french
from api.schemas.models import ModelCard, ModelSummary
from ui.models import card_views as cards
from ui.models import figures as model_figures
from ui.models import views
from ui.policy import figures as policy_figures
from ui.shared import layout

_PLOT = {"displayModeBar": False}


def draw(card: ModelCard) -> None:
    """Draws the card of one version, subject by subject."""
    regressor = card.summary.task == "regression"
    second = "Erreurs et intervalle" if regressor else "Seuils et coûts"
    names = ["Qualité", second, "Usage et limites", "Données et vérifications", "Historique"]
    if not regressor:
        names.insert(2, "Fiabilité")
    tabs = dict(zip(names, st.tabs(names), strict=True))
    with tabs["Qualité"]:
        _quality(card)
    with tabs[second]:
        if regressor:
            _days(card)
        else:
            _decision(card)
    if not regressor:
        with tabs["Fiabilité"]:
            _reliability(card)
    with tabs["Usage et limites"]:
        _uses(card)
    with tabs["Données et vérifications"]:
        _origin(card)
    with tabs["Historique"]:
        _history(card)


def _quality(card: ModelCard) -> None:
    st.markdown(layout.plain(views.measured_on(card)))
    st.table(
        views.quality_frame(card),
        hide_index=True,
        border="horizontal",
        alt="Qualité mesurée et qualité annoncée",
    )
    st.caption(layout.plain(views.reported_words(card.reported)))
    without = views.median_words(card.measured)
    if without:
        st.markdown(layout.plain(without))
    if card.decision is not None:
        confusion = cards.confusion_frame(card.decision)
        if len(confusion):
            st.markdown(f"**Au seuil de la politique ({french.threshold(card.decision.threshold)})**")
            st.table(confusion, hide_index=True, border="horizontal", alt="Matrice de confusion")
    _gate(card.summary)


def _gate(summary: ModelSummary) -> None:
    st.subheader("Contrôle de qualité", anchor=False)
    verdict = (
        "Ce modèle peut servir à classer le parc."
        if summary.admitted
        else "Ce modèle ne sert pas à classer le parc."
    )
    st.markdown(verdict + "".join(f"\n- {layout.plain(reason)}" for reason in summary.gate_reasons))


def _decision(card: ModelCard) -> None:
    decision = card.decision
    if decision is None:
        _unknown()
        return
    st.markdown(layout.plain(cards.decision_words(decision)))
    _frame(cards.decision_frame(decision), "seuils", "Ce que chaque seuil aurait donné et coûté")
    st.caption("► : le seuil de la politique en vigueur.")
    if not decision.curve:
        st.caption("Version rangée avant que ses courbes soient gardées : réimportez-la pour les voir.")
        return
    left, right = st.columns(2)
    with left:
        st.markdown("**Coût selon le seuil**")
        _chart(policy_figures.cost_curve(decision, layout.colours()), "courbe_cout", "Coût selon le seuil")
    with right:
        st.markdown("**Précision et rappel**")
        _chart(model_figures.precision_recall(decision, layout.colours()), "courbe_pr", "Précision, rappel")
    st.caption(
        "Bandes : intervalles à 95 %. Tirets et losange : le seuil de la politique en vigueur. Avec peu de "
        "pannes, les bandes sont larges : deux seuils voisins ne se distinguent pas."
    )


def _reliability(card: ModelCard) -> None:
    bins = (card.measured or {}).get("reliability") or []
    if not bins:
        _unknown()
        return
    left, right = st.columns(2)
    with left:
        _chart(model_figures.reliability(bins, layout.colours()), "courbe_fiabilite", "Courbe de fiabilité")
        st.caption("Sur la diagonale, la probabilité annoncée est exacte. Barres : intervalles à 95 %.")
    with right:
        _frame(cards.reliability_frame(bins), "fiabilite", "Probabilité annoncée et pannes observées")
    st.subheader("Calibration", anchor=False)
    st.markdown(layout.plain(card.calibration_reason))
    trials = cards.calibration_frame(card)
    if len(trials):
        st.table(trials, hide_index=True, border="horizontal", alt="Recalibrations essayées")


def _days(card: ModelCard) -> None:
    if card.measured is None:
        _unknown()
        return
    _frame(cards.days_frame(card.measured), "erreurs", "Erreur selon les jours qui restaient vraiment")
    st.subheader("Intervalle des jours avant panne", anchor=False)
    if card.interval is None:
        st.markdown("Aucun intervalle : trop peu de lignes jamais vues pour le fonder.")
        return
    aim = french.share(card.interval["target"])
    whole = cards.share_with_interval(card.interval["coverage"])
    st.markdown(
        f"Il vise {aim} ; obtenu sur toutes les lignes : {whole}. La couverture est comptée sur d’autres "
        "turbines que celles qui ont fixé les bornes."
    )
    _frame(cards.coverage_frame(card.interval), "couverture", "Couverture de l’intervalle par délai")


def _uses(card: ModelCard) -> None:
    left, right = st.columns(2)
    with left:
        _bullets("Usages autorisés", card.authorised_use)
        _bullets("Limites", card.limits)
    with right:
        _bullets("Ne doit pas servir à", card.prohibited_use)


def _origin(card: ModelCard) -> None:
    _frame(views.features_frame(card.features), "variables", "Mesures que le modèle lit")
    for feature in card.features:
        if feature.note:
            st.caption(f"{layout.plain(feature.label)} : {layout.plain(feature.note)}")
    _bullets("Sur quoi il a été ajusté", views.data_words(card.data))
    _bullets("Vérifications à l’import", cards.check_words(card))
    st.markdown(f"Cible : `{card.target}`  \nEmpreinte SHA-256 du modèle : `{card.summary.sha256}`")


def _history(card: ModelCard) -> None:
    if card.activations:
        layout.table(cards.history_frame(card))
    else:
        st.markdown("Cette version n’a jamais été mise en service.")


def _unknown() -> None:
    st.warning(
        "Qualité inconnue : personne n’a dit quelles lignes ce modèle n’a pas vues à l’entraînement, donc "
        "rien n’est mesuré."
    )


def _bullets(title: str, lines: list[str]) -> None:
    st.subheader(title, anchor=False)
    st.markdown("\n".join(f"- {layout.plain(line)}" for line in lines) or french.NOTHING)


def _frame(frame: pd.DataFrame, key: str, alt: str) -> None:
    st.dataframe(frame, hide_index=True, key=key, alt=alt)


def _chart(figure: go.Figure, key: str, alt: str) -> None:
    st.plotly_chart(figure, key=key, theme=None, config=_PLOT, alt=alt)
