"""A model of twelve other sensors, from its file to the pages, in a real browser: no code knows of it."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from api import cli
from api.schemas import french
from api.schemas.park import Park, TurbineDetail
from tests.e2e.conftest import LAPTOP, PHONE, Visitor, open_visitor
from tests.support.park import other_features as other
from tests.support.servers import PASSWORD, api_server, environment, free_port, prepare, ui_server
from ui.client.client import ApiClient

pytestmark = [pytest.mark.browser, pytest.mark.long]
# An installation without any other model serving: no demonstration there, so no reference regressor.
ALONE = {
    "COCKPIT_ENV": "preprod",
    "COCKPIT_SECRET_KEY": "s" * 48,
    "COCKPIT_COOKIE_KEY": "c" * 48,
    "COCKPIT_STORE_KEY": "d" * 48,
    "COCKPIT_COOKIE_SECURE": "0",
}
REGRESSOR = "delai-avant-panne"
SILENT = ("Vitesse du vent", "Niveau de vibration", "Température nacelle", "Puissance délivrée")
SICK = other.SICK[0]


@dataclass(frozen=True)
class Cockpit:
    """A running product: its addresses, who logs in, and whether the new model serves alone."""

    api: str
    ui: str
    username: str
    alone: bool


def command(env: dict[str, str], *arguments: str | Path, answer: str = "") -> str:
    """One command as a person types it, without the price of a process for each; its output."""
    told = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(told), redirect_stderr(told):
        for name in [name for name in os.environ if name.startswith("COCKPIT_")]:
            patch.delenv(name)
        for name, value in env.items():
            patch.setenv(name, value)
        patch.setattr(sys, "stdin", io.StringIO(answer))
        code = cli.main([*map(str, arguments)])
    assert code == 0, told.getvalue()
    return told.getvalue()


def bring_in(env: dict[str, str], files: Path) -> None:
    """Model, measurements and a ranking, by the command line alone; only the draft is completed by hand."""
    labelled = ("--labelled", files / "mesures.csv")
    command(env, "models", "draft", files / "model.joblib", *labelled, "--out", files / "brouillon.json")
    other.complete(files / "brouillon.json")
    told = command(
        env,
        *("models", "import", files / "model.joblib", "--name", other.NAME, "--task", "classification"),
        *(*labelled, "--split", other.SPLIT),
        *("--manifest", files / "brouillon.json", "--activate"),
    )
    assert f"{other.NAME} version 1 est en service" in told
    told = command(env, "data", "import", files / "mesures.csv")
    assert "24\u00a0turbines ajoutées" in told
    assert "0\u00a0rejetée" in told
    assert "Colonne inconnue" not in told
    assert "24\u00a0turbines en" in command(env, "score", "--as-of", other.AS_OF)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(True, id="alone"),
        pytest.param(False, id="beside a regressor", marks=pytest.mark.long),
    ],
)
def cockpit(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cockpit]:
    """Its API and dashboard on an installation where the new model serves, alone or not."""
    home, alone = tmp_path_factory.mktemp("autres"), bool(request.param)
    more = ALONE if alone else {}
    env = environment(home, **more)
    if alone:
        del env["COCKPIT_DEMO_PASSWORD"]
        command(env, "users", "add", "chef", "--role", "manager", answer=f"{PASSWORD}\n")
    else:
        prepare(home)
    bring_in(env, other.write_files(tmp_path_factory.mktemp("fichiers")))
    api_port, ui_port = free_port(), free_port()
    running = Cockpit(
        f"http://127.0.0.1:{api_port}",
        f"http://127.0.0.1:{ui_port}",
        "chef" if alone else "manager",
        alone,
    )
    api, ui = api_server(home, api_port), ui_server(home, ui_port, running.api)
    api.env, ui.env = env, {**env, "COCKPIT_API_URL": running.api}
    try:
        api.start()
        ui.start()
        yield running
    finally:
        ui.stop()
        api.stop()


@pytest.fixture(scope="module")
def client(cockpit: Cockpit) -> Iterator[ApiClient]:
    opened = ApiClient(cockpit.api)
    opened.login(cockpit.username, PASSWORD)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def park(client: ApiClient) -> Park:
    return client.park.ranking()


@pytest.fixture(scope="module")
def detail(client: ApiClient) -> TurbineDetail:
    return client.turbines.detail(SICK)


@pytest.fixture(scope="module")
def visitor(browser: Browser, cockpit: Cockpit) -> Iterator[Visitor]:
    """Someone on a laptop, logged in once for all these tests."""
    opened = open_visitor(browser, cockpit.ui, LAPTOP)
    opened.page.goto(cockpit.ui)
    opened.log_in(cockpit.username)
    opened.ranking()
    yield opened
    opened.page.context.close()


def open_tab(visitor: Visitor, tab: str) -> Page:
    page = visitor.page
    page.goto(f"{visitor.home}/turbine?id={SICK}")
    expect(page.get_by_role("tab", name=tab)).to_be_visible()
    visitor.idle()
    page.get_by_role("tab", name=tab).click()
    return page


def title_of(name: str) -> str:
    """A feature's title as its field shows it: label, then unit."""
    return f"{other.LABELS[name]} ({other.NUMERIC[name][1]})" if name in other.NUMERIC else other.LABELS[name]


