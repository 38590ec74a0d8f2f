"""Work that two people touch, in real browsers: nothing is lost or done twice, and downloads open."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from api.schemas.interventions import InterventionDetail
from api.schemas.vocabulary import InterventionState
from bench.page import until
from tests.e2e.conftest import LAPTOP, Visitor, idle, open_visitor
from tests.support.servers import Running, running_in
from ui.client.client import ApiClient

pytestmark = pytest.mark.browser

FOUND = "Brouillon du"


@pytest.fixture(scope="module")
def running(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A prepared installation with its API and its dashboard."""
    with running_in(tmp_path_factory.mktemp("a_deux")) as running:
        yield running


def started(running: Running, turbine: str) -> InterventionDetail:
    """An intervention under way, given to the technician."""
    calls = running.client("manager").interventions
    body = {"turbine_id": turbine, "planned_on": calls.search(limit=1).today.isoformat()}
    item = calls.open({**body, "assignee": "technicien"})
    return calls.change(item.id, item.version, {"state": InterventionState.EN_COURS})


def opened(browser: Browser, running: Running, username: str, address: str) -> Visitor:
    """Somebody logged in, on a page."""
    visitor = open_visitor(browser, running.ui, LAPTOP)
    visitor.page.goto(f"{running.ui}/{address}")
    visitor.log_in(username)
    return visitor


def test_closing__survives_reload_cut_and_expired_session(browser: Browser, running: Running) -> None:
    item = started(running, "24")
    visitor = opened(browser, running, "technicien", f"interventions?n={item.id}")
    page = visitor.page
    errors: list[str] = []
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    findings, hours = page.get_by_label("Ce que vous avez constaté"), page.get_by_label("Arrêt de la machine")
    findings.fill("Roulement du palier arrière usé.")
    hours.fill("2,5")
    page.get_by_text("Dégradation trouvée").click()

    page.reload()
    expect(findings).to_have_value("Roulement du palier arrière usé.")
    expect(hours).to_have_value("2,5")
    expect(page.get_by_role("radio", name="Dégradation trouvée")).to_be_checked()
    expect(page.get_by_text(FOUND).first).to_be_visible()

    running.dashboard.stop()
    expect(page.get_by_text("Connexion perdue")).to_be_visible()
    expect(findings).to_be_editable()
    findings.press_sequentially(" Graissé.")
    running.dashboard.start()
    expect(page.get_by_text("Connexion perdue")).to_be_hidden()
    expect(findings).to_have_value("Roulement du palier arrière usé. Graissé.")
    visitor.idle()

    running.client("technicien").people.sign_out_everywhere()
    findings.press_sequentially(" À revoir.")
    page.get_by_role("button", name="Clôturer").click()
    expect(page.get_by_text("Votre session a expiré")).to_be_visible()
    visitor.log_in("technicien")
    expect(findings).to_have_value("Roulement du palier arrière usé. Graissé. À revoir.")
    expect(hours).to_have_value("2,5")
    expect(page.get_by_role("radio", name="Dégradation trouvée")).to_be_checked()
    idle(page)
    page.get_by_role("button", name="Clôturer").click()
    expect(page.get_by_text("Intervention clôturée, merci.")).to_be_visible()
    closed = running.client("manager").interventions.detail(item.id)
    assert closed.findings == "Roulement du palier arrière usé. Graissé. À revoir."
    assert closed.downtime_hours == 2.5
    until(page, "!Object.keys(localStorage).some(k => k.startsWith('cockpit:brouillon'))")
    assert not [text for text in errors if "Content Security Policy" in text]
    page.context.close()


def test_two_browsers__the_second_is_told_and_keeps_the_text(browser: Browser, running: Running) -> None:
    item = started(running, "25")
    address = f"interventions?n={item.id}"
    first = opened(browser, running, "manager", address)
    second = opened(browser, running, "technicien", address)
    second.page.get_by_label("Ce que vous avez constaté").fill("Palier sec.")
    second.page.get_by_label("Arrêt de la machine").fill("1")
    second.page.get_by_text("Dégradation trouvée").click()

    first.page.get_by_label("Ajouter au journal").fill("Pensez aux photos.")
    first.page.get_by_role("button", name="Ajouter", exact=True).click()
    expect(first.page.get_by_text("Ajouté au journal.")).to_be_visible()
    first.idle()

    second.page.get_by_role("button", name="Clôturer").click()
    told = second.page.get_by_text("Modifié entre-temps : manager, le ")
    expect(told).to_contain_text("« Pensez aux photos. »")
    expect(second.page.get_by_label("Ce que vous avez constaté")).to_have_value("Palier sec.")
    second.idle()
    second.page.get_by_role("button", name="Clôturer").click()
    expect(second.page.get_by_text("Intervention clôturée, merci.")).to_be_visible()

    first.page.get_by_label("Ajouter au journal").fill("Je passe demain.")
    first.page.get_by_role("button", name="Ajouter", exact=True).click()
    expect(first.page.get_by_text("Modifié entre-temps : technicien, le ")).to_be_visible()
    expect(first.page.get_by_text("Je passe demain.")).to_be_visible()
    for visitor in (first, second):
        visitor.page.context.close()


