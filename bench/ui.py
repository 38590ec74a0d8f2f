"""The dashboard in a real browser: seconds from a click, bytes and requests of each page, memory."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

from api.domain.shared.exceptions import Conflict
from api.schemas import french
from api.schemas.vocabulary import Role
from bench.page import RANKING, chromium, until
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
SETTLE_MS = 1_500  # figures follow the table, and their bytes count for the page
CHROMIUM_MISSING = "Chromium est absent : apt install chromium."
_LEVEL = "Faible"  # most turbines of a park, never all of them
_ROWS = f"document.querySelectorAll('{RANKING}').length > 1"
_CAPTIONS = "[...document.querySelectorAll('[data-testid=stCaptionContainer]')].map(e => e.innerText).join()"
_FIRST = f"document.querySelector('{RANKING}')?.innerText"
Say = Callable[[str], None]


def measure(large: int, visits: int, say: Say) -> dict[str, Any]:
    """Measure the pages of a small and a large park, and the dashboard's memory with several sessions.

    Raises:
        Conflict: no browser, or a service does not start.
    """
    executable = chromium()
    if executable is None:
        raise Conflict(CHROMIUM_MISSING)
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - in the development environment only

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable)
        parks = [_park(browser, size, visits, say) for size in (SMALL, large)]
        browser.close()
    return {"visits": visits, "sessions": SESSIONS, "parks": parks}


def lines(figures: dict[str, Any]) -> list[Line]:
    """Return the medians of the visits beside their targets."""
    table = []
    for park in figures["parks"]:
        name, size = f"{park['turbines']} turbines", park["turbines"]
        most = MOST_S[SMALL] if size <= SMALL else MOST_S[LARGE]
        targets = {"cockpit": most, "turbine": MOST_TURBINE_S, "filtre": MOST_FILTER_S}
        for page, visits in park["pages"].items():
            table.append(Line(f"{name}, {page}", median(visits["seconds"]), "s", targets[page]))
            table.append(Line(f"{name}, {page}, pire visite", max(visits["seconds"]), "s"))
            table.append(Line(f"{name}, {page}, reçu", median(visits["kilobytes"]), "ko", decimals=0))
            table.append(Line(f"{name}, {page}, requêtes", median(visits["requests"]), "", decimals=0))
        memory = f"{name}, tableau de bord avec {figures['sessions']} sessions"
        table.append(Line(memory, park["memory_mb"], "Mo", MOST_MB, 0))
    return table


@dataclass
class _Traffic:
    """Bytes and requests of a page, over HTTP and over its socket."""

    received: float = 0.0
    requests: int = 0

    def listen(self, session: CDPSession) -> None:
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", lambda _event: self._count_request())
        session.on("Network.loadingFinished", lambda event: self._add_bytes(event["encodedDataLength"]))
        session.on(
            "Network.webSocketFrameReceived",
            # Binary frames come as base64: four characters for three bytes.
            lambda event: self._add_bytes(len(event["response"]["payloadData"]) * 3 / 4),
        )

    def _count_request(self) -> None:
        self.requests += 1

    def _add_bytes(self, received: float) -> None:
        self.received += received


@dataclass
class Visits:
    """Figures of the visits of one page."""

    seconds: list[float] = field(default_factory=list)
    kilobytes: list[float] = field(default_factory=list)
    requests: list[int] = field(default_factory=list)


@dataclass
class _Visitor:
    """A signed-in person: their page and its traffic."""

    page: Page
    traffic: _Traffic

    @contextlib.contextmanager
    def timed(self, visits: Visits) -> Iterator[None]:
        """Add the block's time, and the traffic until the page settles, to ``visits``."""
        self.page.wait_for_timeout(SETTLE_MS)  # until the traffic of the previous page has ended
        received, requests = self.traffic.received, self.traffic.requests
        began = time.perf_counter()
        yield
        visits.seconds.append(time.perf_counter() - began)
        self.page.wait_for_timeout(SETTLE_MS)
        visits.kilobytes.append((self.traffic.received - received) / 1e3)
        visits.requests.append(self.traffic.requests - requests)


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
            for session in (visitor, *others):
                session.page.context.close()
    return {
        "turbines": size,
        "pages": {name: vars(figures) for name, figures in pages.items()},
        "memory_mb": memory,
    }


def _fill(place: Place, size: int) -> None:
    with contextlib.closing(place.core()) as core:
        build(core, size, MEASURED_DAYS)
        score(core, LAST)
        core.accounts.create(USER, "Mesure", Role.MANAGER, PASSWORD)


def _logged_in(browser: Browser, address: str) -> _Visitor:
    context = browser.new_context(
        locale="fr-FR", timezone_id=french.PARIS.key, viewport={"width": 1366, "height": 768}
    )
    page, traffic = context.new_page(), _Traffic()
    traffic.listen(context.new_cdp_session(page))
    page.goto(address)
    page.get_by_label("Identifiant").fill(USER)
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    until(page, _ROWS)
    return _Visitor(page, traffic)


def _visit(visitor: _Visitor, count: int) -> dict[str, Visits]:
    """Visit the cockpit, a filter of it and the first turbine, ``count`` times each."""
    page = visitor.page
    pages = {"cockpit": Visits(), "filtre": Visits(), "turbine": Visits()}
    for _ in range(count):
        page.get_by_role("link", name="Supervision").click()
        page.get_by_role("heading", name="Supervision").wait_for()
        with visitor.timed(pages["cockpit"]):
            page.get_by_role("link", name="Cockpit", exact=True).click()
            page.get_by_role("heading", name="Cockpit").wait_for()
            until(page, _ROWS)
        first, captions = json.dumps(page.evaluate(_FIRST)), json.dumps(page.evaluate(_CAPTIONS))
        with visitor.timed(pages["filtre"]):
            page.get_by_role("button", name=_LEVEL).click()
            until(page, f"{_CAPTIONS} !== {captions} && {_FIRST} !== {first}")
        page.get_by_role("button", name=_LEVEL).click()
        until(page, f"{_CAPTIONS} === {captions} && {_FIRST} === {first}")
        with visitor.timed(pages["turbine"]):
            page.locator(f"{RANKING} a.ouvre").first.click()
            page.get_by_role("tab", name="Pourquoi").wait_for()
    return pages