def test_park__is_ranked_with_drivers_in_words(visitor: Visitor, park: Park) -> None:
    visitor.page.goto(f"{visitor.home}/cockpit")
    rows = visitor.ranking()

    assert len(rows) == park.total == len(other.TURBINES)
    assert [row[1] for row in rows] == [item.turbine_id for item in park.items]
    assert {row[1] for row in rows[:2]} == set(other.SICK)
    for row in rows[:2]:
        assert row[2] == "■ Critique"
        assert re.search(r"↑ (Pression|Température) d’huile du multiplicateur\s: [\d,]+\xa0(bar|°C)", row[6])
    assert {item.main_driver.feature for item in park.items if item.main_driver} <= set(other.FEATURES)
    assert visitor.foreign == []


def test_turbine__tells_its_drivers_and_shows_its_sensors(visitor: Visitor, detail: TurbineDetail) -> None:
    assert {driver.feature for driver in detail.drivers} == set(other.FEATURES)
    page = open_tab(visitor, "Pourquoi")
    told = page.get_by_label("Effet de chaque mesure, en points de probabilité")
    expect(told).to_be_attached()
    words = told.get_attribute("aria-label") or ""
    for driver in detail.drivers:
        assert other.LABELS[driver.feature] in words
    mode = next(d.value for d in detail.drivers if d.feature == other.CATEGORY)
    assert f"{other.LABELS[other.CATEGORY]} ({mode:.0f})" in words
    assert f"{other.LABELS[other.FLAG]} (indice) (" in words
    expect(page.get_by_text("on dégivre par temps froid")).to_be_visible()

    page.get_by_role("tab", name="Capteurs").click()
    for name in [*other.NUMERIC, other.CATEGORY]:
        expect(page.get_by_label(re.compile(rf"^{other.LABELS[name]}\s: \d+\svaleurs, de "))).to_be_attached()
    header = page.locator(".tableau thead th").filter(visible=True)
    expect(header.first).to_be_attached()
    titles = [title.strip() for title in header.all_inner_texts()]
    assert titles[0] == "Mesure du"
    assert set(titles[1:]) <= {title_of(name) for name in other.FEATURES}


def test_turbine__a_model_without_its_sensors_is_silent_and_says_so(
    visitor: Visitor, cockpit: Cockpit, detail: TurbineDetail
) -> None:
    page = open_tab(visitor, "Capteurs")
    expect(page.get_by_label(re.compile(r"^Vitesse du rotor\s: "))).to_be_attached()
    codes = {warning.code for warning in detail.current.warnings} if detail.current else set()

    assert detail.current is not None
    assert detail.current.time_to_failure_days is None
    assert [use.name for use in detail.models] == [other.NAME]
    assert ("modele_muet" in codes) is not cockpit.alone
    absent = page.get_by_text(f"Non mesuré sur cette turbine, mais lu par {REGRESSOR}")
    expect(absent).to_have_count(0 if cockpit.alone else 1)
    expect(page.get_by_text(f"{REGRESSOR} ne peut pas répondre")).to_have_count(0 if cockpit.alone else 1)


def test_what_if__a_field_per_feature_and_an_answer(
    visitor: Visitor, cockpit: Cockpit, detail: TurbineDetail
) -> None:
    page = open_tab(visitor, "Et si…")
    values = {driver.feature: driver.value for driver in detail.drivers}
    for name in [*other.NUMERIC, other.CATEGORY]:
        field = page.get_by_role("textbox", name=title_of(name), exact=True)
        expect(field).to_have_value(french.typed(values[name], 2))
    expect(page.get_by_test_id("stForm").get_by_role("textbox")).to_have_count(11 if cockpit.alone else 15)
    for label in SILENT:
        field = page.get_by_role("textbox", name=label)
        expect(field).to_have_count(0 if cockpit.alone else 1)
    expect(page.get_by_text(re.compile(rf"{other.LABELS[other.FLAG]}\s: (oui|non)"))).to_be_visible()
    visitor.idle()

    page.get_by_role("textbox", name=other.LABELS["gearbox_oil_pressure"]).fill("3,5")
    page.get_by_role("textbox", name=other.LABELS["gearbox_oil_temperature"]).fill("58")
    page.get_by_role("button", name="Comparer").click()
    expect(page.get_by_text("la probabilité de panne à 7 jours descendrait")).to_be_visible()
    visitor.idle()
    changed = page.locator(".tableau").last
    expect(changed.get_by_text(f"1,9{french.NBSP}bar → 3,5{french.NBSP}bar")).to_be_visible()

    page.get_by_role("textbox", name=other.LABELS["gearbox_oil_pressure"]).fill("25")
    page.get_by_role("button", name="Comparer").click()
    expect(page.get_by_text("doit être inférieur ou égal à 20")).to_be_visible()


def test_phone__no_sideways_scrolling(browser: Browser, cockpit: Cockpit) -> None:
    visitor = open_visitor(browser, cockpit.ui, PHONE)
    visitor.page.goto(cockpit.ui)
    visitor.log_in(cockpit.username)
    visitor.ranking()
    page = open_tab(visitor, "Pourquoi")
    seen = []
    for tab, words in (
        ("Pourquoi", "Point de départ du modèle"),
        ("Capteurs", "La bande colorée"),
        ("Et si…", "Changez une valeur et comparez"),
    ):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_text(words)).to_be_visible()
        visitor.idle()
        seen.append(visitor.overflow())

    assert seen == [0, 0, 0]
    page.context.close()
