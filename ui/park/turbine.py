"""One turbine: its score, the reasons, its sensors, its past, and what other values would change."""

from __future__ import annotations

import streamlit as st

from api.schemas import french
from api.schemas.park import MeasurementRow, TurbineDetail
from api.schemas.turbine_story import TurbineEvent
from api.schemas.vocabulary import SituationCode
from ui.client.api_error import ApiError
from ui.interventions import of_turbine as interventions_turbine
from ui.park import et_si, telechargements
from ui.park import turbine_views as views
from ui.shared import auth, figures, layout, park_facts
from ui.shared import labels as fr
from ui.shared.links import turbine_href

CURVE_ROWS, TABLE_ROWS, MOST_URGENT = 90, 10, 5
WHY, SENSORS, HISTORY, WHAT_IF = "Pourquoi", "Capteurs", "Historique du risque", "Et si…"
_CHOICE, _LAST = "turbine_choisie", "_last_turbine"
NOT_FOUND = 404


def page() -> None:
    """Draw the page of the turbine that the address names."""
    turbine_id = st.query_params.get("id", "")
    layout.header(f"Turbine {turbine_id}" if turbine_id else "Turbine", lambda: _chooser(turbine_id))
    layout.live("turbine", lambda: _body(turbine_id))


def _body(turbine_id: str) -> bool:
    if not turbine_id:
        return _nothing_chosen()
    try:
        detail = auth.client().turbines.detail(turbine_id)
    except ApiError as error:
        layout.check_session(error)
        if error.status == NOT_FOUND:
            st.warning(
                f"**Turbine « {layout.plain(turbine_id)} » inconnue.** "
                "Vérifiez l’adresse, ou choisissez une turbine dans la liste."
            )
            return True
        layout.show_error(error)
        if error.unreachable:
            _last_known(turbine_id)
        return not error.unreachable
    st.session_state[_LAST] = turbine_id, detail
    _draw(detail)
    return True


def _nothing_chosen() -> bool:
    """Draw the most urgent turbines, where the address names none."""
    st.markdown("Choisissez une turbine dans la liste, ou l’une des plus urgentes du dernier classement :")
    try:
        items = auth.client().park.ranking(limit=MOST_URGENT).items
    except ApiError as error:
        layout.check_session(error)
        layout.show_error(error)
        return not error.unreachable
    if not items:
        st.info("Aucun classement n’est encore publié.")
    for item in items:
        with st.container(horizontal=True, vertical_alignment="center", border=True):
            risk, why = french.percent(item.failure_probability), fr.reason_words(item)
            words = f"{risk} de probabilité de panne à 7 jours · {why}"
            layout.line(
                item.risk_level, f"Turbine {item.turbine_id}", words, href=turbine_href(item.turbine_id)
            )
            if st.button("Ouvrir", key=f"ouvrir_turbine_{item.turbine_id}"):
                layout.go("turbine", id=item.turbine_id)
    return True


def _draw(detail: TurbineDetail) -> None:
    _identity(detail)
    _verdict(detail)
    _tabs(detail)
    interventions_turbine.draw(detail)


def _last_known(turbine_id: str) -> None:
    """Draw the page as before the interruption, so that what was typed in it is not lost."""
    last: tuple[str, TurbineDetail] | None = st.session_state.get(_LAST)
    if last is not None and last[0] == turbine_id:
        st.caption("Dernières valeurs reçues, avant l’interruption :")
        _draw(last[1])


def _chooser(turbine_id: str) -> None:
    """Draw the list of turbines; without the API nothing is drawn, the page itself says why."""
    try:
        names = [turbine.turbine_id for turbine in park_facts.turbines()]
    except ApiError as error:
        layout.check_session(error)
        return
    st.session_state[_CHOICE] = turbine_id if turbine_id in names else None
    st.selectbox(
        "Choisir une turbine",
        names,
        key=_CHOICE,
        placeholder="Choisir une turbine",
        label_visibility="collapsed",
        width=200,
        on_change=_open_chosen,
    )


def _open_chosen() -> None:
    chosen = st.session_state[_CHOICE]
    if chosen is not None:
        st.query_params.from_dict({"id": chosen})


# First screen


def _identity(detail: TurbineDetail) -> None:
    turbine = detail.turbine
    facts = [place for place in (turbine.farm, turbine.site) if place]
    if turbine.rated_power_kw is not None:
        facts.append(french.quantity(turbine.rated_power_kw, "kW", 0))
    facts.append(fr.SERVICE_STATES[turbine.service_state])
    if turbine.commissioned_on is not None:
        facts.append(f"mise en service le {french.date(turbine.commissioned_on)}")
    facts.append(views.visit_words(detail.planned_visits))
    with st.container(horizontal=True, vertical_alignment="center", key="identite"):
        words = " · ".join(facts)
        st.markdown(layout.plain(words[0].upper() + words[1:]))
        telechargements.turbine_file(detail)


