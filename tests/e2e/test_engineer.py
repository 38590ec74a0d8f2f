"""The engineer's journey: import, follow the checks, compare, put into service with a reason, go back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import joblib
import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect
from sklearn.ensemble import RandomForestClassifier

from api.inference.reference.fit import SAMPLE
from tests.e2e.conftest import LAPTOP, idle, open_visitor
from tests.support.park.importer_tools import SENSORS
from tests.support.servers import (
    PASSWORD,
    running_in,
)
from ui.client.client import ApiClient

pytestmark = pytest.mark.browser
NAME, SERVES = "risque-panne-7j", "risque-panne-7j v1"
NEW = f"{NAME} v2"
CUT = "2024-10-01"
CHECKS_MS = 120_000
LABEL = "failure_within_7d"


@pytest.fixture(scope="module")
def addresses(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Dashboard and API of an installation with its worker."""
    with running_in(tmp_path_factory.mktemp("ingenieur"), worker=True) as running:
        yield running.ui, running.api


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A forest fitted on the sample's rows before the cut, less a week."""
    rows = pd.read_csv(SAMPLE)
    seen = rows[pd.to_datetime(rows["date_measure"]) < pd.Timestamp(CUT) - pd.Timedelta(days=7)]
    forest = RandomForestClassifier(60, max_depth=8, min_samples_leaf=5, random_state=3)
    path = tmp_path / "foret.joblib"
    joblib.dump(forest.fit(seen[SENSORS], seen[LABEL].astype(int)), path, compress=3)
    return path


def confirm(page: Page, opener: str, button: str, reason: str) -> None:
    """Opens the confirmation, gives the reason, confirms."""
    idle(page)
    page.get_by_role("button", name=opener).first.click()
    page.get_by_role("textbox", name="Motif, gardé dans l’historique").first.fill(reason)
    page.get_by_role("button", name=button).click()


def shown(page: Page, version: str) -> None:
    expect(page.get_by_role("heading", name=version)).to_be_visible()


def test_engineer__imports_compares_activates_and_rolls_back(
    browser: Browser, addresses: tuple[str, str], model: Path
) -> None:
    home, api_url = addresses
    visitor = open_visitor(browser, home, LAPTOP)
    page = visitor.page
    page.goto(f"{home}/modeles")
    visitor.log_in("ingenieur")
    shown(page, SERVES)

    idle(page)
    page.get_by_text("Importer un modèle…").click()
    inputs = page.locator("[data-testid=stExpander] input[type=file]")
    for number, file in enumerate((model, SAMPLE)):
        with page.expect_response(lambda answer: "upload_file" in answer.url and answer.ok):
            inputs.nth(number).set_input_files(file)
    idle(page)
    page.get_by_role("textbox", name="Nom du modèle").fill(NAME)
    year, month, day = CUT.split("-")
    page.get_by_test_id("stDateInputField").first.get_by_role("spinbutton").first.click()
    page.keyboard.type(f"{day}{month}{year}")
    page.get_by_role("textbox", name="Jours laissés de côté avant").fill("7")
    page.get_by_role("textbox", name="Motif, gardé avec l’import").fill("forêt réajustée")
    page.get_by_role("button", name="Contrôler et ranger").click()
    expect(page.get_by_text("Vous pouvez quitter cette page")).to_be_visible()
    expect(page.get_by_text("Qualité mesurée sur des lignes jamais vues")).to_be_visible()

    page.get_by_role("link", name="Cockpit").click()  # left, then found again
    expect(visitor.rows.first).to_be_visible()
    page.get_by_role("link", name="Modèles").click()
    opened = page.get_by_role("button", name="Voir sa fiche et la mettre en service")
    expect(opened).to_be_visible(timeout=CHECKS_MS)
    expect(page.get_by_text("✓ Rangement de la version : réussi")).to_be_visible()
    opened.click()
    shown(page, NEW)

    idle(page)
    page.get_by_role("button", name="Comparer", exact=True).click()
    table = page.get_by_role("table").filter(has_text="Différence (intervalle à 95 %)")
    expect(table).to_be_visible()
    expect(table.get_by_role("columnheader").nth(1)).to_have_text(re.compile("v1|v2"))

    api = ApiClient(api_url)
    api.login("ingenieur", PASSWORD)
    confirm(page, "Mettre en service…", "Confirmer la mise en service", "meilleure sur l’automne")
    expect(page.get_by_text(f"{NEW} est en service.")).to_be_visible()
    assert api.models.card(NAME, 2).summary.active
    confirm(page, "Revenir au précédent…", "Confirmer le retour", "trop de fausses alertes")
    expect(page.get_by_text(f"{SERVES} est en service.")).to_be_visible()
    assert api.models.card(NAME, 1).summary.active

    for version, reason in ((NEW, "meilleure sur l’automne"), (SERVES, "trop de fausses alertes")):
        page.goto(f"{home}/modeles?m={version.replace(' ', '%20')}")
        shown(page, version)
        idle(page)
        page.get_by_role("tab", name="Historique").click()
        expect(page.get_by_role("table").filter(has_text=reason)).to_be_visible()
    assert visitor.foreign == []
    page.context.close()
