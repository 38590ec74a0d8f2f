"""Realised quality: were the alerts right, which failures were missed, how far off were the days?"""

from __future__ import annotations

from datetime import date

import streamlit as st

from api.schemas import french
from api.schemas.quality import RealisedQuality
from ui.client.api_error import ApiError
from ui.quality import views
from ui.shared import auth, layout

_PERIODS = {"month": "Mois", "week": "Semaine"}


def page() -> None:
    """Draws the page."""
    layout.header("Qualité réalisée")
    layout.live("qualite", _body)


def _body() -> bool:
    asked = _asked()
    try:
        found = auth.client().quality.realised(first=asked[0], last=asked[1], period=asked[2])
    except ApiError as error:
        layout.check_session(error)
        layout.show_error(error)
        return not error.unreachable
    draw(found)
    if found.counts.published:
        _download(found)
    return True


def _asked() -> tuple[date | None, date | None, str]:
    """First day, last day, grouping; None for a day leaves it to the API."""
    left, middle, right = st.columns(3)
    first = left.date_input(
        "Premier jour", value=None, format=french.STREAMLIT_DATE, key="qualite_de",
        min_value=date(2000, 1, 1), max_value=date(2100, 1, 1),
    )  # fmt: skip
    last = middle.date_input(
        "Dernier jour", value=None, format=french.STREAMLIT_DATE, key="qualite_a",
        min_value=date(2000, 1, 1), max_value=date(2100, 1, 1),
    )  # fmt: skip
    period = right.segmented_control(
        "Regrouper par", list(_PERIODS), default="month", format_func=_PERIODS.__getitem__, key="qualite_par"
    )
    return first, last, period or "month"


def draw(found: RealisedQuality) -> None:
    """Draws the figures of an answer, or why there are none."""
    if not found.counts.counted:
        st.info(layout.plain(found.message))
        if found.counts.published:
            st.markdown(layout.plain(views.counts_words(found)))
        layout.notices(found.notices)
        return
    st.caption(f"Classements du {french.date(found.first)} au {french.date(found.last)}.")
    st.markdown(layout.plain(views.counts_words(found)))
    layout.facts(views.facts(found))
    st.caption(layout.plain(views.units_words(found)))
    layout.notices([notice for notice in found.notices if notice.code == "peu_de_pannes"])
    _alerts(found)
    _failures(found)
    _days_and_calibration(found)


def _alerts(found: RealisedQuality) -> None:
    st.subheader("Ce que valait chaque niveau publié", anchor=False)
    layout.table(views.levels_frame(found).astype(str))
    st.caption("Entre parenthèses : intervalle à 95 %. Plus il est large, moins le chiffre est sûr.")
    st.subheader("Période après période (niveau élevé ou critique)", anchor=False)
    st.dataframe(
        views.periods_frame(found), hide_index=True, key="periodes", alt="Alertes et pannes par période"
    )
    models = views.models_frame(found)
    if len(models):
        st.subheader("Par version de modèle, au seuil publié", anchor=False)
        layout.table(models.astype(str))


def _failures(found: RealisedQuality) -> None:
    st.subheader("Pannes manquées", anchor=False)
    missed = found.events.missed
    if missed:
        layout.table(views.missed_frame(missed))
    else:
        st.markdown("Aucune panne connue de la période n’a été manquée.")
    with st.expander(f"Fausses alertes ({found.false_alerts_total})"):
        if found.false_alerts:
            st.dataframe(
                views.false_alerts_frame(found.false_alerts), hide_index=True, key="fausses",
                alt="Alertes sans panne dans les 7 jours",
            )  # fmt: skip
            shown = len(found.false_alerts)
            if shown < found.false_alerts_total:
                st.caption(f"Les {shown} plus récentes ; le fichier les contient toutes.")
        else:
            st.markdown("Aucune.")


def _days_and_calibration(found: RealisedQuality) -> None:
    if found.days.rows:
        st.subheader("Jours avant panne : annoncés et observés", anchor=False)
        layout.table(views.days_frame(found).astype(str))
    st.subheader("Probabilités montrées, et ce qui est arrivé", anchor=False)
    layout.chart(found.reliability, "calibration")
    st.caption(layout.plain(found.reliability.note))


def _download(found: RealisedQuality) -> None:
    """Asked for in two steps: the file of a large park takes time to make."""
    if not st.button("Préparer le fichier publié / observé", key="qualite_preparer"):
        return
    content = layout.fetched(
        lambda: auth.client().quality.realised_csv(first=found.first, last=found.last), "qualite_csv"
    )
    if content is not None:
        st.download_button(
            "Télécharger le fichier (CSV)", content, "qualite-realisee.csv", "text/csv", key="qualite_csv",
            on_click="ignore",
        )  # fmt: skip
