"""The dashboard in a real browser: seconds from the click, bytes and requests per page, memory."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

from api.domain.shared.exceptions import Conflict
from api.schemas.vocabulary import Role
from bench.page import chromium, until
from bench.park.child import score
from bench.park.data import LAST, Place, build
from bench.park.park import throwaway
from bench.processes import api_of, dashboard_of, resident_mb
from bench.report import Line

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Page

PASSWORD = "mesure-de-vitesse-1"  # noqa: S105 - of a throwaway installation
USER = "manager"
SMALL, LARGE = 50, 3_000
MEASURED_DAYS = 90
VISITS, SESSIONS = 5, 5
MOST_S = {SMALL: 1.0, LARGE: 1.5}
MOST_TURBINE_S, MOST_FILTER_S, MOST_MB = 1.5, 0.5, 350.0
SETTLE_MS = 1_500  # figures follow the table; their bytes belong to the page
CHROMIUM_MISSING = "Chromium est absent : apt install chromium."
_LEVEL = "Faible"  # most turbines of a park, never all of them
_ROWS = "Number(document.querySelector('[role=grid]')?.getAttribute('aria-rowcount')) > 1"
_SAID = "[...document.querySelectorAll('[data-testid=stCaptionContainer]')].map(e => e.innerText).join()"
# The table is drawn on a canvas, so what is seen of it is its pixels: here those of its first rows.
_PIXELS = """(() => {
  const canvas = document.querySelector('[data-testid=data-grid-canvas]');
  const pixels = canvas.getContext('2d').getImageData(0, 37, 400, 105).data;
  return pixels.reduce((sum, value) => (sum * 31 + value) | 0, 0);
})()"""
Say = Callable[[str], None]


def measure(large: int, visits: int, say: Say) -> dict[str, Any]:
    """Both parks, then the memory with several sessions on the larger one.

    Raises:
        Conflict: no browser, or a service does not start.
    """
    executable = chromium()
    if executable is None:
        raise Conflict(CHROMIUM_MISSING)
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - of the development environment only

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable)
        parks = [_park(browser, size, visits, say) for size in (SMALL, large)]
        browser.close()
    return {"visits": visits, "sessions": SESSIONS, "parks": parks}


def lines(figures: dict[str, Any]) -> list[Line]:
    """Return the figures beside their targets: medians of the visits."""
    found = []
    for park in figures["parks"]:
        name, size = f"{park['turbines']} turbines", park["turbines"]
        most = MOST_S[SMALL] if size <= SMALL else MOST_S[LARGE]
        targets = {"cockpit": most, "turbine": MOST_TURBINE_S, "filtre": MOST_FILTER_S}
        for page, seen in park["pages"].items():
            found.append(Line(f"{name}, {page}", median(seen["seconds"]), "s", targets[page]))
            found.append(Line(f"{name}, {page}, pire visite", max(seen["seconds"]), "s"))
            found.append(Line(f"{name}, {page}, reçu", median(seen["kilobytes"]), "ko", decimals=0))
            found.append(Line(f"{name}, {page}, requêtes", median(seen["requests"]), "", decimals=0))
        told = f"{name}, tableau de bord avec {figures['sessions']} sessions"
        found.append(Line(told, park["memory_mb"], "Mo", MOST_MB, 0))
    return found


@dataclass
class _Traffic:
    """What a page receives over HTTP and over its socket."""

    received: float = 0.0
    requests: int = 0

    def listen(self, session: CDPSession) -> None:
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", lambda _told: self._asked())
        session.on("Network.loadingFinished", lambda told: self._got(told["encodedDataLength"]))
        session.on(
            "Network.webSocketFrameReceived",
            # Binary frames come as base64: four characters for three bytes.
            lambda told: self._got(len(told["response"]["payloadData"]) * 3 / 4),
        )

    def _asked(self) -> None:
        self.requests += 1

    def _got(self, received: float) -> None:
        self.received += received


@dataclass
class Seen:
    """Visits of one page."""

    seconds: list[float] = field(default_factory=list)
    kilobytes: list[float] = field(default_factory=list)
    requests: list[int] = field(default_factory=list)


@dataclass
class _Visitor:
    """Somebody logged in."""

    page: Page
    traffic: _Traffic

    @contextlib.contextmanager
    def timed(self, seen: Seen) -> Iterator[None]:
        """Add what happens inside, and what follows while the page settles, to ``seen``."""
        self.page.wait_for_timeout(SETTLE_MS)  # nothing of the page before is on its way any more
        received, requests = self.traffic.received, self.traffic.requests
        began = time.perf_counter()
        yield
        seen.seconds.append(time.perf_counter() - began)
        self.page.wait_for_timeout(SETTLE_MS)
        seen.kilobytes.append((self.traffic.received - received) / 1e3)
        seen.requests.append(self.traffic.requests - requests)


def _park(browser: Browser, size: int, visits: int, say: Say) -> dict[str, Any]:
    with throwaway(None) as place:
        say(f"Parc de {size} turbines : construction et calcul…")
        _fill(place, size)
        with api_of(place) as api, dashboard_of(place, api.url) as dashboard:
            say(f"Parc de {size} turbines : navigation…")
            visitor = _logged_in(browser, dashboard.url)
            pages = _visit(visitor, visits)
            others = [_logged_in(browser, dashboard.url) for _ in range(SESSIONS - 1)]
            memory = resident_mb(dashboard.pid)
            for one in (visitor, *others):
                one.page.context.close()
    return {
        "turbines": size,
        "pages": {name: vars(seen) for name, seen in pages.items()},
        "memory_mb": memory,
    }


def _fill(place: Place, size: int) -> None:
    with contextlib.closing(place.core()) as core:
        build(core, size, MEASURED_DAYS)
        score(core, LAST)
        core.accounts.create(USER, "Mesure", Role.MANAGER, PASSWORD)


def _logged_in(browser: Browser, address: str) -> _Visitor:
    context = browser.new_context(
        locale="fr-FR", timezone_id="Europe/Paris", viewport={"width": 1366, "height": 768}
    )
    page, traffic = context.new_page(), _Traffic()
    traffic.listen(context.new_cdp_session(page))
    page.goto(address)
    page.get_by_label("Identifiant").fill(USER)
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    until(page, _ROWS)
    return _Visitor(page, traffic)


def _visit(visitor: _Visitor, visits: int) -> dict[str, Seen]:
    """Return the cockpit, a filter of it, and the first turbine, each from inside the application."""
    page = visitor.page
    seen = {"cockpit": Seen(), "filtre": Seen(), "turbine": Seen()}
    for _ in range(visits):
        page.get_by_role("link", name="Supervision").click()
        page.get_by_role("heading", name="Supervision").wait_for()
        with visitor.timed(seen["cockpit"]):
            page.get_by_role("link", name="Cockpit", exact=True).click()
            page.get_by_role("heading", name="Cockpit").wait_for()
            until(page, _ROWS)
        drawn, said = page.evaluate(_PIXELS), page.evaluate(_SAID)
        with visitor.timed(seen["filtre"]):
            page.get_by_role("button", name=_LEVEL).click()
            until(page, f"{_SAID} !== {json.dumps(said)} && {_PIXELS} !== {drawn}")
        page.get_by_role("button", name=_LEVEL).click()
        until(page, f"{_SAID} === {json.dumps(said)} && {_PIXELS} === {drawn}")
        with visitor.timed(seen["turbine"]):
            _open_first(page)
            page.get_by_role("tab", name="Pourquoi").wait_for()
    return seen


def _open_first(page: Page) -> None:
    """Tick the first row: the table is drawn on a canvas, so by its place."""
    box = page.get_by_test_id("stDataFrame").first.bounding_box()
    if box is None:
        raise Conflict("Le classement n’est pas à l’écran.")
    page.mouse.click(box["x"] + 16, box["y"] + 37 + 17)
