"""The dashboard's pages in Streamlit's own test harness, against the real API on SQLite."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from tests.support.html_tables import HtmlTable, read_tables
from tests.support.servers import PASSWORD, ROOT, api_server, free_port, prepare, working
from ui.client.client import ApiClient

COOKIE_KEY = "cle-des-essais-de-l-interface-0123456789"


PAGE_HASHES: dict[str, str] = {}
"""Number of each page by its address, once the harness has opened the dashboard: the same every time."""


@dataclass(frozen=True)
class RunningApi:
    """Where the API of the session answers, and where its installation is."""

    url: str
    home: Path

    def client(self, username: str) -> ApiClient:
        """The API as this person calls it, to know what the pages must show."""
        client = ApiClient(self.url)
        client.login(username, PASSWORD)
        return client


@pytest.fixture(scope="session")
def running_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApi]:
    """A prepared installation with its API and its worker, for all tests of the session."""
    home = tmp_path_factory.mktemp("cockpit")
    prepare(home, settled=True)
    port = free_port()
    api = api_server(home, port).start()
    with working(home):
        try:
            yield RunningApi(f"http://127.0.0.1:{port}", home)
        finally:
            api.stop()


@pytest.fixture
def dashboard(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], AppTest]:
    """Makes the dashboard of a fresh browser that calls the API at the given address."""

    def open_at(api_url: str) -> AppTest:
        monkeypatch.setenv("COCKPIT_API_URL", api_url)
        monkeypatch.setenv("COCKPIT_COOKIE_KEY", COOKIE_KEY)
        st.cache_resource.clear()
        st.cache_data.clear()
        return AppTest.from_file(str(ROOT / "ui" / "streamlit_app.py"), default_timeout=30)

    return open_at


@pytest.fixture
def logged_in(dashboard: Callable[[str], AppTest], running_api: RunningApi) -> Callable[..., AppTest]:
    """Logs someone in as a person does and opens a page."""

    def open_page(username: str, page: str = "cockpit", **query: str) -> AppTest:
        return enter(dashboard(running_api.url), username, page, **query)

    return open_page


def enter(at: AppTest, username: str, page: str, password: str = PASSWORD, **query: str) -> AppTest:
    """Opens a page in a fresh browser and logs in there, so that no other page is drawn before."""
    if page in PAGE_HASHES:
        at._page_hash = PAGE_HASHES[page]
        at.query_params.update(query)
        at.run()
    else:
        open_at(at.run(), page, **query)
    return log_in(at, username, password)


def log_in(at: AppTest, username: str, password: str = PASSWORD) -> AppTest:
    """Fills the login form and sends it."""
    at.text_input[0].set_value(username)
    at.text_input[1].set_value(password)
    return at.button[0].click().run()


def open_at(at: AppTest, page: str, **query: str) -> AppTest:
    """Goes to a page as its address does; the harness only knows pages that are files by name."""
    for number, info in at._registered_pages.items():
        PAGE_HASHES[str(info.get("url_pathname"))] = number
    at._page_hash = PAGE_HASHES[page]
    at.query_params.clear()
    at.query_params.update(query)
    return at.run()


def follow(at: AppTest, href: str) -> AppTest:
    """Follows a link within the page: the address changes, then the page runs."""
    at.query_params.clear()
    at.query_params.update(dict(parse_qsl(href.removeprefix("?"))))
    return at.run()


def tables(at: AppTest | Block) -> list[HtmlTable]:
    """The tables of the page, in their order."""
    return [table for element in at.get("html") for table in read_tables(element.proto.body)]


def ranking(at: AppTest) -> pd.DataFrame:
    """The ranking's rows as shown."""
    frame: pd.DataFrame = next(t.value for t in tables(at) if t.caption.startswith("Classement de"))
    return frame


def type_text(at: AppTest, key: str, text: str) -> None:
    """Types in a long text, which the harness does not know as a field."""
    at.session_state[_long_text(at, key)] = {"text": text}


def typed_text(at: AppTest, key: str) -> str:
    """What a long text holds."""
    name = _long_text(at, key)
    return str(at.session_state[name].get("text", "")) if name in at.session_state else ""


def _long_text(at: AppTest, key: str) -> str:
    return f"brouillon-{at.session_state['_brouillons'][key]}"


def text_of(at: AppTest) -> str:
    """Everything that the page says, tables left out."""
    found: list[str] = []
    for name in ("title", "subheader", "markdown", "caption", "info", "warning", "error", "html"):
        elements: Iterable[Any] = at.get(name)
        texts = [element.value if name != "html" else element.proto.body for element in elements]
        found += [text for text in texts if not text.startswith('<div class="tableau')]
    return "\n".join(found)
