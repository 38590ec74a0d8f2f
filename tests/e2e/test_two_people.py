"""Work that two people touch, in real browsers: nothing is lost, and nothing is done twice."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from PIL import Image
from playwright.sync_api import Browser, expect

from api.schemas.interventions import InterventionDetail
from api.schemas.vocabulary import InterventionState, JournalAction
from bench.page import until
from tests.e2e.conftest import LAPTOP, Visitor, idle, open_visitor
from tests.support.measurements.measure_files import GOOD
from tests.support.servers import Running, running_in
from ui.client.client import ApiClient

pytestmark = pytest.mark.browser

FOUND = "Brouillon du"
REFUSED = re.compile("Modifié entre-temps|refusée|Conflit|à corriger|n’a pas été")


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
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert "Streamlit" not in page.locator("body").inner_text()
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
    menu(visitor, "Créer un compte…")
    page.get_by_role("textbox", name="Identifiant").fill("lea")
    page.get_by_role("textbox", name="Nom affiché").fill("Léa Martin")
    page.get_by_role("button", name="Créer le compte").dblclick()
    expect(page.get_by_text("Compte lea créé.")).to_be_visible()
    visitor.idle()
    password = page.locator(".st-key-secret code").inner_text().strip()
    assert ApiClient(running.api).login("lea", password).username == "lea"

    menu(visitor, "Créer une clé…")
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


@pytest.mark.long
def test_double_click__the_manager_s_acts_are_done_once(
    browser: Browser, running: Running, tmp_path: Path
) -> None:
    visitor = opened(browser, running, "manager", "turbine?id=26")
    client = running.client("manager")
    _report(visitor, client)
    _plan_and_work(visitor, client, tmp_path)
    _dismiss(visitor, client)
    _save_the_policy(visitor, client)
    _accept_the_plan(visitor, client)
    visitor.page.goto(f"{running.ui}/cockpit")
    before = runs(running)
    twice(visitor, "Recalculer le parc", "Calcul du parc au")
    assert runs(running) == before + 1
    _import_measurements(visitor, client, tmp_path)
    visitor.page.context.close()


def menu(visitor: Visitor, name: str) -> None:
    """Opens a menu of the page, once the page is whole."""
    visitor.idle()
    visitor.page.get_by_test_id("stPopoverButton").filter(has_text=name).first.click()


def twice(visitor: Visitor, button: str, outcome: str) -> None:
    """Clicks twice on a button; its outcome is told, and no refusal of the second click."""
    page = visitor.page
    visitor.idle()
    page.get_by_role("button", name=button, exact=True).dblclick()
    expect(page.get_by_text(outcome).first).to_be_visible()
    visitor.idle()
    expect(page.get_by_test_id("stAlert").filter(has_text=REFUSED)).to_have_count(0)


def _report(visitor: Visitor, client: ApiClient) -> None:
    menu(visitor, "Signaler un constat…")
    visitor.page.get_by_label("Constat", exact=True).fill("Fuite d’huile.")
    twice(visitor, "Envoyer le constat", "Constat enregistré.")
    (once,) = client.interventions.search(turbine="26").items
    assert len(client.interventions.detail(once.id).journal) == 1


def _plan_and_work(visitor: Visitor, client: ApiClient, folder: Path) -> None:
    page, calls = visitor.page, client.interventions
    page.goto(f"{visitor.home}/interventions?planifier=27")
    page.get_by_role("combobox", name="Technicien").click()
    page.get_by_role("option", name="technicien", exact=True).click()
    page.get_by_label("Commentaire pour le technicien").fill("Avec la nacelle.")
    twice(visitor, "Planifier", "Intervention planifiée.")
    (planned,) = calls.search(turbine="27").items
    page.goto(f"{visitor.home}/interventions?n={planned.id}")
    page.get_by_label("Ajouter au journal").fill("La nacelle est réservée.")
    twice(visitor, "Ajouter", "Ajouté au journal.")
    twice(visitor, "Commencer", "Intervention commencée.")
    photo = folder / "photo.png"
    Image.new("RGB", (8, 8)).save(photo)
    page.locator("input[type=file]").set_input_files(photo)
    expect(page.get_by_role("button", name="Envoyer la photo")).to_be_visible()
    twice(visitor, "Envoyer la photo", "Photo jointe.")
    assert [line.action for line in calls.detail(planned.id).journal] == [
        JournalAction.CREATION,
        JournalAction.PLANIFICATION,
        JournalAction.COMMENTAIRE,
        JournalAction.DEMARRAGE,
        JournalAction.PHOTO,
    ]


def _dismiss(visitor: Visitor, client: ApiClient) -> None:
    page, calls = visitor.page, client.interventions
    page.goto(f"{visitor.home}/interventions")
    page.get_by_role("tab", name="À décider").click()
    waiting = calls.proposals(1).total
    menu(visitor, "Écarter…")
    page.get_by_label("Motif, conservé dans le journal").fill("Capteur remplacé hier.")
    twice(visitor, "Écarter l’alerte", "Alerte écartée pour la turbine")
    assert calls.proposals(1).total == waiting - 1


def _save_the_policy(visitor: Visitor, client: ApiClient) -> None:
    page = visitor.page
    page.goto(f"{visitor.home}/politique")
    page.get_by_role("textbox", name="Intervention inutile (€)").fill("1500")
    page.keyboard.press("Enter")
    page.get_by_label("Motif, gardé dans l’historique").first.fill("Nouveau contrat.")
    twice(visitor, "Enregistrer la version 2", "Version 2 enregistrée, en vigueur.")
    assert [version.version for version in client.policy.versions().versions] == [2, 1]


def _accept_the_plan(visitor: Visitor, client: ApiClient) -> None:
    page, calls = visitor.page, client.interventions
    page.goto(f"{visitor.home}/plan")
    before = calls.search(states=[InterventionState.PLANIFIEE]).total
    twice(visitor, "Établir le plan", "Accepter le plan…")
    menu(visitor, "Accepter le plan…")
    twice(visitor, "Planifier ces interventions", "Voir les interventions")
    planned = [item.turbine_id for item in calls.search(states=[InterventionState.PLANIFIEE]).items]
    assert len(planned) > before
    assert len(planned) == len(set(planned))


def _import_measurements(visitor: Visitor, client: ApiClient, folder: Path) -> None:
    page, file = visitor.page, folder / "bon.csv"
    before = client.measurements.imports(1).total
    file.write_bytes(GOOD)
    page.goto(f"{visitor.home}/mesures")
    expect(page.get_by_role("button", name="Choisir un fichier").first).to_be_visible()
    visitor.idle()
    page.locator("input[type=file]").first.set_input_files(file)
    twice(visitor, "Importer ce fichier", "terminé en")
    assert client.measurements.imports(1).total == before + 1


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
    cost.fill("1600")
    cost.press("Enter")
    reason.fill("Nouveau contrat de maintenance.")
    page.reload()
    expect(cost).to_have_value("1600")
    expect(reason).to_have_value("Nouveau contrat de maintenance.")
    page.context.close()
