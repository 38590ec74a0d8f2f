"""The cockpit: can I trust today's ranking, how many turbines per level, which ones first."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from api.schemas.changes import DaysCoverage
from api.schemas.park import Park, ParkItem, Run
from api.schemas.vocabulary import RiskLevel, Role
from ui import auth, change_views, layout, views
from ui import labels as fr
from ui.api_error import ApiError
from ui.app_pages import changements

REFRESH_S = 30
FOLLOW_S = 1
ROW_PX, HEAD_PX, ROWS_SHOWN = 35, 37, 15
ACTIVE = {"en_attente", "en_cours"}
MAY_RUN = {Role.MANAGER, Role.INGENIEUR}
_FOLLOWED, _LAST, _VIEW = "_followed_run", "_last_park", "_view"
_TABLE, _TOUCHED = "park_table", "_table_version"


def page() -> None:
    """Draws the page."""
    layout.header("Cockpit")
    if st.session_state.get(_FOLLOWED) is not None:
        layout.live("run", _progress, every_s=FOLLOW_S)
    layout.live("park", _board, every_s=REFRESH_S)


# Scoring under way


def _progress() -> bool:
    """Follows a scoring until it ends; the page may be left, for it goes on without it."""
    run_id = st.session_state.get(_FOLLOWED)
    if run_id is None:
        return True
    try:
        run = auth.client().run(run_id)
    except ApiError as error:
        layout.check_session(error)
        if error.unreachable:
            st.markdown("Calcul du parc en cours ; son avancement n’est plus connu.")
            return False
        st.session_state[_FOLLOWED] = None
        layout.show_error(error, "avancement")
        return True
    if run.status in ACTIVE:
        st.progress(min(1.0, run.done / max(1, run.total)), text=views.progress_words(run))
        return True
    st.session_state[_FOLLOWED] = None
    if run.status == "termine":
        st.toast(f"Calcul terminé : {fr.counted(run.done, 'turbine')} en {fr.fr_duration(run.duration_s)}.")
    else:
        st.toast(f"Calcul n° {run.run_id} : {fr.RUN_STATUS[run.status].lower()}. {run.error or ''}")
    return st.rerun()


def _follow(attempt: Run | None) -> None:
    """Starts following a scoring that someone else asked for."""
    if attempt is not None and attempt.status in ACTIVE and st.session_state.get(_FOLLOWED) is None:
        st.session_state[_FOLLOWED] = attempt.run_id
        st.rerun()


def _start_button() -> None:
    user = auth.current_user()
    if user is None or user.role not in MAY_RUN:
        return
    busy = st.session_state.get(_FOLLOWED) is not None
    if st.button("Recalculer le parc", key="recalculer", disabled=busy):
        run = layout.fetched(auth.client().start_run, "calcul")
        if run is not None:
            st.session_state[_FOLLOWED] = run.run_id
            st.rerun()


# Ranking


def _board() -> bool:
    top, filters = st.container(gap="small"), st.container(key="filtres")
    tabs, table = st.container(key="files"), st.container()
    with filters:
        view = _filters()
    try:
        park = auth.client().park(levels=view.levels, max_days=view.days, queue=view.queue)
    except ApiError as error:
        layout.check_session(error)
        with top:
            layout.show_error(error)
        with tabs:
            changements.queues(None)
        if error.unreachable:
            _last_known(top, table)
        return not error.unreachable
    st.session_state[_LAST] = park, view
    _follow(park.last_attempt)
    with top:
        _summary(park, known=True)
        changements.since(park)
    with tabs:
        changements.queues(park)
    with table:
        _ranking(park, view)
    return True


def _last_known(top: DeltaGenerator, table: DeltaGenerator) -> None:
    """The last ranking received, with the filters that it was asked for."""
    last: tuple[Park, views.View] | None = st.session_state.get(_LAST)
    if last is None:
        return
    with top:
        _summary(last[0], known=False)
    with table:
        _ranking(*last)
        if last[1] != st.session_state[_VIEW]:
            st.caption("Les filtres changés depuis s’appliqueront au retour du service.")


def _summary(park: Park, *, known: bool) -> None:
    """The trust line and the counts; ``known`` is False when they are those of before an interruption."""
    trust = views.trust(park)
    if trust is None:
        return
    good = trust.good and known
    headline = trust.headline if known else f"Avant l’interruption : {trust.headline}"
    told = "".join(f"<li>{layout.escaped(notice.message)}</li>" for notice in trust.notices)
    st.html(
        f'<div class="confiance{"" if good else " douteuse"}" role="status">'
        f"<strong>{'✓' if good else '⚠'} {layout.escaped(headline)}</strong> "
        f"{layout.escaped(' · '.join(trust.facts))}{f'<ul>{told}</ul>' if told else ''}</div>"
    )
    if park.changes is None or park.as_of is None:
        layout.levels_strip(park.counts)
    else:
        gaps = change_views.differences(park.changes.levels)
        layout.levels_strip(park.counts, gaps, change_views.elapsed_words(park.changes, park.as_of))


def _filters() -> views.View:
    """The filters, in the page's address and back."""
    asked = views.View.of(st.query_params)
    if "filtre_niveau" not in st.session_state:
        kept: views.View = st.session_state.get(_VIEW, views.View())
        asked = asked if asked.query() else kept
        st.session_state["filtre_niveau"] = list(asked.levels)
        st.session_state["filtre_jours"] = asked.days
        st.session_state["filtre_parc"] = asked.farm
        st.session_state["filtre_texte"] = asked.text
        st.session_state["filtre_file"] = asked.queue
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        levels = st.pills(
            "Niveau",
            list(RiskLevel),
            selection_mode="multi",
            format_func=lambda level: fr.LEVELS[level].text,
            key="filtre_niveau",
        )
        farms = _farms(asked.farm)
        farm = None
        if farms:
            farm = st.selectbox(
                "Parc éolien", farms, index=None, placeholder="Tous", key="filtre_parc", width=170
            )
        days = st.number_input(
            "Panne possible sous (j)",
            help=change_views.days_help(_coverage()),
            min_value=0.0,
            step=1.0,
            value=None,
            format="%g",
            placeholder="Tous",
            key="filtre_jours",
            width=170,
        )
        text = st.text_input("Rechercher", placeholder="Turbine, facteur…", key="filtre_texte", width=210)
        _start_button()
    view = views.View(tuple(levels), days, farm, text.strip(), st.session_state.get("filtre_file"))
    st.session_state[_VIEW] = view
    if st.query_params.to_dict() != view.query():
        st.query_params.from_dict(view.query())
    return view


