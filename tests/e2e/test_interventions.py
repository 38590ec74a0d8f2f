"""A technician closes an intervention on a phone, in a real browser, through a cut of the API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from api.schemas.interventions import InterventionDetail
from api.schemas.vocabulary import InterventionState, Verdict
from tests.e2e.conftest import LAPTOP, PHONE, open_visitor
from tests.support.servers import Running, running_in

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def running(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A prepared installation with its API and its dashboard."""
    with running_in(tmp_path_factory.mktemp("interventions")) as running:
        yield running


@pytest.fixture
def planned(running: Running) -> InterventionDetail:
    """The most urgent turbine, planned today for the technician."""
    client = running.client("manager")
    turbine = client.park.ranking(limit=1).items[0].turbine_id
    body = {"turbine_id": turbine, "planned_on": client.interventions.search(limit=1).today.isoformat()}
    item = client.interventions.open({**body, "origin": "recommandation", "assignee": "technicien"})
    client.close()
    return item


def test_technician__closes_an_intervention_on_a_phone(
    browser: Browser, running: Running, planned: InterventionDetail, tmp_path: Path
) -> None:
    visitor = open_visitor(browser, running.ui, PHONE)
    page = visitor.page
    page.goto(f"{running.ui}/interventions")
    visitor.log_in("technicien")
    expect(page.get_by_role("link", name=f"Turbine {planned.turbine_id}", exact=True)).to_be_visible()
    widths = [visitor.overflow()]

    page.get_by_role("link", name=f"N° {planned.id}", exact=True).click()
    expect(page.get_by_label("Commentaire (facultatif)")).to_be_visible()
    visitor.idle()
    page.get_by_label("Commentaire (facultatif)").fill("J’y vais à 9 h.")
    page.get_by_role("button", name="Prendre en compte").click()
    expect(page.get_by_text("Prise en compte par technicien")).to_be_visible()
    widths.append(visitor.overflow())
    page.get_by_role("button", name="Commencer").click()
    expect(page.get_by_role("heading", name="Clôturer")).to_be_visible()
    page.get_by_text(planned.checklist[0].text).click()
    expect(page.get_by_role("button", name="Enregistrer les vérifications")).to_be_visible()
    visitor.idle()

    page.get_by_label("Ce que vous avez constaté").fill("Roulement du palier arrière usé.")
    page.get_by_label("Arrêt de la machine").fill("2,5")
    page.get_by_text("Dégradation trouvée").click()
    running.server.stop()
    page.get_by_role("button", name="Clôturer").click()
    expect(page.get_by_text("rien de ce que vous avez saisi n’est perdu")).to_be_visible()
    expect(page.get_by_label("Ce que vous avez constaté")).to_have_value("Roulement du palier arrière usé.")
    widths.append(visitor.overflow())
    running.server.start()
    page.get_by_role("button", name="Clôturer").click()
    expect(page.get_by_text("Intervention clôturée, merci.")).to_be_visible()
    visitor.idle()

    photo = tmp_path / "photo.png"
    photo.write_bytes(_one_pixel())
    page.locator("input[type=file]").set_input_files(photo)
    page.get_by_role("button", name="Envoyer la photo").click()
    expect(page.get_by_text("Photo jointe.")).to_be_visible()
    widths.append(visitor.overflow())

    now = running.client("manager").interventions.detail(planned.id)
    assert (now.state, now.verdict) == (InterventionState.TERMINEE, Verdict.DEGRADATION_TROUVEE)
    assert (now.findings, now.downtime_hours) == ("Roulement du palier arrière usé.", 2.5)
    assert now.checklist[0].done
    assert running.client("manager").interventions.photo(planned.id).startswith(b"\xff\xd8\xff")
    page.goto(f"{running.ui}/interventions")
    page.get_by_role("tab", name="Terminées et verdicts").click()
    expect(page.get_by_text("Précision selon les verdicts")).to_be_visible()
    widths.append(visitor.overflow())
    assert widths == [0] * 5
    assert visitor.foreign == []
    page.context.close()


def test_manager__is_told_what_became_of_an_act_and_the_menu_counts_again(
    browser: Browser, running: Running
) -> None:
    client = running.client("manager")
    waiting = client.interventions.proposals(1).total
    visitor = open_visitor(browser, running.ui, LAPTOP)
    page = visitor.page
    page.goto(f"{running.ui}/interventions")
    visitor.log_in("manager")
    expect(page.get_by_role("link", name=f"Interventions ({waiting})")).to_be_visible()

    page.get_by_role("button", name="Planifier…").first.click()
    page.get_by_role("button", name="Confirmer l’intervention").click()

    expect(page.get_by_text("Intervention planifiée sur la turbine")).to_be_visible()
    expect(page.get_by_role("link", name=f"Interventions ({waiting - 1})")).to_be_visible()
    assert client.interventions.proposals(1).total == waiting - 1
    client.close()
    page.context.close()


def _one_pixel() -> bytes:
    """The smallest PNG that a browser draws."""
    return bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
        "1f15c4890000000d49444154789c6360f8cfc0f01f0005000201"
        "a5f645400000000049454e44ae426082"
    )
