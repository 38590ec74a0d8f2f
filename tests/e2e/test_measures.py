"""Bringing files in, in a real browser: a good file, refused ones, one with bad rows, a large one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from api.schemas import french
from tests.e2e.conftest import LAPTOP, PHONE, Visitor, idle, open_visitor
from tests.support.measurements.measure_files import (
    BAD_ROWS,
    GOOD,
    LARGE,
    LARGE_ROWS,
    SWAPPABLE_DATES,
    WRONG_COLUMNS,
)
from tests.support.servers import (
    PASSWORD,
    Running,
    running_in,
)
from tests.support.words import plain
from ui.client.client import ApiClient

pytestmark = pytest.mark.browser
IMPORT_MS = 60_000
Open = Callable[..., Visitor]


@pytest.fixture(scope="module")
def running(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A prepared installation with its API, its worker and its dashboard."""
    with running_in(tmp_path_factory.mktemp("mesures"), worker=True) as running:
        yield running


@pytest.fixture
def visit(browser: Browser, running: Running) -> Iterator[Open]:
    """Opens the page as the manager."""
    visitors = []

    def open_page(viewport: dict[str, int] = LAPTOP) -> Visitor:
        visitor = open_visitor(browser, running.ui, viewport)
        visitors.append(visitor)
        visitor.page.goto(f"{running.ui}/mesures")
        visitor.log_in("manager")
        expect(visitor.page.get_by_role("button", name="Choisir un fichier").first).to_be_visible()
        visitor.idle()
        return visitor

    yield open_page
    for visitor in visitors:
        visitor.page.context.close()


def choose(page: Page, folder: Path, name: str, content: bytes) -> None:
    """Chooses a file of this content, as from a person's own folder."""
    path = folder / name
    path.write_bytes(content)
    idle(page)
    page.locator("input[type=file]").first.set_input_files(path)


def confirm(page: Page) -> None:
    """Confirms the preview, and waits for the report."""
    page.get_by_role("button", name="Importer ce fichier").click()
    expect(page.get_by_text("terminé en")).to_be_visible(timeout=IMPORT_MS)


def test_good_file__previewed_confirmed_and_listed(visit: Open, running: Running, tmp_path: Path) -> None:
    visitor = visit()
    page = visitor.page

    choose(page, tmp_path, "bon.csv", GOOD)
    expect(page.get_by_text("40\u00a0lignes nouvelles, à ajouter. Rien n’est encore écrit.")).to_be_visible()
    confirm(page)

    expect(page.get_by_text("aucune ligne rejetée")).to_be_visible()
    page.get_by_role("button", name="Importer un autre fichier").click()
    page.get_by_role("tab", name="Derniers imports").click()
    expect(page.locator(".tableau").last.get_by_text("bon.csv")).to_be_attached()
    api = ApiClient(running.api)
    api.login("manager", PASSWORD)
    assert api.measurements.imports(1).items[0].inserted == 40
    api.close()
    assert visitor.foreign == []


def test_refused_file__reason_in_sight_then_mended_by_naming_the_format(visit: Open, tmp_path: Path) -> None:
    page = visit().page

    choose(page, tmp_path, "colonnes.csv", WRONG_COLUMNS)
    expect(page.get_by_text("Fichier refusé, rien n’a été écrit.")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Importer ce fichier")).to_have_count(0)

    choose(page, tmp_path, "ambigu.csv", SWAPPABLE_DATES)
    expect(page.get_by_text("jour et mois pourraient être échangés")).to_be_in_viewport()
    page.get_by_role("combobox", name="Format des dates").click()
    page.get_by_role("option", name="JJ/MM/AAAA").click()

    expect(page.get_by_text("Fichier refusé")).to_have_count(0)
    expect(page.get_by_text("dates au format JJ/MM/AAAA")).to_be_visible()
    expect(page.locator(".tableau").get_by_text("03/04/2024").first).to_be_attached()


def test_bad_rows__each_reason_read_whole_and_downloaded(visit: Open, tmp_path: Path) -> None:
    page = visit().page
    choose(page, tmp_path, "fautif.csv", BAD_ROWS)
    confirm(page)

    rows = page.locator(".tableau").first.locator("tbody tr")
    expect(rows).to_have_count(3)
    cells = [row.locator("td").all_inner_texts() for row in rows.all()]
    assert [(row[0], row[1], row[2]) for row in cells] == [
        ("5", "wind_speed", "**gras**"),
        ("6", "temperature", "chaud"),
        ("7", "turbine_id", french.NOTHING),
    ]

    with page.expect_download() as downloading:
        page.get_by_role("button", name="Télécharger les problèmes (CSV, 10 000 au plus)").click()
    told = Path(downloading.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert downloading.value.suggested_filename.endswith(".rapport.csv")
    assert [line.split(";")[0] for line in told] == ["Ligne", "5", "6", "7"]
    assert all(plain(row[3]) in plain(line) for row, line in zip(cells, told[1:], strict=True))


@pytest.mark.long
def test_large_file__survives_leaving_and_reloading(visit: Open, tmp_path: Path) -> None:
    page = visit().page
    choose(page, tmp_path, "grand.csv", LARGE)
    page.get_by_role("button", name="Importer ce fichier").click()
    expect(
        page.get_by_text("Vous pouvez quitter cette page").or_(page.get_by_text("terminé en"))
    ).to_be_visible()
    page.get_by_role("link", name="Cockpit").click()
    expect(page.get_by_role("heading", name="Cockpit", exact=True)).to_be_visible()
    page.get_by_role("link", name="Mesures").click()

    expect(page.get_by_text("terminé en")).to_be_visible(timeout=IMPORT_MS)
    lines = f"{french.number(LARGE_ROWS)}\u00a0lignes lues, aucune ligne rejetée."
    expect(page.get_by_text(lines)).to_be_visible()


@pytest.mark.long
def test_phone__no_sideways_scrolling_at_any_step(visit: Open, tmp_path: Path) -> None:
    visitor = visit(PHONE)
    page = visitor.page
    seen = [visitor.overflow()]

    choose(page, tmp_path, "colonnes.csv", WRONG_COLUMNS)
    expect(page.get_by_text("Fichier refusé")).to_be_visible()
    seen.append(visitor.overflow())
    choose(page, tmp_path, "fautif.csv", BAD_ROWS)
    expect(page.get_by_role("button", name="Importer ce fichier")).to_be_visible()
    seen.append(visitor.overflow())
    confirm(page)
    seen.append(visitor.overflow())
    for tab, words in (("Fraîcheur et couverture", "Case grise"), ("Derniers imports", "Une ligne ouvre")):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_text(words)).to_be_visible()
        seen.append(visitor.overflow())

    assert seen == [0] * 6
