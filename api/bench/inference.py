"""One row per request and batches: the service beside its rivals, interleaved, as ratios of one run."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from statistics import median
from typing import Any

from api.bench.load import Load, post_load
from api.core import Core
from api.domain.exceptions import Conflict
from api.services.accounts import AccountService
from api.settings import ROOT

ONE = "/api/v1/predictions?explain=false"
EXPLAINED = "/api/v1/predictions?explain=true"
BATCH = "/api/v1/predictions/batch?explain=false"
SIZES = (50, 3_000, 10_000)
Figures = dict[str, dict[int, Load]]


def measure(core: Core, *, seconds: float, rounds: int, connections: tuple[int, ...]) -> dict[str, Any]:
    """Throughput and latency of the service and its rivals on the models in service.

    Args:
        core: an installation whose database may receive the calls' log rows.
        seconds: length of each load.
        rounds: how often each load is repeated, interleaved; medians are kept.
        connections: numbers of kept-alive connections.
    """
    body = json.dumps(sample_measurement(core)).encode()
    key = AccountService(core.database, core.settings).create_key(f"bench-{time.time_ns()}", ["predict"])
    headers = {"X-API-Key": key}
    with (
        _serving("api.main:create_app_from_env", body) as service,
        _serving("api.bench.rivals:create_app", body) as rivals,
    ):
        targets = {
            "service": f"{service}{ONE}",
            "service, facteurs": f"{service}{EXPLAINED}",
            "constante": f"{rivals}/constant",
            "nu": f"{rivals}/bare",
            "naïf": f"{rivals}/naive",
        }
        single = _interleaved(targets, body, headers, seconds, rounds, connections)
        batches = {size: _batch_ms(f"{service}{BATCH}", body, headers, size) for size in SIZES}
    return {"single": {name: {n: asdict(load) for n, load in by.items()} for name, by in single.items()},
            "ratios": _ratios(single), "batch_ms": batches}  # fmt: skip


def sample_measurement(core: Core) -> dict[str, Any]:
    """A measurement in the middle of what the active models saw in training."""
    features = core.models.current().features
    middle = {
        name: 0 if spec.dtype == "binary" else round(sum(spec.training_range) / 2, 2)
        for name, spec in features.items()
        if spec.training_range is not None
    }
    return {"turbine_id": "1", "measured_at": "2024-12-30", **middle}


def _interleaved(
    targets: Mapping[str, str],
    body: bytes,
    headers: Mapping[str, str],
    seconds: float,
    rounds: int,
    connections: tuple[int, ...],
) -> Figures:
    seen: dict[tuple[str, int], list[Load]] = defaultdict(list)
    for _ in range(rounds):
        for count in connections:
            for name, url in targets.items():
                seen[name, count].append(post_load(url, body, headers, connections=count, seconds=seconds))
    found: Figures = defaultdict(dict)
    for (name, count), loads in seen.items():
        if failed := sum(load.failed for load in loads):
            raise Conflict(f"{name} : {failed} réponses en erreur pendant la mesure.")
        found[name][count] = sorted(loads, key=lambda load: load.requests_per_s)[len(loads) // 2]
    return found


def _ratios(figures: Figures) -> dict[int, dict[str, float]]:
    """Throughput of the service over each rival's, by number of connections."""
    service = figures["service"]
    return {
        count: {
            name: service[count].requests_per_s / by[count].requests_per_s
            for name, by in figures.items()
            if name != "service"
        }
        for count in service
    }


def _batch_ms(url: str, body: bytes, headers: Mapping[str, str], size: int, repeats: int = 3) -> float:
    content = b'{"measurements":[' + b",".join([body] * size) + b"]}"
    times = []
    for _ in range(repeats):
        request = urllib.request.Request(  # noqa: S310 - our own address
            url, content, {"Content-Type": "application/json", **headers}
        )
        began = time.perf_counter()
        with urllib.request.urlopen(request, timeout=300) as answer:  # noqa: S310 - our own address
            answer.read()
        times.append(1e3 * (time.perf_counter() - began))
    return median(times)


@contextlib.contextmanager
def _serving(factory: str, body: bytes) -> Iterator[str]:
    """One uvicorn worker on a free port, with the caller's settings."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "--factory", factory, "--port", str(port)]
    process = subprocess.Popen(  # noqa: S603 - our own module
        [*command, "--no-access-log", "--log-level", "warning"],
        cwd=ROOT,
        env=os.environ | {"BENCH_BODY": body.decode(), "COCKPIT_LOG_LEVEL": "WARNING"},
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait(f"http://127.0.0.1:{port}/openapi.json", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise Conflict("Un des services mesurés s’est arrêté ; lancez-le seul pour voir pourquoi.")
        with contextlib.suppress(urllib.error.URLError):
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - our own address
            return
        time.sleep(0.1)
    raise Conflict("Un des services mesurés ne démarre pas.")
