"""Entry point of the dashboard: settings, login, navigation by right. Pages do the rest."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from api.schemas.auth import User
from api.schemas.vocabulary import Right
from ui.help import aide
from ui.interventions import interventions
from ui.measurements import mesures
from ui.models import modeles
from ui.operations import supervision
from ui.park import cockpit, turbine
from ui.people import audit, comptes, mon_compte
from ui.plan import plan
from ui.policy import politique
from ui.quality import qualite
from ui.shared import auth, layout, park_facts
from ui.shared.entry.parts import part
from ui.shared.security_headers import ANSWERS_SCRIPT, LANGUAGE_SCRIPT, LINKS_SCRIPT
from ui.shared.settings import SettingsError, UiSettings, load_settings

# Pages with the right each needs; None for everyone. Comfort only: the API checks every right again.
PAGES: tuple[tuple[str, str, Callable[[], None], Right | None], ...] = (
    ("cockpit", "Cockpit", cockpit.page, None),
    ("turbine", "Turbine", turbine.page, None),
    ("interventions", "Interventions", interventions.page, None),
    ("plan", "Plan de la semaine", plan.page, Right.PLAN),
    ("mesures", "Mesures", mesures.page, None),
    ("modeles", "Modèles", modeles.page, Right.FOLLOW_MODELS),
    ("qualite", "Qualité réalisée", qualite.page, None),
    ("politique", "Politique de risque", politique.page, None),
    ("supervision", "Supervision", supervision.page, Right.SUPERVISION),
    ("comptes", "Comptes et clés", comptes.page, Right.ACCOUNTS),
    ("audit", "Journal d’audit", audit.page, Right.AUDIT),
    ("aide", "Aide", aide.page, None),
    (layout.OWN_ACCOUNT, "Mon compte", mon_compte.page, None),
)
# Opened from the account menu, at the right of every page, and left out of the navigation.
ELSEWHERE = frozenset({layout.OWN_ACCOUNT})


@st.cache_resource
def _settings() -> UiSettings:
    return load_settings()


def _navigation(user: User | None) -> st.Page:
    """Declare every page, so that an address survives the login; rights decide which ones show.

    The page at the root has no content: its own path would answer « Page not found » while logged out.
    """
    pages = [st.Page(_home, title="Accueil", default=True, visibility="hidden")]
    for path, title, draw, right in PAGES:
        allowed = user is not None and (right is None or user.may(right))
        waiting = (
            park_facts.to_decide() if path == "interventions" and user and user.may(Right.PLAN) else None
        )
        page = st.Page(
            draw if allowed or user is None else _closed_page,
            title=f"{title} ({waiting})" if waiting else title,
            url_path=path,
            visibility="visible" if allowed and path not in ELSEWHERE else "hidden",
        )
        pages.append(page)
        layout.declare(path, page)
    return st.navigation(pages, position="hidden" if user is None else "top")


def _home() -> None:
    layout.go("cockpit")


def _closed_page() -> None:
    layout.header("Page réservée")
    st.warning("Votre rôle n’ouvre pas cette page. Adressez-vous à un administrateur si vous en avez besoin.")


def _login(gate: auth.Gate) -> None:
    with st.container(horizontal_alignment="center"), st.container(width=440, key="accueil"):
        st.title("Cockpit de maintenance prédictive", anchor=False)
        st.markdown("Les éoliennes à traiter en premier, et pourquoi.")
        layout.live("service", layout.service_state, every_s=15)
        if not gate.waiting:
            gate.form()


def main() -> None:
    """Run the dashboard once."""
    try:
        settings = _settings()
    except SettingsError as error:
        st.error(f"Le tableau de bord ne peut pas démarrer. {error}")
        return
    gate = auth.Gate(settings)
    user = gate.user()
    current = _navigation(user)
    title = current.title if user and current.title != "Accueil" else "Connexion"
    st.set_page_config(page_title=f"{title} – Cockpit éolien", page_icon=str(layout.ICON), layout="wide")
    st.logo(str(layout.LOGO), size="large")
    st.html(layout.STYLE)
    layout.remember(gate)
    scripts = st.container(key="technique")  # before the page, so that no page moves it
    scripts.html(LANGUAGE_SCRIPT + LINKS_SCRIPT + ANSWERS_SCRIPT, unsafe_allow_javascript=True)
    with scripts:
        part("connection")(key="connexion_suivie", on_back_change=lambda: None)
    if user is None:
        _login(gate)
    else:
        current.run()
    with scripts:
        gate.draw_cookie()


main()
