"""What every page knows of the park, a few seconds or minutes old at most: read once, not at each redraw."""

from __future__ import annotations

from datetime import date

import streamlit as st

from api.schemas.park import ParkState, Turbine
from ui.client.api_error import ApiError
from ui.shared import auth


def simulated(username: str) -> bool:
    """Tell whether the park is the simulated one; False while the API does not answer."""
    try:
        return _park_state(username).simulated
    except ApiError:
        return False


@st.cache_data(ttl=30, max_entries=2, show_spinner=False, scope="session")
def _park_state(username: str) -> ParkState:  # one cache entry per person
    return auth.client().park.state()


def turbines() -> list[Turbine]:
    """Return every turbine of the park; asked for once in two minutes at most.

    Raises:
        ApiError: the API refused or could not be reached.
    """
    user = auth.current_user()
    return _turbines(user.username if user else "")


@st.cache_data(ttl=120, max_entries=2, show_spinner=False, scope="session")
def _turbines(username: str) -> list[Turbine]:  # one cache entry per person
    return auth.client().turbines.all()


def last_day() -> date | None:
    """Return the last day whose ranking was published, two minutes old at most; None without any."""
    user = auth.current_user()
    try:
        return _last_day(user.username if user else "")
    except ApiError:
        return None


@st.cache_data(ttl=120, max_entries=2, show_spinner=False, scope="session")
def _last_day(username: str) -> date | None:  # one cache entry per person
    return auth.client().park.ranking(limit=1).as_of


def to_decide() -> int | None:
    """Return how many turbines wait for a decision, a few seconds old at most; None without an answer."""
    user = auth.current_user()
    try:
        return _to_decide(user.username if user else "")
    except ApiError:
        return None  # the page itself says that the API is away


@st.cache_data(ttl=5, max_entries=2, show_spinner=False, scope="session")
def _to_decide(username: str) -> int:  # one cache entry per person
    return auth.client().interventions.proposals(1).total


def forget_to_decide() -> None:
    """Count again what waits for a decision, after an act that changed it."""
    _to_decide.clear()
