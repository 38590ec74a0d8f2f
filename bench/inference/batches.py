"""Batches of many rows: the service, a naive rival, and the bare models with their JSON."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

from api.core import Core
from api.services.models.measurement_model import Reading
from api.services.models.outputs import matrix_of

SIZES = (50, 3_000, 10_000)
ROUNDS = 5
BATCH = "/api/v1/predictions/batch?explain=false"
BARE = "modèles nus + JSON"
TARGET = 2.0  # times the bare models with their JSON, at the largest size


def measure(
    core: Core, service: str, rivals: str, headers: Mapping[str, str], rows: Sequence[Mapping[str, Any]]
) -> dict[int, dict[str, float]]:
    """Return milliseconds by size and service: medians of :data:`ROUNDS` interleaved rounds."""
    medians = {}
    for size in SIZES:
        body = json.dumps({"measurements": rows[:size]}).encode()
        answer = _post(f"{service}{BATCH}", body, headers)
        calls: dict[str, Callable[[], object]] = {
            "service": lambda body=body: _post(f"{service}{BATCH}", body, headers),  # type: ignore[misc]
            "naïf": lambda body=body: _post(f"{rivals}/naive/batch", body, headers),  # type: ignore[misc]
            BARE: _bare(core, body, answer),
        }
        times: dict[str, list[float]] = {name: [] for name in calls}
        for _ in range(ROUNDS):
            for name, call in calls.items():
                began = time.perf_counter()
                call()
                times[name].append(1e3 * (time.perf_counter() - began))
        medians[size] = {name: median(spent) for name, spent in times.items()}
    return medians


def _bare(core: Core, body: bytes, answer: bytes) -> Callable[[], object]:
    """Return a call of the least work: read the request, call each model once, write the answer."""
    models = core.models.current()
    content = json.loads(answer)
    matrices = [
        (served, matrix_of(served, [Reading("", None, row) for row in json.loads(body)["measurements"]]))
        for served in models.served
    ]

    def bare() -> bytes:
        json.loads(body)
        for served, matrix in matrices:
            served.model.raw(matrix)
        return json.dumps(content).encode()

    return bare


def _post(url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    request = urllib.request.Request(  # noqa: S310 - our own address
        url, body, {"Content-Type": "application/json", **headers}
    )
    with urllib.request.urlopen(request, timeout=300) as answer:  # noqa: S310 - our own address
        content: bytes = answer.read()
    return content
