"""What somebody types is never lost, in a real browser: a reload, a network away, a silent service."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date

import pytest
from playwright.sync_api import Browser, Locator, Page, WebSocketRoute, expect
from streamlit.proto.BackMsg_pb2 import BackMsg

from api.core import build_core
from api.schemas.vocabulary import InterventionState, Priority, Skill
from api.settings import Environment, Settings
from bench.page import until
from tests.e2e.conftest import LAPTOP, Visitor, open_visitor
from tests.support.park.shadow_tools import CLASSIFIER, second_version
from tests.support.relay import Relay, relayed
from tests.support.servers import Running, api_server, free_port, prepare, ui_server

pytestmark = pytest.mark.browser
NO_DRAFT = "!Object.keys(localStorage).some(k => k.startsWith('cockpit:brouillon'))"
CUT, SLOW = "Connexion perdue", "Le service n’a pas répondu depuis cinq secondes"
REASON = "Motif, conservé dans le journal"
TWO_MINUTES = 125.0
"""More than Streamlit keeps the session of a browser that is gone [s]."""


@dataclass(frozen=True)
class Reached:
    """A running installation, and the two ways on which it is reached."""

    running: Running
    network: Relay
    """From the browser to the dashboard."""
    inside: Relay
    """From the dashboard to the API."""


@pytest.fixture(scope="module")
def reached(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reached]:
    """An installation with a second version of the classifier."""
    home = tmp_path_factory.mktemp("saisies")
    prepare(home)
    core = build_core(Settings(_env_file=None, env=Environment.DEMO, home=home))
    second_version(core, "classification")
    core.close()
    ports = free_port(), free_port()
    url, page = (f"http://127.0.0.1:{port}" for port in ports)
    with ExitStack() as stack:
        api = api_server(home, ports[0]).start()
        stack.callback(api.stop)
        inside = stack.enter_context(relayed(url))
        dashboard = ui_server(home, ports[1], inside.url).start()
        stack.callback(dashboard.stop)
        network = stack.enter_context(relayed(page))
        yield Reached(Running(network.url, url, api, dashboard), network, inside)


def opened(browser: Browser, reached: Reached, username: str, address: str) -> Visitor:
    """Somebody logged in, on a page."""
    visitor = open_visitor(browser, reached.running.ui, LAPTOP)
    visitor.page.goto(f"{visitor.home}/{address}")
    visitor.log_in(username)
    return visitor


def menu(visitor: Visitor, name: str) -> None:
    """Opens a menu of the page, once the page is whole."""
    visitor.idle()
    visitor.page.get_by_test_id("stPopoverButton").filter(has_text=name).first.click()


def again(visitor: Visitor, sight: Locator) -> None:
    """Presses F5, until that is in sight again."""
    visitor.page.reload()
    expect(sight).to_be_visible()
    visitor.idle()


def choose(page: Page, list_: str, option: str) -> None:
    """Chooses in a list of the page."""
    page.get_by_role("combobox", name=list_).click()
    page.get_by_role("option", name=option, exact=True).click()


@pytest.mark.long
def test_f5__every_long_form_of_the_manager(browser: Browser, reached: Reached) -> None:
    visitor = opened(browser, reached, "manager", "interventions?planifier=31")
    number = _plan(visitor, reached)
    _dismiss(visitor)
    _write_and_cancel(visitor, reached, number)
    _report(visitor)
    visitor.page.context.close()


def _plan(visitor: Visitor, reached: Reached) -> int:
    page, day = visitor.page, date(2025, 1, 8)
    comment, length = page.get_by_label("Commentaire pour le technicien"), page.get_by_label("Durée (h)")
    comment.fill("Prévoir la nacelle.")
    choose(page, "Technicien", "technicien")
    choose(page, "Priorité", "Haute")
    choose(page, "Compétences", "mécanique")
    page.keyboard.press("Escape")
    length.fill("3,5")
    first = page.get_by_test_id("stDateInputField").first.get_by_role("spinbutton").first
    first.click()
    page.keyboard.type(f"{day:%d%m%Y}")
    page.keyboard.press("Escape")

    again(visitor, comment)
    expect(page.get_by_text("Brouillon du").first).to_be_visible()
    expect(comment).to_have_value("Prévoir la nacelle.")
    expect(page.get_by_role("combobox", name="Technicien")).to_have_value("technicien")
    expect(page.get_by_role("combobox", name="Priorité")).to_have_value("Haute")
    expect(page.locator("[data-tag-index]")).to_have_count(1)
    expect(length).to_have_value("3,5")
    expect(first).to_have_attribute("aria-valuenow", "8")
    visitor.idle()
    page.get_by_role("button", name="Planifier", exact=True).click()
    expect(page.get_by_text("Intervention planifiée.")).to_be_visible()
    (planned,) = reached.running.client("manager").interventions.search(turbine="31").items
    assert (planned.planned_on, planned.assignee, planned.expected_hours) == (day, "technicien", 3.5)
    assert (planned.priority, planned.skills) == (Priority.HAUTE, [Skill.MECANIQUE])
    until(page, NO_DRAFT)
    return planned.id


def _dismiss(visitor: Visitor) -> None:
    page = visitor.page
    page.goto(f"{visitor.home}/interventions")
    reason, opener = page.get_by_label(REASON), page.get_by_test_id("stPopoverButton")
    menu(visitor, "Écarter…")
    reason.fill("Capteur remplacé hier.")
    again(visitor, opener.filter(has_text="Écarter…").first)
    menu(visitor, "Écarter…")
    expect(reason).to_have_value("Capteur remplacé hier.")
    page.get_by_role("button", name="Écarter l’alerte").click()
    expect(page.get_by_text("Alerte écartée pour la turbine")).to_be_visible()
    until(page, NO_DRAFT)


def _write_and_cancel(visitor: Visitor, reached: Reached, number: int) -> None:
    page = visitor.page
    page.goto(f"{visitor.home}/interventions?n={number}")
    journal, reason = page.get_by_label("Ajouter au journal"), page.get_by_label(REASON)
    journal.fill("La nacelle est réservée.")
    again(visitor, journal)
    expect(journal).to_have_value("La nacelle est réservée.")
    page.get_by_role("button", name="Ajouter", exact=True).click()
    expect(page.get_by_text("Ajouté au journal.")).to_be_visible()
    menu(visitor, "Annuler…")
    reason.fill("Doublon.")
    again(visitor, journal)
    menu(visitor, "Annuler…")
    expect(reason).to_have_value("Doublon.")
    page.get_by_role("button", name="Annuler l’intervention").click()
    expect(page.get_by_text("Intervention annulée.")).to_be_visible()
    lines = reached.running.client("manager").interventions.detail(number).journal
    assert [line.comment for line in lines][-2:] == ["La nacelle est réservée.", "Doublon."]


def _report(visitor: Visitor) -> None:
    page = visitor.page
    page.goto(f"{visitor.home}/turbine?id=32")
    finding = page.get_by_label("Constat", exact=True)
    menu(visitor, "Signaler un constat…")
    finding.fill("Fuite d’huile au multiplicateur.")
    again(visitor, page.get_by_test_id("stPopoverButton").filter(has_text="Signaler un constat…"))
    menu(visitor, "Signaler un constat…")
    expect(finding).to_have_value("Fuite d’huile au multiplicateur.")
    page.get_by_role("button", name="Envoyer le constat").click()
    expect(page.get_by_text("Constat enregistré.")).to_be_visible()
    until(page, NO_DRAFT)


@pytest.mark.long
def test_f5__a_model_withdrawn_and_one_brought_in(browser: Browser, reached: Reached) -> None:
    visitor = opened(browser, reached, "ingenieur", f"modeles?m={CLASSIFIER}%20v2")
    page = visitor.page
    reason = page.get_by_label("Motif, gardé dans l’historique")
    retire = page.get_by_test_id("stPopoverButton").filter(has_text="Retirer…")
    expect(retire).to_be_visible()
    menu(visitor, "Retirer…")
    reason.fill("Trop peu d’arbres.")
    again(visitor, retire)
    menu(visitor, "Retirer…")
    expect(reason).to_have_value("Trop peu d’arbres.")
    page.get_by_role("button", name="Confirmer le retrait").click()
    expect(page.get_by_text("v2 est retiré.")).to_be_visible()
    retired = reached.running.client("ingenieur").models.card(CLASSIFIER, 2).summary.retired
    assert retired is not None
    assert retired.reason == "Trop peu d’arbres."
    until(page, NO_DRAFT)

    page.get_by_text("Importer un modèle…").click()
    name, why, share = (
        page.get_by_role("textbox", name=words)
        for words in ("Nom du modèle", "Motif, gardé avec l’import", "Part tirée (0 à 1)")
    )
    choose(page, "Lignes jamais vues par le modèle", "Tirées au sort")
    share.fill("0,3")
    name.fill("foret")
    why.fill("réajustée")
    page.reload()
    page.get_by_text("Importer un modèle…").click()
    expect(share).to_have_value("0,3")
    expect(name).to_have_value("foret")
    expect(why).to_have_value("réajustée")
    page.context.close()


@pytest.mark.parametrize("seconds", [3.0, pytest.param(TWO_MINUTES, marks=pytest.mark.long)])
def test_network_away__nothing_is_lost(browser: Browser, reached: Reached, seconds: float) -> None:
    calls = reached.running.client("manager").interventions
    turbine = "33" if seconds < TWO_MINUTES else "34"
    body = {"turbine_id": turbine, "planned_on": calls.search(limit=1).today.isoformat()}
    item = calls.open({**body, "assignee": "technicien"})
    calls.change(item.id, item.version, {"state": InterventionState.EN_COURS})
    visitor = opened(browser, reached, "technicien", f"interventions?n={item.id}")
    page = visitor.page
    findings, hours = page.get_by_label("Ce que vous avez constaté"), page.get_by_label("Arrêt de la machine")
    findings.fill("Roulement")
    hours.fill("2,5")
    page.get_by_text("Dégradation trouvée").click()

    page.context.set_offline(True)
    reached.network.cut()
    expect(page.get_by_text(CUT)).to_be_visible()
    findings.press_sequentially(" du palier")
    page.wait_for_timeout(1000 * seconds)
    assert english(page) == []
    findings.press_sequentially(" arrière usé.")
    reached.network.mend()
    page.context.set_offline(False)
    expect(page.get_by_text(CUT)).to_be_hidden()

    expect(findings).to_have_value("Roulement du palier arrière usé.")
    expect(hours).to_have_value("2,5")
    expect(page.get_by_role("radio", name="Dégradation trouvée")).to_be_checked()
    visitor.idle()
    page.get_by_role("button", name="Clôturer").click()
    expect(page.get_by_text("Intervention clôturée, merci.")).to_be_visible()
    closed = calls.detail(item.id)
    assert (closed.findings, closed.downtime_hours) == ("Roulement du palier arrière usé.", 2.5)
    until(page, NO_DRAFT)
    page.context.close()


def english(page: Page) -> list[str]:
    """What Streamlit says by itself on the page, of its own connection."""
    words = re.compile(r"Streamlit|Connection|Connecting|terminal|internet", re.I)
    return words.findall(page.locator("body").inner_text())


def test_slow_service__told_within_five_seconds_then_answered(browser: Browser, reached: Reached) -> None:
    visitor = opened(browser, reached, "technicien", "turbine?id=35")
    page = visitor.page
    menu(visitor, "Signaler un constat…")
    finding = page.get_by_label("Constat", exact=True)
    finding.fill("Bruit de palier.")
    finding.blur()
    visitor.idle()
    reached.inside.hold()
    button = page.get_by_role("button", name="Envoyer le constat")
    button.click()
    expect(page.get_by_text(SLOW)).to_be_visible(timeout=6_000)
    button.click(force=True)  # impatience
    expect(finding).to_have_value("Bruit de palier.")
    reached.inside.mend()
    expect(page.get_by_text("Constat enregistré.")).to_be_visible()
    expect(page.get_by_text(SLOW)).to_be_hidden()
    expect(page.get_by_text("↑")).to_have_count(0)
    calls = reached.running.client("manager").interventions
    (found,) = calls.search(turbine="35").items
    assert [line.comment for line in calls.detail(found.id).journal] == ["Bruit de palier."]
    page.context.close()


def test_white_page__is_opened_again(browser: Browser, reached: Reached) -> None:
    """A part of the page that is being left asks for its redraw: Streamlit then clears the window."""
    visitor = open_visitor(browser, reached.running.ui, LAPTOP)
    page = visitor.page
    sent: list[bytes] = []
    servers: list[WebSocketRoute] = []

    def carry(route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        servers.append(server)

        def pass_on(message: str | bytes) -> None:
            sent.append(message if isinstance(message, bytes) else message.encode())
            server.send(message)

        route.on_message(pass_on)

    page.route_web_socket(re.compile("_stcore/stream"), carry)
    page.goto(f"{visitor.home}/cockpit")
    visitor.log_in("technicien")
    visitor.ranking()
    page.get_by_role("button", name="Faible").click()
    page.wait_for_url("**/cockpit?niveau=faible")
    visitor.idle()
    late = next(m for m in reversed(sent) if BackMsg.FromString(m).rerun_script.fragment_id)
    page.evaluate(
        "new MutationObserver(() => { window.white ||= !document.querySelector('h1'); })"
        ".observe(document.body, {subtree: true, childList: true})"
    )
    reached.inside.hold()
    page.get_by_role("link", name="Mesures", exact=True).click()
    page.wait_for_timeout(500)
    servers[-1].send(late)
    page.wait_for_timeout(500)
    reached.inside.mend()
    until(page, "window.white")
    expect(page.get_by_role("heading", name="Mesures", level=1)).to_be_visible()
    page.context.close()
