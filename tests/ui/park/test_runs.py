"""A scoring under way on a page: shown, and cancelled by those who may."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.servers import PASSWORD, api_server, free_port, prepare
from ui.client.client import ApiClient


@pytest.fixture(scope="module")
def idle_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An installation whose worker does not run: what is asked for waits."""
    home = tmp_path_factory.mktemp("idle")
    prepare(home)
    port = free_port()
    server = api_server(home, port).start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.stop()


def script() -> None:
    import streamlit as st

    from ui.park import calculs
    from ui.shared import auth

    calculs.under_way(auth.client().park.run(st.session_state["asked"]))


def opened(url: str, username: str, run_id: int) -> AppTest:
    client = ApiClient(url)
    client.login(username, PASSWORD)
    at = AppTest.from_function(script, default_timeout=30)
    at.session_state["_client"] = client
    at.session_state["asked"] = run_id
    return at.run()


def test_run_under_way__shown_to_all_and_cancelled_by_those_who_may(idle_api: str) -> None:
    manager = ApiClient(idle_api)
    manager.login("manager", PASSWORD)
    before = manager.park.ranking().run
    asked = manager.park.start_run()

    assert not opened(idle_api, "technicien", asked.run_id).button
    at = opened(idle_api, "ingenieur", asked.run_id)
    assert not at.exception
    assert "en attente de son tour" in str(at.get("progress")[0].proto)
    at.button(key="annuler_calcul").click().run()

    assert not at.error
    assert manager.park.run(asked.run_id).status == "annule"
    assert manager.park.ranking().run == before
    assert at.run().button(key="annuler_calcul").disabled, "once is enough"
