"""How long the cockpit's questions take: asked of the service itself, and over HTTP."""

from __future__ import annotations

import contextlib
import http.client
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

import numpy as np

from api.core import Core
from api.domain.shared.exceptions import Conflict
from api.schemas.vocabulary import RiskLevel
from api.services.park.view import ParkQuery, ScoreFilter
from bench.park.data import Place
from bench.processes import api_of

PAGE = 100
QUERIES: dict[str, ParkQuery] = {
    "première page": ParkQuery(limit=PAGE),
    "filtrée": ParkQuery(
        ScoreFilter(levels=(RiskLevel.CRITIQUE, RiskLevel.ELEVE), max_days=60.0, text="7"), limit=PAGE
    ),
    "cherchée": ParkQuery(ScoreFilter(text="faible 7"), limit=PAGE),
    "triée": ParkQuery(sort="-days", limit=PAGE),
    "triée par turbine": ParkQuery(sort="turbine", limit=PAGE),
    "triée par échéance": ParkQuery(sort="due", limit=PAGE),
}


@dataclass(frozen=True)
class Latency:
    """Of one question asked many times [ms]."""

    p50_ms: float
    p95_ms: float


Latencies = dict[str, dict[str, Latency]]
"""By way (``service``, ``http``), then by question."""


def measure(core: Core, place: Place, *, rounds: int) -> Latencies:
    """Return every question both ways, interleaved, ``rounds`` times after two that do not count.

    Raises:
        Conflict: the API does not start, or refuses a question.
    """
    key = core.keys.create(f"bench-{time.time_ns()}", ["read"]).secret
    with (
        api_of(place) as served,
        contextlib.closing(http.client.HTTPConnection("127.0.0.1", served.port)) as line,
    ):
        asked: dict[tuple[str, str], Callable[[], object]] = {}
        for name, query in QUERIES.items():
            asked["service", name] = partial(core.view.park, query)
            asked["http", name] = partial(_get, line, path_of(query), {"X-API-Key": key})
        spent = interleaved(asked, rounds)
    found: Latencies = {}
    for (way, name), times in spent.items():
        p50, p95 = np.percentile(times, [50, 95])
        found.setdefault(way, {})[name] = Latency(float(p50), float(p95))
    return found


def interleaved(
    asked: Mapping[tuple[str, str], Callable[[], object]], rounds: int
) -> dict[tuple[str, str], list[float]]:
    """Milliseconds of each call in each round that counts."""
    spent: dict[tuple[str, str], list[float]] = {name: [] for name in asked}
    for number in range(rounds + 2):
        for name, ask in asked.items():
            began = time.perf_counter()
            ask()
            if number >= 2:  # connections are open and files in memory, as on any morning
                spent[name].append(1e3 * (time.perf_counter() - began))
    return spent


def path_of(query: ParkQuery) -> str:
    """Return the address of the same question."""
    told: list[tuple[str, object]] = [("risk_level", level.value) for level in query.keep.levels]
    told += [("sort", query.sort), ("limit", query.limit)]
    if query.keep.max_days is not None:
        told.append(("max_days", query.keep.max_days))
    told.append(("text", query.keep.text))
    return f"/api/v1/park?{urlencode(told)}"


def _get(line: http.client.HTTPConnection, path: str, headers: Mapping[str, str]) -> bytes:
    line.request("GET", path, headers=dict(headers))
    answer = line.getresponse()
    content = answer.read()
    if answer.status != http.client.OK:
        raise Conflict(f"L’API mesurée répond {answer.status} à {path}.")
    return content
