"""Every page, for each role that sees it, in light and dark: what axe-core checks, and keyboard alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from api.schemas.vocabulary import Role
from tests.e2e.conftest import LAPTOP, PHONE, Visitor, open_visitor
from tests.support import axe
from tests.support.axe import audit, audit_open, settle
from tests.support.servers import PASSWORD, ROOT, running_in

pytestmark = pytest.mark.browser
TECHNICIAN, MANAGER, ENGINEER, ADMIN = Role.TECHNICIEN, Role.MANAGER, Role.INGENIEUR, Role.ADMIN
ALL = frozenset(Role)
PAGES: dict[str, frozenset[Role]] = {
    "cockpit": ALL,
    "turbine": ALL,
    "interventions": ALL,
    "plan": frozenset({MANAGER}),
    "mesures": ALL,
    "modeles": frozenset({MANAGER, ENGINEER, ADMIN}),
    "qualite": ALL,
    "politique": ALL,
    "supervision": frozenset({MANAGER, ENGINEER, ADMIN}),
    "comptes": frozenset({ADMIN}),
    "audit": frozenset({ADMIN}),
    "aide": ALL,
    "mon-compte": ALL,
}


@dataclass(frozen=True)
class Opened:
    """Where the dashboard answers, and what there is to open."""

    ui: str
    turbine: str
    intervention: int

    def address(self, page: str) -> str:
        """Where a page is; the turbine's is that of the most urgent."""
        return f"{self.ui}/{page}" + (f"?id={self.turbine}" if page == "turbine" else "")


