"""Models: which versions are stored, and how good each one really is."""

from __future__ import annotations

import streamlit as st

from api.schemas.models import ModelCard, ModelSummary
from ui import auth, layout
from ui import labels as fr
from ui import model_views as views
from ui.api_error import ApiError


def page() -> None:
    """Draws the page."""
    layout.header("Modèles")
    layout.live("modeles", _body)


def _body() -> bool:
    try:
        models = auth.client().models().items
    except ApiError as error:
        layout.check_session(error)
        layout.show_error(error)
        return not error.unreachable
    if not models:
        st.info("Aucun modèle n’est enregistré. `python cockpit.py models import` en ajoute un.")
        return True
    st.dataframe(
        views.models_frame(models), hide_index=True, key="versions", alt="Versions de modèles enregistrées"
    )
    chosen = _chooser(models)
    try:
        card = auth.client().model_card(chosen.name, chosen.version)
    except ApiError as error:
        layout.check_session(error)
        layout.show_error(error)
        return not error.unreachable
    _card(card)
    return True


def _chooser(models: list[ModelSummary]) -> ModelSummary:
    """The version whose card is shown: that of the address, else the first in service."""
    by_name = {f"{model.name} v{model.version}": model for model in models}
    if "version_choisie" not in st.session_state:
        asked = st.query_params.get("m", "")
        st.session_state["version_choisie"] = asked if asked in by_name else next(iter(by_name))
    chosen = st.selectbox("Fiche de la version", list(by_name), key="version_choisie", width=320)
    if st.query_params.get("m") != chosen:
        st.query_params["m"] = chosen
    return by_name[chosen]


def _card(card: ModelCard) -> None:
    summary = card.summary
    state = ":green-badge[✓ En service]" if summary.active else ":gray-badge[Pas en service]"
    gate = ":green-badge[✓ Admis]" if summary.admitted else ":red-badge[✕ Non admis]"
    st.subheader(f"{summary.name} v{summary.version} : {fr.TASKS[summary.task].lower()}", anchor=False)
    origin = f"Importé le {fr.fr_date(summary.created_at)} par {layout.plain(summary.imported_by)}"
    if summary.task == "classification":
        origin += f", probabilité {fr.CALIBRATIONS.get(card.calibration, card.calibration)}"
    st.markdown(f"{state} {gate} {origin}.")
    if summary.problem:
        st.error(layout.plain(summary.problem))
    _quality(card)
    _gate(summary)
    _uses(card)
    _origin(card)


def _quality(card: ModelCard) -> None:
    st.subheader("Qualité : mesurée ici, et annoncée", anchor=False)
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
    thresholds = views.thresholds_frame(card.measured)
    if len(thresholds):
        st.subheader("Ce que chaque seuil aurait donné", anchor=False)
        st.markdown(
            "Sur les mêmes lignes jamais vues : plus le seuil est bas, plus on annonce de pannes, "
            "et plus il y a de fausses alertes."
        )
        st.dataframe(
            thresholds, hide_index=True, key="seuils", alt="Alertes justes et fausses à chaque seuil"
        )


def _gate(summary: ModelSummary) -> None:
    st.subheader("Contrôle de qualité", anchor=False)
    verdict = (
        "Ce modèle peut servir à classer le parc."
        if summary.admitted
        else "Ce modèle ne sert pas à classer le parc."
    )
    st.markdown(verdict + "".join(f"\n- {layout.plain(reason)}" for reason in summary.gate_reasons))


def _uses(card: ModelCard) -> None:
    left, right = st.columns(2)
    with left:
        st.subheader("Usages autorisés", anchor=False)
        st.markdown("\n".join(f"- {layout.plain(use)}" for use in card.authorised_use) or fr.NOTHING)
    with right:
        st.subheader("Limites", anchor=False)
        st.markdown("\n".join(f"- {layout.plain(limit)}" for limit in card.limits) or fr.NOTHING)


def _origin(card: ModelCard) -> None:
    st.subheader("Ce que le modèle lit", anchor=False)
    st.dataframe(
        views.features_frame(card.features), hide_index=True, key="variables", alt="Mesures que le modèle lit"
    )
    for feature in card.features:
        if feature.note:
            st.caption(f"{layout.plain(feature.label)} : {layout.plain(feature.note)}")
    st.subheader("Sur quoi il a été ajusté", anchor=False)
    st.markdown("\n".join(f"- {layout.plain(line)}" for line in views.data_words(card.data)))
    with st.expander("Empreinte, bibliothèques, mises en service"):
        st.markdown(f"Cible : `{card.target}`  \nEmpreinte SHA-256 : `{card.summary.sha256}`")
        st.markdown("Bibliothèques : " + ", ".join(f"{n} {v}" for n, v in sorted(card.libraries.items())))
        st.markdown(
            layout.plain(f"Calcul par {card.runtime.get('engine', '?')}. {card.runtime.get('reason', '')}")
        )
        for change in card.activations:
            who = layout.plain(fr.principal_words(change.activated_by))
            st.markdown(f"- {fr.fr_date(change.activated_at)}, {who} : {layout.plain(change.reason)}")
