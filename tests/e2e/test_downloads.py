"""Every file that the dashboard offers is fetched in a real browser, opened, and holds what the page says."""

from __future__ import annotations

import ast
import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from api.schemas.vocabulary import InterventionState
from tests.e2e.conftest import LAPTOP, Visitor, open_visitor
from tests.support.measurements.measure_files import BAD_ROWS
from tests.support.measurements.vendor_exports import greenbyte
from tests.support.servers import ROOT, Running, running_in
from tests.support.words import plain
from ui.client.client import ApiClient
from ui.client.measure_file import MeasureFile

Opened = Callable[[bytes, ApiClient], None]
TURBINE = "12"
_TEXT, _DAY = re.compile(r"<[^>]+>"), re.compile(r"^DTSTART;VALUE=DATE:(\d{8})$", re.M)


def table(content: bytes) -> pd.DataFrame:
    """A file as a French spreadsheet opens it."""
    assert content.startswith(b"\xef\xbb\xbf")
    return pd.read_csv(io.BytesIO(content), sep=";", decimal=",", dtype=str, encoding="utf-8-sig")


def sheet(content: bytes) -> str:
    """The text of a page to print, its title first; it stands alone and says that it is French."""
    text = content.decode()
    assert text.lower().startswith("<!doctype html>")
    assert '<html lang="fr">' in text
    assert not re.search(r'(?:src|href)="https?://', text)
    assert "<script" not in text
    return plain(_TEXT.sub(" ", text[text.index("<title>") :])).strip()


def days(content: bytes) -> list[date]:
    """The day of each event of a calendar file (RFC 5545)."""
    text = content.decode()
    assert text.startswith("BEGIN:VCALENDAR\r\n")
    assert text.endswith("END:VCALENDAR\r\n")
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    lines = text.replace("\r\n ", "").split("\r\n")
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT")
    return [datetime.strptime(day, "%Y%m%d").date() for day in _DAY.findall("\n".join(lines))]  # noqa: DTZ007


def _ranking(content: bytes, api: ApiClient) -> None:
    items = api.park.ranking().items
    frame = table(content)
    assert list(frame["Turbine"]) == [item.turbine_id for item in items]
    assert list(frame["Rang"]) == [str(item.rank) for item in items]
    assert frame["Probabilité de panne à 7 jours (%)"].str.fullmatch(r"\d+(,\d+)?").all()


def _ranking_sheet(content: bytes, api: ApiClient) -> None:
    text = sheet(content)
    assert text.startswith("Classement")
    for item in api.park.ranking().items[:5]:
        assert item.turbine_id in text.split()


def _turbine_sheet(content: bytes, _api: ApiClient) -> None:
    assert sheet(content).startswith(f"Turbine {TURBINE}")
    assert b"<svg" in content  # the way back to the page


def _planned(api: ApiClient) -> list[date]:
    items = api.interventions.search(states=[InterventionState.PLANIFIEE]).items
    return sorted(item.planned_on for item in items if item.planned_on is not None)


def _plan(content: bytes, _api: ApiClient) -> None:
    frame = table(content)
    assert len(frame) > 1
    assert frame["Turbine"].notna().all()


def _plan_sheet(content: bytes, _api: ApiClient) -> None:
    assert sheet(content).startswith("Plan de la semaine du ")


def _calendar(content: bytes, api: ApiClient) -> None:
    assert sorted(days(content)) == _planned(api) != []


def _quality(content: bytes, _api: ApiClient) -> None:
    frame = table(content)
    assert len(frame) > 100
    assert frame[frame.columns[0]].notna().all()


def _model_card(content: bytes, _api: ApiClient) -> None:
    assert sheet(content).startswith("Fiche du modèle ")


def _mapping(content: bytes, _api: ApiClient) -> None:
    assert {"turbine", "columns"} <= set(json.loads(content))


def _problems(content: bytes, _api: ApiClient) -> None:
    assert list(table(content)["Ligne"]) == ["5", "6", "7"]