def _verdict(detail: TurbineDetail) -> None:
    item = detail.current
    if item is None:
        st.info("Cette turbine n’est pas encore classée : aucun calcul publié ne la contient.")
        return
    if item.situation is not None:  # work done is said before the risk that it treated
        code = item.situation.code
        calm = not code.to_decide and code is not SituationCode.DONNEES_A_VERIFIER
        layout.banner(code.words, good=calm, more=item.situation.reason)
    layout.verdict([item.risk_level], fr.verdict(item, detail.threshold), advice=item.recommendation)
    layout.facts(views.key_figures(item, detail))
    layout.notices([*item.warnings, *(n for n in detail.notices if n.code != views.NOISE)])


def _noise(detail: TurbineDetail) -> None:
    """Warn, beside each curve, of what it cannot show for this turbine."""
    layout.notices([notice for notice in detail.notices if notice.code == views.NOISE])


# Tabs


def _tabs(detail: TurbineDetail) -> None:
    tabs = st.tabs([WHY, SENSORS, HISTORY, WHAT_IF], key="onglet", on_change="rerun")
    for tab, draw in zip(tabs, (_why, _sensors, _history, _what_if), strict=True):
        if tab.open:
            with tab:
                draw(detail)


def _why(detail: TurbineDetail) -> None:
    if not detail.drivers:
        st.info("Aucune explication n’est disponible pour ce score.")
        return
    chart, words = st.columns([3, 2], gap="medium")
    with chart:
        frame = views.drivers_frame(detail.drivers, detail.usual)
        figure = figures.drivers_bar(frame, layout.colours())
        layout.plot(figure, "facteurs", views.drivers_words(frame))
    with words:
        st.markdown(
            f"Ce que chaque mesure ajoute à la probabilité, ou lui retire. {views.base_words(detail)} "
            "« D’habitude » : neuf mesures sur dix, sur cette turbine puis dans le parc."
        )
        for driver in detail.drivers:
            note = driver.note or ("Indice, pas une cause." if driver.marker else "")
            if note:
                st.markdown(f":gray-badge[{layout.plain(driver.label)}] {layout.plain(note)}")
        st.markdown(
            "Ce sont des **corrélations** apprises sur des mesures passées : elles disent ce qui a pesé "
            "sur le score, pas ce qui répare la machine."
        )
        st.caption(views.models_words(detail))


def _sensors(detail: TurbineDetail) -> None:
    rows = layout.fetched(
        lambda: auth.client().turbines.measurements(detail.turbine.turbine_id, CURVE_ROWS), "mesures"
    )
    if rows is None:
        return
    if not rows:
        st.info("Aucune mesure n’est enregistrée pour cette turbine.")
        return
    present, absent = views.by_presence(detail.features, [row.values for row in rows])
    events = _events(detail, rows)
    marks = views.events_words(events)
    st.caption(
        "La bande colorée est la plage de valeurs sur laquelle le modèle a appris."
        + (f" Au pied des courbes : {marks}." if marks else "")
    )
    _noise(detail)
    with st.grid(2, min_column_width=330):
        for feature in present:
            if feature.dtype != "binary":
                frame = views.sensor_frame(rows, feature.name)
                title = views.feature_title(feature)
                layout.plot(
                    figures.sensor_curve(frame, feature, title, layout.colours(), events),
                    f"courbe_{feature.name}",
                    views.curve_words(frame, feature),
                )
    frame = views.measurement_frame(rows[:TABLE_ROWS], present)
    layout.table(frame, f"Mesures de la turbine : {french.counted(len(frame), 'dernière')}")
    if absent:
        st.caption(layout.plain(views.absent_words(absent)))


def _events(detail: TurbineDetail, rows: list[MeasurementRow]) -> list[TurbineEvent]:
    """Return the turbine's events over the days of the curves, up to the day of the ranking."""
    turbine, first = detail.turbine.turbine_id, rows[-1].measured_on
    last = max(rows[0].measured_on, detail.as_of or rows[0].measured_on)
    events = layout.fetched(lambda: auth.client().turbines.events(turbine, first), "evenements")
    return [event for event in events or [] if event.on <= last]


def _history(detail: TurbineDetail) -> None:
    points = layout.fetched(lambda: auth.client().turbines.history(detail.turbine.turbine_id), "historique")
    if points is None:
        return
    frame = views.history_frame([p for p in points if p.failure_probability is not None])
    if len(frame) < 2:
        st.info("L’historique se dessine à partir de deux calculs publiés ; il n’y en a pas encore assez.")
        if not len(frame):
            return
    layout.plot(
        figures.risk_history(frame, detail.threshold, layout.colours()),
        "historique",
        views.history_words(frame),
    )
    _noise(detail)


def _what_if(detail: TurbineDetail) -> None:
    et_si.draw(detail)