def test_double_click__creates_once_and_shows_the_secret(browser: Browser, running: Running) -> None:
    visitor = opened(browser, running, "admin", "comptes")
    page = visitor.page
    page.get_by_test_id("stPopoverButton").filter(has_text="Créer un compte…").click()
    page.get_by_role("textbox", name="Identifiant").fill("lea")
    page.get_by_role("textbox", name="Nom affiché").fill("Léa Martin")
    page.get_by_role("button", name="Créer le compte").dblclick()
    expect(page.get_by_text("Compte lea créé.")).to_be_visible()
    visitor.idle()
    password = page.locator(".st-key-secret code").inner_text().strip()
    assert ApiClient(running.api).login("lea", password).username == "lea"

    page.get_by_test_id("stPopoverButton").filter(has_text="Créer une clé…").click()
    page.get_by_role("textbox", name="Nom de la machine").fill("scada")
    page.get_by_text("read : lire").click()
    page.get_by_role("button", name="Créer la clé").dblclick()
    expect(page.get_by_text("Clé « scada » créée.")).to_be_visible()
    visitor.idle()
    key = page.locator(".st-key-secret code").inner_text().strip()
    answer = requests.get(f"{running.api}/api/v1/park", headers={"X-API-Key": key}, timeout=10)
    assert answer.status_code == 200
    people = running.client("admin").people
    assert [account.username for account in people.accounts()].count("lea") == 1
    assert [key.name for key in people.api_keys()] == ["scada"]
    page.context.close()

    visitor = opened(browser, running, "manager", "turbine?id=26")
    page, calls = visitor.page, running.client("manager").interventions
    page.get_by_test_id("stPopoverButton").filter(has_text="Signaler un constat…").click()
    page.get_by_label("Constat", exact=True).fill("Fuite d’huile.")
    page.get_by_role("button", name="Envoyer le constat").dblclick()
    expect(page.get_by_text("Constat enregistré.")).to_be_visible()
    visitor.idle()
    (opened_once,) = calls.search(turbine="26").items
    assert len(calls.detail(opened_once.id).journal) == 1
    page.goto(f"{running.ui}/cockpit")
    before = runs(running)
    page.get_by_role("button", name="Recalculer le parc").dblclick()
    expect(page.get_by_text("Calcul du parc au")).to_be_visible()
    visitor.idle()
    assert runs(running) == before + 1
    page.context.close()


def runs(running: Running) -> int:
    """How many runs were asked for so far."""
    key = running.client("admin").people.create_key(str(uuid.uuid4()), ["read"]).secret
    asked = requests.get(f"{running.api}/api/v1/park/runs", headers={"X-API-Key": key}, timeout=10)
    return len(asked.json()["items"])


def test_policy__values_and_reason_survive_a_reload(browser: Browser, running: Running) -> None:
    visitor = opened(browser, running, "manager", "politique")
    page = visitor.page
    cost, reason = (
        page.get_by_role("textbox", name="Intervention inutile (€)"),
        page.get_by_label("Motif, gardé dans l’historique").first,
    )
    cost.fill("1500")
    cost.press("Enter")
    reason.fill("Nouveau contrat de maintenance.")
    page.reload()
    expect(cost).to_have_value("1500")
    expect(reason).to_have_value("Nouveau contrat de maintenance.")
    page.context.close()


def fetched(page: Page, button: str) -> str:
    """The content of a file that a button of the page downloads."""
    with page.expect_download() as downloading:
        page.get_by_role("button", name=button).click()
    return Path(downloading.value.path()).read_text(encoding="utf-8-sig")


def test_downloads__open_and_hold_what_the_page_shows(browser: Browser, running: Running) -> None:
    """Those of the cockpit and of the measures are opened by the tests of these pages."""
    visitor = opened(browser, running, "manager", "turbine?id=12")
    page = visitor.page
    sheet = fetched(page, "Fiche à imprimer")
    assert sheet.lower().startswith("<!doctype html>")
    assert "Turbine 12" in sheet

    page.goto(f"{running.ui}/plan")
    page.get_by_role("button", name="Établir le plan").click()
    accept = page.get_by_test_id("stPopoverButton").filter(has_text="Accepter le plan…")
    expect(accept).to_be_visible()
    visitor.idle()
    rows = fetched(page, "Tableur (CSV)").splitlines()
    assert len(rows) > 1
    assert ";" in rows[0]
    assert fetched(page, "Feuille à imprimer").lower().startswith("<!doctype html>")
    accept.click()
    page.get_by_role("button", name="Planifier ces interventions").click()
    expect(page.get_by_role("button", name="Télécharger l’agenda (.ics)")).to_be_visible()
    visitor.idle()
    week = fetched(page, "Télécharger l’agenda (.ics)")
    planned = running.client("manager").interventions.search(states=[InterventionState.PLANIFIEE])
    assert week.startswith("BEGIN:VCALENDAR")
    assert week.count("BEGIN:VEVENT") == planned.total > 0

    page.goto(f"{running.ui}/interventions")
    page.get_by_role("tab", name="En cours et planifiées").click()
    expect(page.get_by_role("button", name="Ajouter à mon agenda (.ics)")).to_be_visible()
    visitor.idle()
    followed = running.client("manager").interventions.search(
        states=[InterventionState.PLANIFIEE, InterventionState.EN_COURS]
    )
    assert fetched(page, "Ajouter à mon agenda (.ics)").count("BEGIN:VEVENT") == followed.total

    page.goto(f"{running.ui}/qualite")
    page.get_by_role("button", name="Préparer le fichier publié / observé").click()
    expect(page.get_by_role("button", name="Télécharger le fichier (CSV)")).to_be_visible()
    visitor.idle()
    assert "turbine" in fetched(page, "Télécharger le fichier (CSV)").splitlines()[0].lower()

    page.goto(f"{running.ui}/modeles")
    expect(page.get_by_role("button", name="Fiche à imprimer")).to_be_visible()
    visitor.idle()
    assert fetched(page, "Fiche à imprimer").lower().startswith("<!doctype html>")
    page.context.close()