OPENED: dict[str, Opened] = {
    "export_csv": _ranking,
    "export_feuille": _ranking_sheet,
    "fiche": _turbine_sheet,
    "plan_csv": _plan,
    "plan_html": _plan_sheet,
    "plan_agenda": _calendar,
    "agenda": _calendar,
    "qualite_csv": _quality,
    "fiche_html": _model_card,
    "telecharger_correspondance": _mapping,
    "telecharger_historique": _problems,
}
"""What the file of each download button must hold, by the button's key."""


def offered() -> set[str]:
    """The key of each download button in the code, as a pattern."""
    patterns = set()
    for path in sorted(ROOT.glob("ui/**/*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "download_button":
                key = next(word.value for word in call.keywords if word.arg == "key")
                parts = key.values if isinstance(key, ast.JoinedStr) else [key]
                texts = [re.escape(str(p.value)) if isinstance(p, ast.Constant) else r"\w+" for p in parts]
                patterns.add("".join(texts))
    return patterns


def test_every_download_button__has_a_line_here() -> None:
    patterns = offered()
    for pattern in sorted(patterns):
        assert [key for key in OPENED if re.fullmatch(pattern, key)], f"{pattern}: opened by no test"
    assert not [key for key in OPENED if not any(re.fullmatch(pattern, key) for pattern in patterns)]


@pytest.fixture(scope="module")
def running(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A prepared installation with its API and its dashboard."""
    with running_in(tmp_path_factory.mktemp("fichiers")) as running:
        yield running


@pytest.mark.browser
def test_downloads__open_and_hold_what_the_page_shows(browser: Browser, running: Running) -> None:
    visitor, api = open_visitor(browser, running.ui, LAPTOP), running.client("manager")
    page, left = visitor.page, dict(OPENED)

    def fetch(*keys: str) -> None:
        for key in keys:
            visitor.idle()
            with page.expect_download() as downloading:
                page.locator(f".st-key-{key} button").first.click()
            left.pop(key)(Path(downloading.value.path()).read_bytes(), api)

    page.goto(f"{running.ui}/cockpit")
    visitor.log_in("manager")
    visitor.ranking()
    page.get_by_role("button", name="Exporter").click()
    fetch("export_csv", "export_feuille")
    page.goto(f"{running.ui}/turbine?id={TURBINE}")
    fetch("fiche")
    _make_the_plan(visitor)
    fetch("plan_csv", "plan_html")
    page.get_by_test_id("stPopoverButton").filter(has_text="Accepter le plan…").click()
    page.get_by_role("button", name="Planifier ces interventions").click()
    fetch("plan_agenda")
    page.goto(f"{running.ui}/interventions")
    page.get_by_role("tab", name="En cours et planifiées").click()
    fetch("agenda")
    page.goto(f"{running.ui}/qualite")
    page.get_by_role("button", name="Préparer le fichier publié / observé").click()
    fetch("qualite_csv")
    page.goto(f"{running.ui}/modeles")
    fetch("fiche_html")
    page.goto(f"{running.ui}/mesures")
    expect(page.get_by_role("button", name="Choisir un fichier").first).to_be_visible()
    visitor.idle()
    name, text = greenbyte()
    sent: FilePayload = {"name": name, "mimeType": "text/csv", "buffer": text.encode()}
    page.locator("input[type=file]").first.set_input_files(sent)
    page.get_by_role("button", name="Proposer une correspondance").click()
    fetch("telecharger_correspondance")
    # Last: real measurements put the simulated park away.
    api.measurements.import_file(MeasureFile("fautif.csv", BAD_ROWS), "essai-des-fichiers")
    number = api.measurements.imports(1).items[0].import_id
    page.goto(f"{running.ui}/mesures?import={number}")
    page.get_by_role("tab", name="Derniers imports").click()
    fetch("telecharger_historique")
    assert left == {}
    page.context.close()


def _make_the_plan(visitor: Visitor) -> None:
    page: Page = visitor.page
    page.goto(f"{visitor.home}/plan")
    page.get_by_role("button", name="Établir le plan").click()
    expect(page.get_by_test_id("stPopoverButton").filter(has_text="Accepter le plan…")).to_be_visible()
