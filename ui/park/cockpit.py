"""The cockpit: can I trust today's ranking, how many turbines per level, which ones first."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from api.schemas import french
from api.schemas.park import Park, Run
from api.schemas.vocabulary import Right
from ui.client.api_error import ApiError
from ui.park import calculs, change_views, changements, filtres, telechargements, views
from ui.shared import auth, layout, table
from ui.shared import labels as fr
from ui.shared.table import PAGE_ROWS

REFRESH_S = 30
SEPARATOR = " · "
NOT_FOUND = 404
FOLLOW_S = 1
ACTIVE = {"en_attente", "en_cours"}
_FOLLOWED, _LAST, _REFUSED = "_followed_run", "_last_park", "_run_refused"


def page() -> None:
    """Draw the page."""
    layout.header("Cockpit", filtres.day_chooser)
    # The container stays while no scoring runs: else the table would move, and lose its scroll and order.
    with st.container():
        if st.session_state.get(_FOLLOWED) is not None:
            layout.live("run", _progress, every_s=FOLLOW_S)
    layout.live("park", _board, every_s=REFRESH_S)


# Scoring under way


def _progress() -> bool:
    """Follow a scoring until it ends; it goes on if the page is left."""
    run_id = st.session_state.get(_FOLLOWED)
    if run_id is None:
        return True
    try:
        run = auth.client().park.run(run_id)
    except ApiError as error:
        layout.check_session(error)
        if error.unreachable:
            st.markdown("Calcul du parc en cours ; son avancement n’est plus connu.")
            return False
        st.session_state[_FOLLOWED] = None
        layout.show_error(error, "avancement")
        return True
    if run.status in ACTIVE:
        calculs.under_way(run)
        return True
    st.session_state[_FOLLOWED] = None
    if run.status == "termine":
        st.toast(
            f"Calcul terminé : {french.counted(run.done, 'turbine')} en {french.duration(run.duration_s)}."
        )
    else:
        st.toast(f"Calcul n° {run.run_id} : {fr.RUN_STATUS[run.status].lower()}. {run.error or ''}")
    return layout.redraw()


def _follow(attempt: Run | None) -> None:
    """Start to follow a scoring that someone else asked for."""
    if attempt is not None and attempt.status in ACTIVE and st.session_state.get(_FOLLOWED) is None:
        st.session_state[_FOLLOWED] = attempt.run_id
        layout.redraw()


def _start_button() -> None:
    if not auth.may(Right.START_RUN):
        return
    busy = st.session_state.get(_FOLLOWED) is not None
    if st.button("Recalculer le parc", key="recalculer", disabled=busy):
        try:
            run = auth.client().park.start_run()
        except ApiError as error:
            layout.check_session(error)
            st.session_state[_REFUSED] = error
        else:
            st.session_state.pop(_REFUSED, None)
            st.session_state[_FOLLOWED] = run.run_id
        layout.redraw()


def _show_refusal() -> None:
    """Show why the last scoring was not started, until it is closed or a scoring starts."""
    error: ApiError | None = st.session_state.get(_REFUSED)
    if error is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="calcul_refuse"):
        quoted = f" Référence : `{layout.plain(error.request_id)}`." if error.request_id else ""
        words = f"**Le calcul n’a pas été lancé. {layout.plain(error.title)}.**"
        st.error(f"{words} {layout.sentence(error.detail)}{quoted}", width="stretch")
        st.button("Fermer", key="fermer_refus", on_click=lambda: st.session_state.pop(_REFUSED, None))


# Ranking


def _board() -> bool:
    top, since = st.container(gap="small"), st.container(key="depuis_hier")
    filters = st.container(key="filtres")
    tabs, rows = st.container(key="files"), st.container(key="classement")
    with filters:
        view, files = filtres.draw(_last_park(), _start_button)
    with top:
        _show_refusal()
    try:
        park = _read(view)
    except ApiError as error:
        layout.check_session(error)
        with top:
            if view.day is not None and error.status == NOT_FOUND:
                st.warning(f"**Aucun classement du {french.long_date(view.day)} n’a été publié.**")
                st.button("Revenir au dernier classement", on_click=filtres.latest_day)
            else:
                layout.show_error(error)
        with tabs:
            changements.tabs(None)
        if error.unreachable:
            _last_known(top, rows)
        return not error.unreachable
    st.session_state[_LAST] = park, view
    _follow(park.last_attempt)
    with top:
        _summary(park, known=True, past=view.day is not None)
    with since:
        changements.since(park)
    with tabs:
        changements.tabs(park)
    with rows:
        _ranking(park, view)
    with files:
        telechargements.park_files(park, view)
    return True


def _read(view: views.View) -> Park:
    """Read the view's page of the ranking, else the last one where there is no such page any more."""
    read = auth.client().park.ranking
    park = read(view.asked(), limit=PAGE_ROWS, offset=(view.page - 1) * PAGE_ROWS)
    if park.items or not park.total:
        return park
    return read(view.asked(), limit=PAGE_ROWS, offset=(park.total - 1) // PAGE_ROWS * PAGE_ROWS)


def _last_known(top: DeltaGenerator, rows: DeltaGenerator) -> None:
    """Draw the last ranking received, with the filters that it was asked for."""
    last: tuple[Park, views.View] | None = st.session_state.get(_LAST)
    if last is None:
        return
    with top:
        _summary(last[0], known=False)
    with rows:
        _ranking(*last)
        if last[1] != filtres.current():
            st.caption("Les filtres changés depuis s’appliqueront au retour du service.")


def _summary(park: Park, *, known: bool, past: bool = False) -> None:
    """Draw the trust line and the counts; ``known`` is False for those of before an interruption."""
    trust = views.trust(park, past=past)
    if trust is None:
        return
    good = trust.good and known
    headline = trust.headline if known else f"Avant l’interruption : {trust.headline}"
    layout.banner(
        headline,
        good=good,
        more=SEPARATOR.join(trust.facts),
        aside="".join(f"{SEPARATOR}{fact}" for fact in trust.origin),
        notices=trust.notices,
    )
    _history(park)
    if park.changes is None or park.as_of is None:
        layout.levels_strip(park.counts)
    else:
        gaps = change_views.differences(park.changes.levels)
        layout.levels_strip(park.counts, gaps, change_views.elapsed_words(park.changes, park.as_of))


def _history(park: Park) -> None:
    """Draw how far the recomputation of past days is."""
    if park.history is not None:
        done, total = park.history.done, park.history.total
        st.progress(min(1.0, done / max(1, total)), views.history_words(park.history))


def _last_park() -> Park | None:
    """Return the last ranking received."""
    last: tuple[Park, views.View] | None = st.session_state.get(_LAST)
    return None if last is None else last[0]


def _ranking(park: Park, view: views.View) -> None:
    """Draw the table, or why there is none."""
    if park.run is None:
        _nothing_yet(park)
        return
    if not park.items:
        st.info("Aucune turbine ne répond à ces filtres.")
        st.button("Effacer les filtres", on_click=filtres.clear)
        return
    frame = views.park_frame(park.items)
    st.html(
        table.html(
            frame,
            f"Classement de {french.counted(park.total, 'turbine')} par risque",
            columns=views.park_columns(park.items),
            address=view.address(),
            total=park.total,
        )
    )
    st.caption(
        f"{views.count_words(park)} Une ligne ouvre sa turbine ; un en-tête les trie toutes. "
        "« Indice » : facteur qui accompagne les pannes sans en être la cause."
    )
    if (trust := views.trust(park)) is not None:
        layout.on_phones(SEPARATOR.join(trust.origin))


def _nothing_yet(park: Park) -> None:
    """Say why there is no ranking, and what makes one."""
    waits = [notice for notice in park.notices if notice.code != views.NO_RANKING]
    if waits:
        for notice in waits:
            st.warning(layout.sentence(notice.message))
        return
    st.info(
        f"**Aucun classement n’est encore publié.** {layout.plain(park.next_run or '')} "
        + (
            "« Recalculer le parc » en lance un dès maintenant."
            if auth.may(Right.START_RUN)
            else "Un responsable peut en lancer un dès maintenant."
        )
    )
