"""Duration of the ranking's queries, in the service itself and over HTTP."""

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
    """Latency of a query [ms]."""

    p50_ms: float
    p95_ms: float


Latencies = dict[str, dict[str, Latency]]
"""By way (``service``, ``http``), then by query."""


def measure(core: Core, place: Place, *, rounds: int) -> Latencies:
    """Measure every query both ways, interleaved, in ``rounds`` rounds after two that do not count.

    Raises:
        Conflict: the API does not start, or refuses a query.
    """
    key = core.keys.create(f"bench-{time.time_ns()}", ["read"]).secret
    with (
        api_of(place) as served,
        contextlib.closing(http.client.HTTPConnection("127.0.0.1", served.port)) as line,
    ):
        calls: dict[tuple[str, str], Callable[[], object]] = {}
        for name, query in QUERIES.items():
            calls["service", name] = partial(core.view.park, query)
            calls["http", name] = partial(_get, line, path_of(query), {"X-API-Key": key})
        spent = interleaved(calls, rounds)
    latencies: Latencies = {}
    for (way, name), times in spent.items():
        p50, p95 = np.percentile(times, [50, 95])
        latencies.setdefault(way, {})[name] = Latency(float(p50), float(p95))
    return latencies


def interleaved(
    calls: Mapping[tuple[str, str], Callable[[], object]], rounds: int
) -> dict[tuple[str, str], list[float]]:
    """Return the milliseconds of each call in each round that counts."""
    spent: dict[tuple[str, str], list[float]] = {name: [] for name in calls}
    for number in range(rounds + 2):
        for name, call in calls.items():
            began = time.perf_counter()
            call()
            if number >= 2:  # from here connections are open and files in memory, as on any morning
                spent[name].append(1e3 * (time.perf_counter() - began))
    return spent


def path_of(query: ParkQuery) -> str:
    """Return the address of a query."""
    parameters: list[tuple[str, object]] = [("risk_level", level.value) for level in query.keep.levels]
    parameters += [("sort", query.sort), ("limit", query.limit)]
    if query.keep.max_days is not None:
        parameters.append(("max_days", query.keep.max_days))
    parameters.append(("text", query.keep.text))
    return f"/api/v1/park?{urlencode(parameters)}"


def _get(line: http.client.HTTPConnection, path: str, headers: Mapping[str, str]) -> bytes:
    line.request("GET", path, headers=dict(headers))
    answer = line.getresponse()
    content = answer.read()
    if answer.status != http.client.OK:
        raise Conflict(f"L’API mesurée répond {answer.status} à {path}.")
    return content
