"""Realised quality: were the alerts right, which failures were missed, how far off were the days?"""

from __future__ import annotations

from datetime import date

import streamlit as st

from api.schemas import french
from api.schemas.quality import RealisedQuality
from api.schemas.vocabulary import ALERT
from ui.client.api_error import ApiError
from ui.quality import views
from ui.shared import auth, layout, park_facts

_PERIODS = {"month": "Mois", "week": "Semaine"}


def page() -> None:
    """Draw the page."""
    layout.header("Qualité réalisée")
    layout.live("qualite", _body)


def _body() -> bool:
    asked = _asked_period()
    try:
        quality = auth.client().quality.realised(first=asked[0], last=asked[1], period=asked[2])
    except ApiError as error:
        layout.check_session(error)
        layout.show_error(error)
        return not error.unreachable
    draw(quality)
    if quality.counts.published:
        _download(quality)
    return True


def _asked_period() -> tuple[date | None, date | None, str]:
    """Draw the period; return its first day, last day and grouping. The API chooses a day that is None."""
    left, middle, right = st.columns(3)
    newest = park_facts.last_day() or date(2100, 1, 1)  # the calendars open there
    first = left.date_input(
        "Premier jour", value=None, format=french.STREAMLIT_DATE, key="qualite_de",
        min_value=date(2000, 1, 1), max_value=newest,
    )  # fmt: skip
    last = middle.date_input(
        "Dernier jour", value=None, format=french.STREAMLIT_DATE, key="qualite_a",
        min_value=date(2000, 1, 1), max_value=newest,
    )  # fmt: skip
    period = right.segmented_control(
        "Regrouper par", list(_PERIODS), default="month", format_func=_PERIODS.__getitem__, key="qualite_par"
    )
    return first, last, period or "month"


def draw(quality: RealisedQuality) -> None:
    """Draw the figures of an answer, or why there are none."""
    if not quality.counts.counted:
        st.info(layout.sentence(quality.message))
        if quality.counts.published:
            st.markdown(layout.sentence(views.counts_words(quality)))
        layout.notices(quality.notices)
        return
    st.caption(f"Classements du {french.date(quality.first)} au {french.date(quality.last)}.")
    st.markdown(layout.sentence(views.counts_words(quality)))
    layout.facts(views.facts(quality))
    st.caption(layout.sentence(views.units_words(quality)))
    layout.notices([notice for notice in quality.notices if notice.code == "peu_de_pannes"])
    _alerts(quality)
    _failures(quality)
    _days_and_calibration(quality)


def _alerts(quality: RealisedQuality) -> None:
    st.subheader("Ce que valait chaque niveau publié", anchor=False)
    layout.table(views.levels_frame(quality), "Ce que valait chaque niveau publié")
    st.caption("Entre parenthèses : intervalle à 95 %. Plus il est large, moins le chiffre est sûr.")
    st.subheader(f"Alertes, période après période ({ALERT})", anchor=False)
    layout.table(views.periods_frame(quality), "Alertes et pannes par période", key="periodes")
    models = views.models_frame(quality)
    if len(models):
        st.subheader("Par version de modèle, au seuil publié", anchor=False)
        layout.table(models, "Alertes par version de modèle")


def _failures(quality: RealisedQuality) -> None:
    st.subheader("Pannes manquées", anchor=False)
    missed = quality.events.missed
    if missed:
        layout.table(views.missed_frame(missed), "Pannes manquées", key="manquees")
    else:
        st.markdown("Aucune panne connue de la période n’a été manquée.")
    with st.expander(f"Fausses alertes ({quality.false_alerts_total})"):
        if quality.false_alerts:
            frame = views.false_alerts_frame(quality.false_alerts)
            layout.table(frame, "Alertes sans panne dans les 7 jours", key="fausses")
            listed = len(quality.false_alerts)
            if listed < quality.false_alerts_total:
                st.caption(f"Les {listed} plus récentes ; le fichier les contient toutes.")
        else:
            st.markdown("Aucune.")


def _days_and_calibration(quality: RealisedQuality) -> None:
    if quality.days.rows:
        st.subheader("Jours avant panne : annoncés et observés", anchor=False)
        layout.table(views.days_frame(quality), "Jours avant panne, annoncés et observés")
    st.subheader("Probabilités montrées, et ce qui est arrivé", anchor=False)
    layout.chart(quality.reliability, "calibration")
    st.caption(layout.plain(quality.reliability.note))


def _download(quality: RealisedQuality) -> None:
    """Offer the file in two steps: that of a large park takes time to make."""
    if not st.button("Préparer le fichier publié / observé", key="qualite_preparer"):
        return
    content = layout.fetched(
        lambda: auth.client().quality.realised_csv(first=quality.first, last=quality.last), "qualite_csv"
    )
    if content is not None:
        st.download_button(
            "Télécharger le fichier (CSV)", content, "qualite-realisee.csv", "text/csv", key="qualite_csv",
            on_click="ignore",
        )  # fmt: skip