def _farms(asked: str | None) -> list[str]:
    """Wind farms to choose from; nothing where the data names none, or cannot be had now."""
    try:
        known = {turbine.farm for turbine in layout.turbines() if turbine.farm}
    except ApiError as error:
        layout.check_session(error)
        known = set()
    return sorted(known | ({asked} if asked else set()))


def _coverage() -> DaysCoverage | None:
    """What the interval of the last ranking received is worth."""
    last: tuple[Park, views.View] | None = st.session_state.get(_LAST)
    return None if last is None else last[0].days_coverage


def _clear() -> None:
    st.session_state.update(
        filtre_niveau=[], filtre_jours=None, filtre_parc=None, filtre_texte="", filtre_file=None
    )


def _ranking(park: Park, view: views.View) -> None:
    if park.run is None:
        _nothing_yet()
        return
    items = views.matching(park.items, view)
    if not items:
        st.info("Aucune turbine ne répond à ces filtres.")
        st.button("Effacer les filtres", on_click=_clear)
        return
    _table(items)
    st.caption(
        f"{fr.counted(len(items), 'turbine')} sur {park.run.total}. Cochez une ligne pour ouvrir la turbine. "
        "« Indice » : facteur qui accompagne les pannes sans en être la cause."
    )


def _nothing_yet() -> None:
    user = auth.current_user()
    may = user is not None and user.role in MAY_RUN
    st.info(
        "**Aucun classement n’est encore publié.** Le calcul quotidien le fera à son heure ; "
        + (
            "« Recalculer le parc » le lance dès maintenant."
            if may
            else "un responsable peut le lancer dès maintenant."
        )
    )


def _table(items: list[ParkItem]) -> None:
    frame = views.park_frame(items)
    column = st.column_config
    event = st.dataframe(
        views.styled(frame),
        key=_TABLE,
        hide_index=True,
        height=HEAD_PX + ROW_PX * min(len(frame), ROWS_SHOWN),
        placeholder=fr.NOTHING,
        on_select="rerun",
        selection_mode="single-row",
        alt=f"Classement de {fr.counted(len(frame), 'turbine')} par risque",
        column_config={
            "Rang": column.NumberColumn(width=55, pinned=True),
            "Turbine": column.TextColumn(width=80, pinned=True),
            "Niveau": column.MultiselectColumn(
                options=[words.text for words in fr.LEVELS.values()],
                color=[words.chip for words in fr.LEVELS.values()],
                width=105,
            ),
            "Changement": column.TextColumn(help="Depuis le calcul du jour précédent", width=135),
            "Probabilité": column.NumberColumn(help="Probabilité de panne dans les 7 jours", width=95),
            "Jours restants": column.NumberColumn(help="Jours estimés avant panne", width=110),
            "Intervalle": column.TextColumn(help="Intervalle des jours restants", width=125),
            "Facteur principal": column.TextColumn(width=300),
            "Âge de la mesure": column.NumberColumn(help="Au jour du calcul", width=125),
            "Visite prévue": column.DateColumn(format="DD/MM/YYYY", width=105),
        },
    )
    if event.selection.rows:
        layout.go("turbine", id=items[event.selection.rows[0]].turbine_id)
