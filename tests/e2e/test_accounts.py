"""The administrator's journey in a real browser: an account, a key, and its end."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Browser, expect

from api.services.people.authentication import MEMORY_S
from tests.e2e.conftest import LAPTOP, PHONE, Visitor, open_visitor
from tests.support.servers import Running, running_in

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def cockpit(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """An API and a dashboard on a prepared installation; the browser comes first, for it may be absent."""
    with running_in(tmp_path_factory.mktemp("comptes")) as running:
        yield running


def opened(browser: Browser, cockpit: Running, username: str, page: str, viewport: dict[str, int]) -> Visitor:
    """Somebody logged in and on a page."""
    visitor = open_visitor(browser, cockpit.ui, viewport)
    visitor.page.goto(f"{cockpit.ui}/{page}")
    visitor.log_in(username)
    expect(visitor.page.get_by_test_id("stPopoverButton").first).to_be_visible()
    visitor.idle()
    return visitor


def menu(visitor: Visitor, name: str) -> None:
    """Opens one of the page's menus, once the page is whole."""
    visitor.idle()
    visitor.page.get_by_test_id("stPopoverButton").filter(has_text=name).click()


def status(cockpit: Running, key: str) -> int:
    """What the API answers to a machine with that key."""
    return requests.get(f"{cockpit.api}/api/v1/park", headers={"X-API-Key": key}, timeout=10).status_code


def test_administrator__makes_an_account_and_a_key_then_revokes_it(
    browser: Browser, cockpit: Running
) -> None:
    visitor = opened(browser, cockpit, "admin", "comptes", LAPTOP)
    page = visitor.page
    menu(visitor, "Créer un compte…")
    page.get_by_role("textbox", name="Identifiant").fill("lea")
    page.get_by_role("textbox", name="Nom affiché").fill("Léa Martin")
    page.get_by_role("textbox", name="Nom affiché").press("Tab")
    page.get_by_role("button", name="Créer le compte").click()
    expect(page.get_by_text("Compte lea créé.")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)  # it would hide the password
    password = page.locator(".st-key-secret code").inner_text().strip()
    page.get_by_role("button", name="C’est copié, ne plus l’afficher").click()
    expect(page.locator(".st-key-secret")).to_have_count(0)

    menu(visitor, "Créer une clé…")
    page.get_by_role("textbox", name="Nom de la machine").fill("scada nord")
    page.get_by_role("textbox", name="Nom de la machine").press("Tab")
    page.get_by_text(re.compile(r"^read\s:")).click()
    page.get_by_role("button", name="Créer la clé").click()
    expect(page.get_by_text("Clé « scada nord » créée.")).to_be_visible()
    key = page.locator(".st-key-secret code").inner_text().strip()
    assert status(cockpit, key) == 200

    page.get_by_role("link", name="Nom scada nord").click()
    expect(page).to_have_url(re.compile(r"\?cle=\d+$"))
    menu(visitor, "Révoquer")
    page.get_by_role("button", name="Révoquer la clé").click()
    expect(page.get_by_text("Clé « scada nord » révoquée.")).to_be_visible()
    expect(page.locator(".st-key-secret")).to_have_count(0)
    deadline = time.monotonic() + MEMORY_S + 2
    while (answered := status(cockpit, key)) == 200 and time.monotonic() < deadline:
        time.sleep(0.5)
    assert answered == 401

    answer = requests.post(
        f"{cockpit.api}/api/v1/auth/token", data={"username": "lea", "password": password}, timeout=10
    )
    assert (answer.status_code, answer.json()["user"]["role"]) == (200, "technicien")
    assert visitor.foreign == []
    page.context.close()


def test_policy__effect_seen_on_a_phone_without_sideways_scrolling(
    browser: Browser, cockpit: Running
) -> None:
    visitor = opened(browser, cockpit, "manager", "politique", PHONE)
    cost = visitor.page.get_by_role("textbox", name="Intervention inutile (€)")
    cost.fill("1500")
    cost.press("Enter")
    expect(visitor.page.get_by_text("changent de niveau", exact=False).first).to_be_visible()
    expect(visitor.page.get_by_role("button", name="Enregistrer la version 2")).to_be_visible()
    assert visitor.overflow() == 0
    assert visitor.foreign == []
    visitor.page.context.close()
