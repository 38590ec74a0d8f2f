"""The way in and out: what a person sees, and what the API has the last word on."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookies import Morsel, SimpleCookie

import jwt
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.support.relay import relayed
from tests.support.servers import PASSWORD
from tests.ui.conftest import COOKIE_KEY, RunningApi, log_in, open_at, ranking, tables, text_of
from ui.client.api_error import ApiError
from ui.client.client import ApiClient
from ui.shared.auth import COOKIE

Dashboard = Callable[[str], AppTest]


def test_wrong_password__said_in_french_and_the_name_stays(
    dashboard: Dashboard, running_api: RunningApi
) -> None:
    at = dashboard(running_api.url).run()

    log_in(at, "manager", "pas le bon")

    assert [error.value for error in at.error] == ["Identifiant ou mot de passe incorrect."]
    assert at.text_input[0].value == "manager"
    assert not tables(at)


def test_right_password__leads_to_the_cockpit(dashboard: Dashboard, running_api: RunningApi) -> None:
    at = dashboard(running_api.url).run()

    log_in(at, "technicien")

    assert [title.value for title in at.title] == ["Cockpit"]
    assert len(ranking(at)) == 50


def test_address_of_a_turbine__survives_the_login(dashboard: Dashboard, running_api: RunningApi) -> None:
    at = dashboard(running_api.url).run()
    open_at(at, "turbine", id="12")
    assert [title.value for title in at.title] == ["Cockpit de maintenance prédictive"]

    log_in(at, "technicien")

    assert [title.value for title in at.title] == ["Turbine 12"]


def test_api_away__said_with_a_retry_that_works(dashboard: Dashboard, running_api: RunningApi) -> None:
    with relayed(running_api.url) as api:
        api.cut()
        at = dashboard(api.url).run()
        assert "Service injoignable" in text_of(at)

        api.mend()
        next(button for button in at.button if button.label == "Réessayer").click().run()
        assert "Service injoignable" not in text_of(at)
        log_in(at, "manager")
        assert [title.value for title in at.title] == ["Cockpit"]


def cookie_of(client: ApiClient, key: str = COOKIE_KEY) -> str:
    """What the browser of this person holds."""
    assert client.session is not None
    ends = datetime.now(UTC) + timedelta(hours=1)
    content = {"session": client.session.refresh_token, "exp": int(ends.timestamp())}
    return jwt.encode(content, key, algorithm="HS256")


@pytest.fixture
def browser_cookie(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a cookie in the browser of the harness, which has no cookies of its own."""

    def put(value: str) -> None:
        monkeypatch.setattr(type(st.context), "cookies", property(lambda _: {COOKIE: value}))

    return put


def test_cookie__takes_the_session_up_without_the_form(
    dashboard: Dashboard, running_api: RunningApi, browser_cookie: Callable[[str], None]
) -> None:
    browser_cookie(cookie_of(running_api.client("manager")))

    at = dashboard(running_api.url).run()

    assert [title.value for title in at.title] == ["Cockpit"]


def test_cookie_replayed_after_logout__opens_nothing(
    dashboard: Dashboard, running_api: RunningApi, browser_cookie: Callable[[str], None]
) -> None:
    client = running_api.client("admin")
    stolen = cookie_of(client)
    client.logout()
    browser_cookie(stolen)

    at = dashboard(running_api.url).run()

    assert [title.value for title in at.title] == ["Cockpit de maintenance prédictive"]
    assert "Votre session a expiré" in text_of(at)
    assert not tables(at)


def test_cookie_signed_with_another_key__opens_nothing(
    dashboard: Dashboard, running_api: RunningApi, browser_cookie: Callable[[str], None]
) -> None:
    browser_cookie(cookie_of(running_api.client("admin"), key="une-autre-cle-de-plus-de-32-caracteres"))

    at = dashboard(running_api.url).run()

    assert [title.value for title in at.title] == ["Cockpit de maintenance prédictive"]


def test_logout__ends_the_session_at_the_api(
    logged_in: Callable[..., AppTest], running_api: RunningApi
) -> None:
    at = logged_in("manager")
    session = at.session_state["_client"].session

    at.button(key="deconnexion").click().run()

    assert "Vous êtes déconnecté." in text_of(at)
    assert at.session_state["_client"].session is None
    with pytest.raises(ApiError) as refused:
        ApiClient(running_api.url).resume(session.refresh_token)
    assert refused.value.session_over


def cookie_told(at: AppTest) -> Morsel[str]:
    """The cookie that the page tells the browser to hold."""
    bodies = [element.proto.body for element in at.get("html")]
    [told] = [found[1] for body in bodies if (found := re.search(r'data-cockpit-cookie="([^"]*)"', body))]
    return SimpleCookie(told)[COOKIE]


@pytest.mark.parametrize("secure", [True, False])
def test_cookie__holds_the_session_until_its_end__then_is_removed(
    dashboard: Dashboard, running_api: RunningApi, monkeypatch: pytest.MonkeyPatch, *, secure: bool
) -> None:
    monkeypatch.setenv("COCKPIT_COOKIE_SECURE", "1" if secure else "0")
    at = dashboard(running_api.url).run()
    log_in(at, "manager")
    session = at.session_state["_client"].session

    held = cookie_told(at)
    assert jwt.decode(held.value, COOKIE_KEY, algorithms=["HS256"])["session"] == session.refresh_token
    assert parsedate_to_datetime(held["expires"]) == session.ends_at.replace(microsecond=0)
    assert (held["samesite"], held["path"], bool(held["secure"])) == ("Strict", "/", secure)

    at.button(key="deconnexion").click().run()
    gone = cookie_told(at)
    assert gone.value == ""
    assert parsedate_to_datetime(gone["expires"]) < datetime.now(UTC)
    assert (gone["path"], bool(gone["secure"])) == ("/", secure)


def test_session_ended_elsewhere__next_view_asks_to_log_in_again(
    logged_in: Callable[..., AppTest], running_api: RunningApi
) -> None:
    at = logged_in("manager")
    held = at.session_state["_client"]
    other = ApiClient(running_api.url)
    other.resume(held.session.refresh_token)
    other.logout()
    # The short access token still holds; make it old, as ten minutes would.
    object.__setattr__(held.session, "renew_at", 0.0)

    at.run()

    assert "Votre session a expiré" in text_of(at)
    assert not tables(at)
    log_in(at, "manager", PASSWORD)
    assert [title.value for title in at.title] == ["Cockpit"]


READ_BY_ALL = {"cockpit", "turbine", "interventions", "mesures", "qualite", "politique", "aide"}


@pytest.mark.parametrize(
    ("username", "shown"),
    [
        ("technicien", READ_BY_ALL),
        ("manager", READ_BY_ALL | {"plan", "modeles", "supervision"}),
        ("ingenieur", READ_BY_ALL | {"modeles", "supervision"}),
        ("admin", READ_BY_ALL | {"modeles", "supervision", "comptes", "audit"}),
    ],
)
def test_navigation__shows_what_the_role_is_for(
    logged_in: Callable[..., AppTest], username: str, shown: set[str]
) -> None:
    at = logged_in(username)

    pages = at.session_state["_pages"]
    assert {name for name, page in pages.items() if page.visibility == "visible"} == shown


def test_page_of_another_role__says_so_and_asks_nothing(logged_in: Callable[..., AppTest]) -> None:
    at = logged_in("technicien", "supervision")

    assert [title.value for title in at.title] == ["Page réservée"]
    assert not tables(at)
