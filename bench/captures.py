"""``captures``: screenshots of every page, from a throwaway installation."""

from __future__ import annotations

import argparse
import json
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.commands.console import say
from api.core import Core
from api.domain.shared.exceptions import Conflict
from api.schemas import french
from api.settings import ROOT
from bench import start
from bench.page import chromium, until

if TYPE_CHECKING:  # in the development environment only
    from playwright.sync_api import Browser, Page

WIDTHS = {1366: 768, 390: 844}
"""A laptop and a phone: width → height [px]."""
SETTLED_MS = 1500
PATIENCE_MS = 30_000
HISTORY_S = 240.0
STILL_S = 10.0


@dataclass(frozen=True)
class Capture:
    """One page: the name of its screenshots, its address, the account, and the button to click first."""

    name: str
    address: str
    who: str = "manager"
    click: str = ""


CAPTURES = (
    Capture("cockpit", "cockpit"),
    Capture("turbine", "turbine?id={turbine}"),
    Capture("interventions", "interventions"),
    Capture("intervention", "interventions?n={intervention}", "technicien"),
    Capture("plan", "plan", click="Établir le plan"),
    Capture("mesures", "mesures"),
    Capture("modeles", "modeles", "ingenieur"),
    Capture("qualite", "qualite"),
    Capture("politique", "politique"),
    Capture("supervision", "supervision", "ingenieur"),
    Capture("comptes", "comptes", "admin"),
    Capture("audit", "audit", "admin"),
    Capture("aide", "aide", "technicien"),
    Capture("mon-compte", "mon-compte", "technicien"),
)


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    captures = commands.add_parser("captures", help="photographie chaque page, sur portable et téléphone")
    captures.add_argument("--into", type=Path, default=ROOT / "docs" / "captures", metavar="DOSSIER")
    captures.add_argument("--only", nargs="+", choices=[capture.name for capture in CAPTURES], metavar="PAGE")
    captures.add_argument("--dark", action="store_true", help="thème sombre")
    captures.add_argument("--tall", action="store_true", help="la page entière et non son premier écran")
    captures.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, _core: Core) -> int:
    program = chromium()
    if program is None:
        raise Conflict("Chromium est absent ; sous Debian : apt-get install --yes chromium")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - in the development environment only

    arguments.into.mkdir(parents=True, exist_ok=True)
    captures = [capture for capture in CAPTURES if not arguments.only or capture.name in arguments.only]
    say("Préparation d’une installation jetable…")
    with start.throwaway() as installation, start.started(installation), sync_playwright() as playwright:
        ids = _work_under_way(installation.api)
        browser = playwright.chromium.launch(executable_path=program)
        for width in WIDTHS:
            look = _Look(width, arguments.dark, arguments.tall)
            if not arguments.only:
                _login(browser, installation, look, arguments.into)
            for who in dict.fromkeys(capture.who for capture in captures):
                with _visitor(browser, installation, look, who) as page:
                    for capture in captures:
                        if capture.who == who:
                            _open(page, installation.ui, capture, ids)
                            _save(page, arguments.into / f"{capture.name}-{width}.png")
        browser.close()
    return 0


@dataclass(frozen=True)
class _Look:
    width: int
    dark: bool
    tall: bool

    def context(self) -> dict[str, Any]:
        """Return the options of a browser context in France."""
        # Streamlit scrolls inside the page: only a taller window shows more of it.
        height = 3000 if self.tall else WIDTHS[self.width]
        return {
            "locale": "fr-FR",
            "timezone_id": french.PARIS.key,
            "viewport": {"width": self.width, "height": height},
            "color_scheme": "dark" if self.dark else "light",
        }


def _login(browser: Browser, installation: start.Installation, look: _Look, folder: Path) -> None:
    """Save the sign-in page."""
    context = browser.new_context(**look.context())
    page = context.new_page()
    page.goto(installation.ui)
    page.get_by_label("Identifiant").wait_for(timeout=PATIENCE_MS)
    _save(page, folder / f"connexion-{look.width}.png")
    context.close()


@contextmanager
def _visitor(browser: Browser, installation: start.Installation, look: _Look, who: str) -> Iterator[Page]:
    """Sign in, and open a page of that session."""
    context = browser.new_context(**look.context())
    page = context.new_page()
    page.goto(installation.ui)
    page.get_by_label("Identifiant").fill(who)
    page.get_by_label("Mot de passe", exact=True).fill(start.PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    until(page, "document.cookie.includes('cockpit_session')", PATIENCE_MS)
    _settle(page)
    yield page
    context.close()


def _open(page: Page, home: str, capture: Capture, ids: dict[str, str]) -> None:
    page.goto(f"{home}/{capture.address.format(**ids)}")
    page.get_by_test_id("stPopoverButton").first.wait_for(timeout=PATIENCE_MS)
    _settle(page)
    if capture.click:
        page.get_by_role("button", name=capture.click).click()
        page.mouse.move(0, 0)
        _settle(page)


def _settle(page: Page) -> None:
    """Wait until the page has been drawn: its script, then its figures."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=PATIENCE_MS)
    page.wait_for_timeout(SETTLED_MS)
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=PATIENCE_MS)


def _save(page: Page, file: Path) -> None:
    page.screenshot(path=file)
    say(f"{file.name} : {file.stat().st_size // 1000} ko")


def _work_under_way(api: str) -> dict[str, str]:
    """Plan two interventions, as in an installation in use; return identifiers for the addresses."""
    form = urllib.parse.urlencode({"username": "manager", "password": start.PASSWORD}).encode()
    token = _call(f"{api}/api/v1/auth/token", form)["access_token"]
    ranked = _call(f"{api}/api/v1/park?limit=2", token=token)["items"]
    _wait_for_history(api, token)
    today = _call(f"{api}/api/v1/interventions?limit=1", token=token)["today"]
    numbers = [
        _call(
            f"{api}/api/v1/interventions",
            json.dumps(
                {
                    "turbine_id": item["turbine_id"],
                    "planned_on": today,
                    "origin": "recommandation",
                    "assignee": "technicien",
                    "expected_hours": 4,
                }
            ).encode(),
            token,
        )["id"]
        for item in ranked
    ]
    return {"turbine": ranked[0]["turbine_id"], "intervention": str(numbers[0])}


def _wait_for_history(api: str, token: str) -> None:
    """Wait until the worker has scored all past days, which the first start leaves to it."""
    say("Calcul des jours passés…")
    deadline = time.monotonic() + HISTORY_S
    days, before = 0, -1
    while days != before:
        if time.monotonic() > deadline:
            raise Conflict("Les jours passés ne sont pas encore tous calculés ; relancez la commande.")
        time.sleep(STILL_S)
        before, days = days, len(_call(f"{api}/api/v1/park/history", token=token)["items"])


def _call(url: str, body: bytes | None = None, token: str = "") -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"} if token else {}
    request = urllib.request.Request(url, data=body, headers=headers)  # noqa: S310 - our own address
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - same
        content: dict[str, Any] = json.load(answer)
    return content
