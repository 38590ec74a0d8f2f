"""Models: which versions are stored, how good each one really is, and which one serves."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import streamlit as st

from api.schemas import french
from api.schemas.common import MAX_REASON, MIN_REASON
from api.schemas.models import ModelSummary
from api.schemas.vocabulary import Right
from ui.client.api_error import ApiError
from ui.models import candidat, comparer_modeles, fiche_modele, import_modele, views
from ui.shared import auth, layout, outcome
from ui.shared.entry import drafts

_PAGE, _SHOWN = "modeles", "_fiche_montree"


def page() -> None:
    """Draw the page."""
    layout.header("Modèles")
    import_modele.draw()
    layout.live("modeles", _body)


def _body() -> bool:
    try:
        models = auth.client().models.all().items
    except ApiError as error:
        layout.check_session(error)
        layout.show_error(error)
        return not error.unreachable
    if not models:
        st.info("Aucun modèle n’est enregistré. `python cockpit.py models import` en ajoute un.")
        return True
    outcome.show(_PAGE)
    layout.table(
        views.models_frame(models),
        "Versions de modèles enregistrées",
        key="versions",
        opens=[f"?{urlencode({'m': _name(model)})}" for model in models],
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = _chooser(models)
        _actions(chosen, models)
    try:
        card = auth.client().models.card(chosen.name, chosen.version)
    except ApiError as error:
        layout.check_session(error)
        layout.show_error(error)
        return not error.unreachable
    fiche_modele.draw(card)
    comparer_modeles.draw(models)
    candidat.draw(models)
    return True


def _chooser(models: list[ModelSummary]) -> ModelSummary:
    """Return the version whose card is shown: the address's, else the first in service."""
    by_name = {_name(model): model for model in models}
    asked = st.query_params.get("m", "")
    if "version_choisie" not in st.session_state or asked != st.session_state.get(_SHOWN):
        st.session_state["version_choisie"] = asked if asked in by_name else next(iter(by_name))
    chosen = st.selectbox(
        "Fiche de la version",
        list(by_name),
        format_func=lambda name: by_name[name].label,
        key="version_choisie",
        width=320,
    )
    st.session_state[_SHOWN] = chosen
    if asked != chosen:
        st.query_params["m"] = chosen
    return by_name[chosen]


def _name(model: ModelSummary) -> str:
    return f"{model.name} v{model.version}"


def _actions(chosen: ModelSummary, models: list[ModelSummary]) -> None:
    """Draw the page to print and, for those who may, activation and rollback."""
    name = f"fiche-{chosen.name}-v{chosen.version}.html"
    page_html = layout.fetched(
        lambda: auth.client().models.printable_card(chosen.name, chosen.version), "fiche"
    )
    if page_html is not None:
        st.download_button(
            "Fiche à imprimer", page_html, name, "text/html", key="fiche_html", on_click="ignore"
        )
    if not auth.may(Right.MODELS):
        return
    if chosen.retired is not None:
        st.caption(layout.plain(f"Version retirée : {chosen.retired.reason}"))
    elif not chosen.active:
        _activation(chosen, models)
        _retirement(chosen)
    else:
        _going_back(chosen)


def _activation(chosen: ModelSummary, models: list[ModelSummary]) -> None:
    blocked = views.why_not_activated(chosen)
    if blocked:
        st.button("Mettre en service…", key="activer_bloque", disabled=True, help=blocked)
        return
    serving = next((m for m in models if m.active and m.task == chosen.task), None)

    def carry_out(reason: str) -> ModelSummary:
        return auth.client().models.activate(chosen.name, chosen.version, reason)

    with outcome.menu(_PAGE, "Mettre en service…", "activer"):
        st.markdown(layout.plain(views.activation_words(chosen, serving)))
        _confirm("activation", _name(chosen), "Confirmer la mise en service", carry_out)


def _going_back(chosen: ModelSummary) -> None:
    with outcome.menu(_PAGE, "Revenir au précédent…", "revenir"):
        st.markdown(
            layout.plain(
                f"{chosen.name} v{chosen.version} cesse de répondre ; ce qui servait avant pour la même "
                "tâche reprend sa place au plus tard dans les secondes qui suivent."
            )
        )
        _confirm(
            "retour",
            _name(chosen),
            "Confirmer le retour",
            lambda reason: auth.client().models.rollback(chosen.name, reason),
        )


def _retirement(chosen: ModelSummary) -> None:
    with outcome.menu(_PAGE, "Retirer…", "retirer"):
        st.markdown(
            layout.plain(
                f"Personne ne pourra plus mettre {chosen.name} v{chosen.version} en service. Ses fichiers "
                "restent : les scores passés en dépendent."
            )
        )
        _confirm(
            "retrait",
            _name(chosen),
            "Confirmer le retrait",
            lambda reason: auth.client().models.retire(chosen.name, chosen.version, reason),
            "est retiré",
        )


def _confirm(
    key: str,
    version: str,
    words: str,
    carry_out: Callable[[str], ModelSummary],
    state: str = "est en service",
) -> None:
    """Ask for a reason, then make the change; keep what was typed when the API refuses."""
    why = f"{key}_motif_{version}"
    with st.form(f"{key}_form", border=False):
        reason = drafts.long_text("Motif, gardé dans l’historique", why, form=True, rows=2, most=MAX_REASON)
        asked = st.form_submit_button(words, type="primary")
    if not asked:
        return
    if len(reason) < MIN_REASON:
        st.error(f"Le motif est attendu : {french.counted(MIN_REASON, 'caractère')} au moins.")
        return
    changed = layout.fetched(lambda: carry_out(reason), key)
    if changed is not None:
        drafts.sent([why])
        outcome.tell(_PAGE, f"{changed.name} v{changed.version} {state}.")
        layout.redraw()