@pytest.fixture(scope="module")
def running(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """An installation with work under way: pages are judged with something in them."""
    with running_in(tmp_path_factory.mktemp("accessibilite")) as running:
        client = running.client("manager")
        turbine = client.park.ranking(limit=1).items[0].turbine_id
        today = client.interventions.search(limit=1).today.isoformat()
        body = {"turbine_id": turbine, "planned_on": today, "assignee": "technicien"}
        opened = client.interventions.open({**body, "origin": "recommandation"})
        client.close()
        yield Opened(running.ui, turbine, opened.id)


def entered(browser: Browser, running: Opened, role: Role, viewport: dict[str, int] = LAPTOP) -> Visitor:
    """Somebody of a role, signed in, whose browser keeps the session."""
    visitor = open_visitor(browser, running.ui, viewport)
    visitor.page.goto(running.ui)
    visitor.log_in(role.value)
    settle(visitor.page)
    return visitor


def test_axe__sees_what_is_wrong(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(
        "<main><h1>x</h1><button></button><p style='color:#bbb;background:#fff'>Trop pâle</p></main>"
    )
    rules = {line.split(" : ")[0] for line in axe.violations(page)}
    page.close()
    assert {"button-name", "color-contrast", "html-has-lang"} <= rules


def test_pages__none_is_forgotten_here() -> None:
    tree = ast.parse((ROOT / "ui" / "streamlit_app.py").read_text(encoding="utf-8"))
    (declared,) = (
        node.value
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "PAGES"
    )
    assert isinstance(declared, ast.Tuple)
    paths = {ast.unparse(entry.elts[0]) for entry in declared.elts if isinstance(entry, ast.Tuple)}
    assert paths == {repr(name) for name in PAGES if name != "mon-compte"} | {"layout.OWN_ACCOUNT"}


def test_login__no_violation(browser: Browser, running: Opened) -> None:
    visitor = open_visitor(browser, running.ui, LAPTOP)
    visitor.page.goto(running.ui)
    expect(visitor.page.get_by_label("Identifiant")).to_be_visible()
    assert audit(visitor.page, "login") == []
    assert visitor.foreign == []
    visitor.page.context.close()


# Each page and tab of four roles in two themes: a minute each, which the short command cannot spend.
@pytest.mark.long
@pytest.mark.parametrize("role", [MANAGER, ADMIN, TECHNICIAN, ENGINEER])
def test_pages_of_a_role__no_violation__no_foreign_address(
    browser: Browser, running: Opened, role: Role
) -> None:
    visitor = entered(browser, running, role)
    page, found = visitor.page, []
    for name in (name for name, roles in PAGES.items() if role in roles):
        page.goto(running.address(name))
        expect(page.get_by_test_id("stPopoverButton").first).to_be_visible()
        expect(page.get_by_role("heading", name="Page réservée")).to_have_count(0)
        tabs = page.get_by_role("tab")
        settle(page)
        found += audit(page, f"{role} {name}")
        for number in range(1, tabs.count()):
            tabs.nth(number).click()
            found += audit(page, f"{role} {name}, tab {number + 1}")
    page.context.close()
    assert found == []
    assert visitor.foreign == []


# What opens on a click: each popover, expander and calendar of each page, once per role.
@pytest.mark.long
@pytest.mark.parametrize("role", [MANAGER, ADMIN, TECHNICIAN, ENGINEER])
def test_what_opens__no_violation(browser: Browser, running: Opened, role: Role) -> None:
    visitor = entered(browser, running, role)
    page, found, seen = visitor.page, [], set[str]()
    names = [name for name, roles in PAGES.items() if role in roles]
    for name in [*names, f"interventions?n={running.intervention}"]:
        page.goto(running.address(name))
        expect(page.get_by_test_id("stPopoverButton").first).to_be_visible()
        settle(page)
        found += audit_open(page, f"{role} {name}", seen)
        tabs = page.get_by_role("tab")
        for number in range(1, tabs.count()):
            tabs.nth(number).click()
            settle(page)
            found += audit_open(page, f"{role} {name}, tab {number + 1}", seen)
    page.context.close()
    assert "calendar" in seen or role is ADMIN
    assert found == []
    assert visitor.foreign == []


@pytest.mark.parametrize(
    "name",
    [
        "cockpit",
        "turbine",
        pytest.param("interventions?n={n}", marks=pytest.mark.long),
        pytest.param("mesures", marks=pytest.mark.long),
    ],
)
def test_phone_of_a_technician__no_violation(browser: Browser, running: Opened, name: str) -> None:
    visitor = entered(browser, running, TECHNICIAN, PHONE)
    visitor.page.goto(running.address(name.format(n=running.intervention)))
    expect(visitor.page.get_by_test_id("stPopoverButton").first).to_be_visible()
    settle(visitor.page)
    found = audit(visitor.page, f"phone {name}")
    wide = visitor.overflow()
    visitor.page.context.close()
    assert found == []
    assert wide <= 0


@pytest.mark.long
def test_labels_that_streamlit_writes__are_french(browser: Browser, running: Opened) -> None:
    visitor = entered(browser, running, MANAGER, PHONE)
    page = visitor.page
    page.goto(running.address("politique"))
    expect(page.get_by_role("button", name="Ouvrir le menu")).to_be_visible()
    expect(page.get_by_role("link", name="Aller au contenu")).to_be_attached()
    expect(page.get_by_role("button", name="Aide : Intervention inutile (€)")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "fr"
    page.goto(running.address("mesures"))
    expect(page.get_by_role("button", name="Choisir un fichier").first).to_be_visible()
    english = "[aria-label^='Help'], [aria-label^='Show'], [aria-label='Open'], [aria-label^='Navigate']"
    expect(page.locator(english).filter(visible=True)).to_have_count(0)
    page.context.close()


def test_fields_that_streamlit_writes_in_english__are_french(browser: Browser, running: Opened) -> None:
    visitor = entered(browser, running, MANAGER)
    page = visitor.page
    page.goto(running.address("qualite"))
    date_parts = page.get_by_role("spinbutton")
    expect(date_parts).to_have_text(["jj", "mm", "aaaa"] * 2)
    expect(date_parts.first).to_have_attribute("aria-valuetext", "vide")
    page.get_by_role("button", name="Choisir une date").first.click()
    calendar = page.get_by_test_id("stDateInputCalendar")
    expect(calendar.get_by_role("heading").first).to_contain_text("Choisir une date, ")
    expect(calendar).to_contain_text("Échap pour fermer")
    page.goto(running.address("politique"))
    cost = page.get_by_role("textbox", name="Intervention inutile (€)")
    expect(cost).to_have_attribute("inputmode", "decimal")
    cost.fill("deux")
    cost.press("Enter")
    expect(page.get_by_text("« deux » n’est pas un nombre")).to_be_visible()
    expect(cost).to_have_attribute("aria-invalid", "true")
    expect(cost).to_have_value("deux")
    cost.fill("2 500,5")
    cost.press("Enter")
    expect(page.get_by_text("Effet, avant d’enregistrer")).to_be_visible()
    expect(cost).not_to_have_attribute("aria-invalid", "true")
    page.context.close()


@pytest.mark.parametrize(("viewport", "rows"), [(LAPTOP, 5), (PHONE, 8)], ids=["laptop", "phone"])
def test_first_screen__trust_counts_and_first_turbines(
    browser: Browser, running: Opened, viewport: dict[str, int], rows: int
) -> None:
    visitor = entered(browser, running, TECHNICIAN, viewport)
    page = visitor.page
    page.goto(running.address("cockpit"))
    visitor.ranking()
    settle(page)
    table, last = page.locator(".st-key-classement").bounding_box(), visitor.rows.nth(rows - 1).bounding_box()
    assert table is not None
    assert last is not None
    assert last["y"] + last["height"] <= viewport["height"]
    for told in (".confiance", ".niveaux .ecart"):
        box = page.locator(told).first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= table["y"]
    filters = page.get_by_text("Panne possible sous (j)")
    if viewport is PHONE:
        expect(filters).to_be_hidden()
        page.get_by_text("Filtres", exact=True).click()
    expect(filters).to_be_visible()
    assert visitor.overflow() <= 0
    page.context.close()


def test_keyboard_alone__from_login_to_a_turbine(browser: Browser, running: Opened) -> None:
    visitor = open_visitor(browser, running.ui, LAPTOP)
    page = visitor.page
    page.goto(running.ui)
    expect(page.get_by_label("Identifiant")).to_be_visible()
    settle(page)

    reach(page, "document.activeElement.ariaLabel === 'Identifiant'")
    page.keyboard.type("technicien")
    reach(page, "document.activeElement.type === 'password'")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Cockpit", exact=True)).to_be_visible()
    second = visitor.ranking()[1][1]
    settle(page)

    reach(page, f"document.activeElement.ariaLabel === 'Turbine {second}'")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"Turbine {second}", exact=True)).to_be_visible()
    page.context.close()


def reach(page: Page, there: str) -> None:
    """Presses Tab until the focus is there, as often as a patient person would."""
    for _ in range(60):
        if page.evaluate(there):
            return
        page.keyboard.press("Tab")
    raise AssertionError(
        f"not reached with Tab: {there}, but {page.evaluate('document.activeElement.outerHTML')}"
    )
