"""Parts of the cockpit page: what changed since the ranking before, and the queues."""

from __future__ import annotations

from datetime import date

import streamlit as st

from api.schemas import french
from api.schemas.changes import ParkEvents
from api.schemas.park import Park
from ui.park import change_views
from ui.shared import auth, layout

EVENTS_SHOWN = 50
_EVENTS, TAB = "_events", "filtre_file"


def since(park: Park) -> None:
    """Draw what changed since the ranking before: counts in a line, the list once opened."""
    compared = park.changes
    if compared is None or park.as_of is None or park.run is None:
        return
    headline = f"{change_views.since_words(compared, park.as_of)} : {change_views.events_words(compared)}"
    if not compared.events:
        st.caption(headline)
        return
    with st.expander(headline, key="depuis"):
        events = _events(park.run.run_id, park.as_of)
        if events is None:
            return
        layout.table(change_views.events_frame(events.items), "Ce qui a changé depuis le jour précédent")
        left = events.total - len(events.items)
        note = f"Du plus urgent au moins urgent ; sans {french.counted(left, 'autre')}. " if left else ""
        st.caption(f"{note}Une turbine qui oscille autour d’une borne n’est annoncée qu’une fois.")


def _events(run_id: int, day: date) -> ParkEvents | None:
    """Return the events of the ranking shown; kept, since those of a published run never change."""
    kept: tuple[int, ParkEvents] | None = st.session_state.get(_EVENTS)
    if kept is not None and kept[0] == run_id:
        return kept[1]
    events = layout.fetched(lambda: auth.client().park.events(day, EVENTS_SHOWN), "changements")
    if events is not None:
        st.session_state[_EVENTS] = run_id, events
    return events


def tabs(park: Park | None) -> None:
    """Draw the situations and queues as tabs over the table, with their counts in the whole park."""
    labels = change_views.tabs(park if park is not None and park.run is not None else None)
    kept = st.session_state.get(TAB)
    chosen = st.pills(
        "Ce qui reste à faire",
        [*labels, *([kept] if kept is not None and kept not in labels else [])],
        format_func=lambda tab: labels.get(tab, tab.words),
        key=TAB,
        label_visibility="collapsed",
    )
    if chosen is not None:
        st.caption(chosen.meaning)
