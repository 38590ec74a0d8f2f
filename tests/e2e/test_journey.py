"""The journey of the product in a real browser, started as a user starts it."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, WebSocket, expect
from streamlit.proto.BackMsg_pb2 import BackMsg

from bench.page import until
from tests.e2e.conftest import LAPTOP, PHONE, Visitor, open_visitor
from tests.support.servers import PASSWORD, ROOT, answers, api_server, environment, free_port, ui_server
from tests.support.words import plain
from ui.client.client import ApiClient

pytestmark = pytest.mark.browser
FIRST_START_S = 420.0
SETTLED_MS = 1_500
LEVELS = ("■ Critique", "▲ Élevé", "◆ Modéré", "○ Faible")


@dataclass(frozen=True)
class Cockpit:
    """A running product: its addresses and its state."""

    api: str
    ui: str
    home: Path


@pytest.fixture(scope="module")
def cockpit(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cockpit]:
    """``python cockpit.py run`` on free ports, until both addresses answer; stopped as Ctrl-C does."""
    home = tmp_path_factory.mktemp("journey")
    ports = free_port(), free_port()
    env = environment(home, COCKPIT_API_PORT=str(ports[0]), COCKPIT_UI_PORT=str(ports[1]))
    del env["COCKPIT_SECRET_KEY"]  # the launcher makes the keys that nobody gave
    running = Cockpit(f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}", home)
    with (home / "launcher.log").open("wb") as log:
        launcher = subprocess.Popen(
            [sys.executable, "cockpit.py", "run"], cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        _wait(launcher, running)
        yield running
    finally:
        launcher.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            launcher.wait(60)
        launcher.kill()
        launcher.wait()


def _wait(launcher: subprocess.Popen[bytes], running: Cockpit) -> None:
    deadline = time.monotonic() + FIRST_START_S
    while not (answers(f"{running.api}/ready") and answers(f"{running.ui}/_stcore/health")):
        if launcher.poll() is not None or time.monotonic() > deadline:
            told = (running.home / "launcher.log").read_text(encoding="utf-8", errors="replace")
            raise RuntimeError(f"cockpit.py run did not come up:\n{told[-4000:]}")
        time.sleep(0.5)


@pytest.fixture
def visitor(browser: Browser, cockpit: Cockpit) -> Iterator[Visitor]:
    """Someone on a laptop who has just opened the dashboard."""
    opened = open_visitor(browser, cockpit.ui, LAPTOP)
    opened.page.goto(cockpit.ui)
    yield opened
    opened.page.context.close()


def test_morning__from_login_to_logout(visitor: Visitor, cockpit: Cockpit) -> None:
    page = visitor.page
    api = ApiClient(cockpit.api)
    api.login("manager", PASSWORD)
    park = api.park.ranking()

    visitor.log_in("manager")
    ranked = visitor.ranking()
    assert [row[1] for row in ranked] == [item.turbine_id for item in park.items]
    assert len(ranked) == 50
    expect(page).to_have_url(f"{cockpit.ui}/cockpit")
    assert page.evaluate("document.documentElement.lang") == "fr"
    expect(page.get_by_text("Classement du lundi 30 décembre 2024")).to_be_visible()

    page.get_by_role("button", name="Faible").click()
    expect(page).to_have_url(f"{cockpit.ui}/cockpit?niveau=faible")
    expect(visitor.rows).to_have_count(park.counts.faible)
    assert {row[2] for row in visitor.ranking()} == {"○ Faible"}
    page.get_by_role("button", name="Faible").click()
    expect(visitor.rows).to_have_count(50)

    visitor.open_row(0)
    first = park.items[0].turbine_id
    expect(page).to_have_url(f"{cockpit.ui}/turbine?id={first}")
    expect(page.get_by_role("heading", name=f"Turbine {first}")).to_be_visible()
    expect(page.get_by_text("au-dessus du seuil de décision")).to_be_visible()

    page.get_by_role("tab", name="Et si…").click()
    vibration = page.get_by_role("textbox", name="Niveau de vibration")
    expect(vibration).to_be_visible()
    visitor.idle()
    vibration.fill("1,0")
    page.get_by_role("button", name="Comparer").click()
    expect(page.get_by_text("la probabilité de panne à 7 jours descendrait")).to_be_visible()
    expect(vibration).to_have_value("1,0")
    page.reload()
    expect(page.get_by_role("heading", name=f"Turbine {first}")).to_be_visible()

    visitor.log_out()
    page.reload()
    expect(page.get_by_label("Identifiant")).to_be_visible()
    assert visitor.foreign == []
    api.close()


@pytest.mark.long
def test_pages__each_opened_by_one_request(browser: Browser, cockpit: Cockpit) -> None:
    """A second one, of a page that is being left, takes the click back or leaves the window white."""
    visitor = open_visitor(browser, cockpit.ui, LAPTOP)
    asked: list[str] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda sent: asked.append(BackMsg.FromString(sent).WhichOneof("type")))

    visitor.page.on("websocket", listen)
    visitor.page.goto(cockpit.ui)
    visitor.log_in("manager")
    visitor.page.wait_for_timeout(SETTLED_MS)

    for name in ("Mesures", "Cockpit", "Aide", "Turbine", "Cockpit"):
        asked.clear()
        visitor.page.get_by_role("link", name=name, exact=True).click()
        expect(visitor.page.get_by_role("heading", name=name, level=1)).to_be_visible()
        visitor.idle()
        visitor.page.wait_for_timeout(SETTLED_MS)
        assert asked.count("rerun_script") == 1, name
    visitor.page.context.close()


def test_table__sorted_by_urgency_and_opens_the_row_that_is_seen(visitor: Visitor) -> None:
    page = visitor.page
    visitor.log_in("technicien")
    visitor.ranking()
    header = page.locator(".st-key-classement th", has_text="Niveau")
    header.get_by_role("link").click()
    expect(header).to_have_attribute("aria-sort", "ascending")
    header.get_by_role("link").click()
    expect(header).to_have_attribute("aria-sort", "descending")
    expect(page).to_have_url(re.compile(r"\?tri=-niveau$"))

    rows = visitor.ranking()
    levels = [row[2] for row in rows]
    assert levels == sorted(levels, key=LEVELS.index, reverse=True)
    page.evaluate("window.sameDocument = true")
    visitor.open_row(0)
    expect(page.get_by_role("heading", name=f"Turbine {rows[0][1]}")).to_be_visible()
    assert page.evaluate("window.sameDocument"), "the session goes on: nothing was loaded again"
    page.go_back()
    expect(header).to_have_attribute("aria-sort", "descending")
    assert visitor.ranking() == rows


def test_morning__a_view_sent_a_run_that_moves_nothing_and_what_is_taken_away(
    visitor: Visitor, cockpit: Cockpit
) -> None:
    page = visitor.page
    page.goto(f"{cockpit.ui}/cockpit?niveau=critique%2Celeve%2Cfaible&tri=turbine")
    visitor.log_in("manager")
    turbines = [row[1] for row in visitor.ranking()]
    assert turbines == sorted(turbines, key=int)
    expect(page).to_have_url(f"{cockpit.ui}/cockpit?niveau=critique%2Celeve%2Cfaible&tri=turbine")

    page.mouse.move(700, 600)
    page.mouse.wheel(0, 120)  # the page's own wheel, even above the table
    scrolled = "document.querySelector('[data-testid=stMain]').scrollTop"
    until(page, f"{scrolled} === 120")
    page.get_by_role("button", name="Recalculer le parc").click()
    expect(page.get_by_text("Calcul terminé")).to_be_visible()
    expect(page.get_by_role("button", name="Recalculer le parc")).to_be_enabled()
    until(page, f"{scrolled} === 120")  # the progress is gone, and nothing has moved
    expect(page).to_have_url(f"{cockpit.ui}/cockpit?niveau=critique%2Celeve%2Cfaible&tri=turbine")

    visitor.idle()  # what has been calculated redraws the page once more
    page.get_by_role("button", name="Exporter").click()
    with page.expect_download() as table:
        page.get_by_role("button", name="Tableau pour Excel (CSV)").click()
    lines = table.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == len(turbines) + 1
    assert [line.split(";")[1] for line in lines[1 : 1 + len(turbines)]] == turbines
    with page.expect_download() as sheet:
        page.get_by_role("button", name="Feuille A4 à imprimer").click()
    assert "Tri : turbine, croissant." in plain(sheet.value.path().read_text(encoding="utf-8"))
    assert visitor.foreign == []


def test_phone__technician_finds_a_turbine_reads_and_tries_values(browser: Browser, cockpit: Cockpit) -> None:
    visitor = open_visitor(browser, cockpit.ui, PHONE, "dark")
    page = visitor.page
    page.goto(f"{cockpit.ui}/cockpit")
    visitor.log_in("technicien")
    visitor.ranking()
    assert visitor.overflow() == 0

    page.get_by_role("textbox", name="Rechercher").fill("turbine 12")
    page.keyboard.press("Enter")
    expect(visitor.rows).to_have_count(1)
    visitor.open_row(0)
    expect(page.get_by_role("heading", name="Turbine 12")).to_be_visible()
    expect(page.get_by_text("seuil de décision").first).to_be_visible()
    assert visitor.overflow() == 0

    page.get_by_role("tab", name="Et si…").click()
    wind = page.get_by_role("textbox", name="Vitesse du vent")
    power = page.get_by_role("textbox", name="Puissance délivrée")
    expect(power).to_be_disabled()
    visitor.idle()
    before = power.input_value()
    wind.fill("15")
    page.get_by_role("button", name="Comparer").click()
    expect(page.get_by_text("D’où vient l’écart")).to_be_visible()
    expect(wind).to_have_value("15")
    expect(power).not_to_have_value(before)
    assert visitor.overflow() == 0
    with page.expect_download() as sheet:
        page.get_by_role("button", name="Fiche à imprimer").click()
    assert f"{cockpit.ui}/turbine?id=12" in sheet.value.path().read_text(encoding="utf-8")
    assert visitor.foreign == []
    page.context.close()


def test_navigation__technician_sees_his_pages_only(visitor: Visitor, cockpit: Cockpit) -> None:
    visitor.log_in("technicien")
    visitor.ranking()

    pages = visitor.page.get_by_role("navigation", name="Pages")
    expect(pages.get_by_role("link", name="Turbine")).to_be_visible()
    expect(pages.get_by_role("link", name="Supervision")).to_have_count(0)
    visitor.page.goto(f"{cockpit.ui}/supervision")
    expect(visitor.page.get_by_role("heading", name="Page réservée")).to_be_visible()


@pytest.mark.parametrize(
    "page_path",
    [
        "cockpit",
        "turbine?id=12",
        pytest.param("modeles", marks=pytest.mark.long),
        pytest.param("supervision", marks=pytest.mark.long),
    ],
)
def test_phone__no_sideways_scrolling(browser: Browser, cockpit: Cockpit, page_path: str) -> None:
    visitor = open_visitor(browser, cockpit.ui, PHONE)
    visitor.page.goto(f"{cockpit.ui}/{page_path}")

    visitor.log_in("ingenieur")
    expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
    visitor.idle()

    assert visitor.overflow() == 0
    visitor.page.context.close()


def test_api_killed__message_then_recovery_without_a_gesture(browser: Browser, cockpit: Cockpit) -> None:
    port, ui_port = free_port(), free_port()
    api = api_server(cockpit.home, port).start()
    ui = ui_server(cockpit.home, ui_port, f"http://127.0.0.1:{port}")
    try:
        ui.start()
        visitor = open_visitor(browser, f"http://127.0.0.1:{ui_port}", LAPTOP)
        page = visitor.page
        page.goto(f"{visitor.home}/cockpit?niveau=modere")
        visitor.log_in("manager")
        shown = len(visitor.ranking())

        api.stop()
        page.get_by_role("button", name="Faible").click()
        expect(page.get_by_text("Service injoignable")).to_be_visible()
        expect(page.get_by_text("Avant l’interruption")).to_be_visible()
        assert shown > 0

        api.start()
        expect(page.get_by_text("Service injoignable")).to_have_count(0)
        expect(page.get_by_text("Avant l’interruption")).to_have_count(0)
        expect(page).to_have_url(f"{visitor.home}/cockpit?niveau=modere%2Cfaible")
        expect(visitor.rows).not_to_have_count(shown)
        assert {row[2] for row in visitor.ranking()} <= {"◆ Modéré", "○ Faible"}
        assert visitor.foreign == []
        page.context.close()
    finally:
        ui.stop()
        api.stop()
