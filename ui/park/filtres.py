"""The cockpit's filters: what is kept, in which order, of which day; all of it in the page's address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from api.schemas import french
from api.schemas.park import Park
from api.schemas.vocabulary import Queue, RiskLevel, SituationCode, folded
from ui.client.api_error import ApiError
from ui.park import change_views, views
from ui.park.changements import TAB
from ui.shared import auth, layout, park_facts
from ui.shared import labels as fr

DAYS_BACK = 400  # of rankings in the list; the address opens any older one
_VIEW, _DRIVERS, _DAY = "_view", "_drivers_seen", "filtre_jour"
_DRAWN = "filtre_niveau"  # Streamlit forgets it when the page is left
_RARE = ("filtre_parc", "filtre_site", "filtre_facteur", "filtre_etat")
_ORDERS = tuple(f"{way}{name}" for name in views.SORTS for way in ("", "-"))


def current() -> views.View:
    """Return the view that the filters ask for."""
    view: views.View = st.session_state.get(_VIEW, views.View())
    return view


def day_chooser() -> None:
    """Draw « Tel que vu le »: the day of the ranking, the last one by default."""
    asked = _asked_view()
    if _DAY not in st.session_state or asked != current():
        st.session_state[_DAY] = asked.day
    try:
        days = _days(_username())
    except ApiError as error:
        layout.check_session(error)
        days = []
    chosen = st.session_state[_DAY]
    known = sorted({*days, *([chosen] if chosen else [])}, reverse=True)
    st.selectbox(
        "Tel que vu le",
        known,
        index=None,
        key=_DAY,
        format_func=lambda day: f"Tel que vu le {french.date(day)}",
        placeholder="Dernier classement",
        label_visibility="collapsed",
        width=240,
    )


def latest_day() -> None:
    """Go back to the last ranking."""
    st.session_state[_DAY] = None


def clear() -> None:
    """Empty the filters; the day and the order stay."""
    st.session_state.update(
        filtre_niveau=[], filtre_jours="", filtre_parc=None, filtre_texte="", filtre_file=None
    )
    st.session_state.update(filtre_site=None, filtre_facteur=None, filtre_etat=None)


def draw(known: Park | None, beside: Callable[[], None]) -> tuple[views.View, DeltaGenerator]:
    """Draw the filters; return the view they ask for, and a place beside them for downloads.

    Args:
        known: the last ranking received.
        beside: drawn at the end of the row.
    """
    asked = _asked_view()
    _prefill()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="rangee"):
        view = _narrow(known)
        # On a phone only this switch stands beside the search, so that the first turbines are in sight.
        st.toggle(f"Filtres ({used})" if (used := _count_used()) else "Filtres", key="filtres_ouverts")
        sort = _order()
        view = _narrow_more(view, known)
        files = st.container(width="content", key="fichiers")
        beside()
    tab = st.session_state.get(TAB)
    view = replace(
        view,
        queue=tab if isinstance(tab, Queue) else None,
        situation=tab if isinstance(tab, SituationCode) else None,
        day=st.session_state[_DAY],
        sort=sort,
    )
    if view == replace(asked, page=1):  # other filters start at the first page
        view = asked
    st.session_state[_VIEW] = view
    if st.query_params.to_dict() != view.query():
        st.query_params.from_dict(view.query())
    return view, files


def _narrow(known: Park | None) -> views.View:
    """Draw the filters that are used most."""
    levels = st.pills(
        "Niveau",
        list(RiskLevel),
        selection_mode="multi",
        format_func=lambda level: fr.LEVELS[level].text,
        key="filtre_niveau",
    )
    days = layout.number_field(
        "Panne possible sous (j)",
        "filtre_jours",
        help=change_views.days_help(known.days_coverage if known else None),
        low=0,
        placeholder="Tous",
        width=160,
    )
    text = st.text_input(
        "Rechercher",
        placeholder="Turbine, facteur…",
        key="filtre_texte",
        width=170,
    )
    text = text.strip()
    if len(text) > views.TEXT_MAX:
        most = french.counted(views.TEXT_MAX, "caractère")
        st.markdown(f":red[↑ Trop long : {most} au plus, la suite n’est pas cherchée.]")
    return views.View(levels=tuple(levels), days=days, text=text[: views.TEXT_MAX])


def _asked_view() -> views.View:
    """Return the view that the address asks for; the last one shown where the page opens without any."""
    asked = views.View.of(st.query_params)
    return asked if asked.query() or _DRAWN in st.session_state else current()


def _prefill() -> None:
    """Set the filters from the address when they are first drawn, and when a link has changed it."""
    asked = _asked_view()
    if _DRAWN in st.session_state and asked == current():
        return
    st.session_state.update(
        filtre_niveau=list(asked.levels),
        filtre_jours=french.typed(asked.days),
        filtre_parc=asked.farm,
        filtre_site=asked.site,
        filtre_facteur=asked.driver,
        filtre_etat=asked.state,
        filtre_tri=asked.sort or None,
        filtre_texte=asked.text,
        filtre_file=asked.queue or asked.situation,
    )


def _narrow_more(view: views.View, known: Park | None) -> views.View:
    """Draw the filters that are used less often; add what they ask for to the view."""
    used = sum(st.session_state.get(key) is not None for key in _RARE)
    farms, sites = _places()
    drivers = _drivers(known)
    with st.popover(f"Plus de filtres ({used})" if used else "Plus de filtres", key="plus"):
        left, right = st.columns(2, gap="small")
        with left:
            farm = _choice("Parc éolien", "filtre_parc", farms)
            driver = _choice("Facteur principal", "filtre_facteur", drivers)
        with right:
            site = _choice("Site", "filtre_site", sites)
            state = _choice("Machine ou mesure", "filtre_etat", views.STATES)
    return replace(view, farm=farm, site=site, driver=driver, state=state)


def _count_used() -> int:
    """Count the filters that narrow the ranking, without the search text, which is in sight."""
    kept = ("filtre_niveau", "filtre_jours", _DAY, "filtre_tri", *_RARE)
    return sum(bool(st.session_state.get(key)) for key in kept)


def _choice(label: str, key: str, options: dict[str, str], nothing: str = "Tous") -> str | None:
    """Draw a choice and return the stored name; keep a name from the address that is no option."""
    asked = st.session_state.get(key)
    names = [*options, *([asked] if asked and asked not in options else [])]
    chosen: str | None = st.selectbox(
        label,
        names,
        index=None,
        key=key,
        placeholder=nothing,
        format_func=lambda name: options.get(name, name),
    )
    return chosen


def _order() -> str:
    """Draw the choice of the order."""
    orders = {order: _order_words(order) for order in _ORDERS if order != "rang"}
    with st.container(width=225, key="tri"):
        return _choice("Trier par", "filtre_tri", orders, "Rang (urgence)") or ""


def _order_words(order: str) -> str:
    name = views.SORTS[order.removeprefix("-")][0]
    return f"{name}, décroissant" if order.startswith("-") else f"{name}, croissant"


def _places() -> tuple[dict[str, str], dict[str, str]]:
    """Return the wind farms and the sites; none where the data has none or the API is away."""
    try:
        known = park_facts.turbines()
    except ApiError as error:
        layout.check_session(error)
        return {}, {}
    farms = sorted({turbine.farm for turbine in known if turbine.farm})
    sites = sorted({turbine.site for turbine in known if turbine.site})
    return {farm: farm for farm in farms}, {site: site for site in sites}


def _drivers(known: Park | None) -> dict[str, str]:
    """Return the main drivers of all rankings received, by feature: a filter must not hide the others."""
    labels: dict[str, str] = st.session_state.setdefault(_DRIVERS, {})
    for item in known.items if known else ():
        if item.main_driver is not None:
            labels[item.main_driver.feature] = item.main_driver.label
    return dict(sorted(labels.items(), key=lambda pair: folded(pair[1])))


def _username() -> str:
    user = auth.current_user()
    return user.username if user else ""


@st.cache_data(ttl=120, max_entries=2, show_spinner=False, scope="session")
def _days(username: str) -> list[date]:  # one cache entry per person
    published = auth.client().park.days()
    if not published:
        return []
    first = published[-1].as_of - timedelta(days=DAYS_BACK)
    return [day.as_of for day in published if day.as_of >= first]
