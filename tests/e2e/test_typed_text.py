"""What somebody types in a long form is lost to nothing: reload, cut, expired session; in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from api.schemas.interventions import InterventionDetail
from api.schemas.vocabulary import InterventionState
from tests.e2e.conftest import LAPTOP, Visitor, idle, open_visitor
from tests.support.servers import Running, running_in

pytestmark = pytest.mark.browser

FOUND = "Brouillon du"


@pytest.fixture(scope="module")
def running(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A prepared installation with its API and its dashboard."""
    with running_in(tmp_path_factory.mktemp("saisie")) as running:
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
    page.wait_for_function("!Object.keys(localStorage).some(k => k.startsWith('cockpit:brouillon'))")
    assert not [text for text in errors if "Content Security Policy" in text]
    page.context.close()
