"""Throughput of the service beside its rivals, for one row per request and for batches."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from api.core import Core
from api.domain.shared.exceptions import Conflict
from api.settings import ROOT
from api.storage.measurements import exports
from bench.inference import batches, mlserver
from bench.inference.load import Load, post_load
from bench.ports import free_port

ONE = "/api/v1/predictions?explain=false"
EXPLAINED = "/api/v1/predictions?explain=true"
SERVICE, DRIVERS = "service", "service, facteurs"
# Least ratio of the service's throughput to each rival's at 16 connections. The first is the framework's own
# cost, the others are what engineers would take instead.
TARGETS = {"constante": 0.5, "naïf": 15.0, "MLServer": 15.0, "MLServer, lots adaptatifs": 4.0}
DRIVERS_TARGET = 2.0  # with drivers, over the naive service without them
TARGET_CONNECTIONS = 16
Figures = dict[str, dict[int, Load]]


@dataclass(frozen=True)
class Target:
    """An address under load, and the body of its requests."""

    url: str
    body: bytes


def measure(
    core: Core, *, seconds: float, rounds: int, connections: tuple[int, ...], mlserver_python: Path | None
) -> dict[str, Any]:
    """Measure throughput and latency of the service and its rivals with the active models.

    Args:
        core: an installation; its call log receives the rows of the calls.
        seconds: length of each load.
        rounds: how often the interleaved loads are repeated; medians are kept.
        connections: numbers of kept-alive connections.
        mlserver_python: interpreter where MLServer is installed; None leaves it out.
    """
    rows = sample_measurements(core, max(batches.SIZES))
    body = json.dumps(rows[0]).encode()
    key = core.keys.create(f"bench-{time.time_ns()}", ["predict"]).secret
    headers = {"X-API-Key": key}
    with contextlib.ExitStack() as stack:
        service = stack.enter_context(_serving("api.main:create_app_from_env", body))
        rivals = stack.enter_context(_serving("bench.inference.rivals:create_app", body))
        targets = {
            SERVICE: Target(f"{service}{ONE}", body),
            DRIVERS: Target(f"{service}{EXPLAINED}", body),
            "constante": Target(f"{rivals}/constant", body),
            "nu": Target(f"{rivals}/bare", body),
            "naïf": Target(f"{rivals}/naive", body),
        }
        if mlserver_python is not None:
            targets |= _mlservers(stack, core, mlserver_python, rows[0])
        single = _interleaved(targets, headers, seconds, rounds, connections)
        batch_ms = batches.measure(core, service, rivals, headers, rows)
    return {"single": {name: {n: asdict(load) for n, load in by.items()} for name, by in single.items()},
            "ratios": _ratios(single), "batch_ms": batch_ms}  # fmt: skip


def sample_measurements(core: Core, count: int) -> list[dict[str, Any]]:
    """Return different measurements of the park, all dated its last day.

    Raises:
        Conflict: no stored measurement has all features of the active models.
    """
    features = core.models.current().features
    stored = [
        (row.turbine_id, row.values)
        for page in islice(exports.measured(core.database, living=True), 1 + count // exports.PAGE)
        for row in page
        if all(row.values.get(name) is not None for name in features)
    ]
    if not stored:
        raise Conflict("Aucune mesure complète : ajoutez-en d’abord (python cockpit.py data import FICHIER).")
    with core.database.read() as connection:
        day = core.calendar.day(connection).isoformat()
    rows = []
    for number, (turbine_id, values) in zip(range(count), cycle(stored), strict=False):
        # Repeated rows are changed a little: identical ones would flatter every cache on the way.
        shrink = 1 - 1e-4 * (number // len(stored))
        features_sent = {
            name: int(values[name]) if spec.dtype == "binary" else values[name] * shrink
            for name, spec in features.items()
        }
        rows.append({"turbine_id": turbine_id, "measured_at": day, **features_sent})
    return rows


def _mlservers(
    stack: contextlib.ExitStack, core: Core, python: Path, row: Mapping[str, Any]
) -> dict[str, Target]:
    manifest = core.models.current().require().model.manifest
    artefact = core.store.folder(manifest.name, manifest.version) / manifest.artefact
    body = mlserver.request_of([[float(row[name]) for name in manifest.feature_names]])
    return {
        name: Target(stack.enter_context(mlserver.serving(python, artefact, adaptive=adaptive)), body)
        for name, adaptive in (("MLServer", False), ("MLServer, lots adaptatifs", True))
    }


def _interleaved(
    targets: Mapping[str, Target],
    headers: Mapping[str, str],
    seconds: float,
    rounds: int,
    connections: tuple[int, ...],
) -> Figures:
    loads_of: dict[tuple[str, int], list[Load]] = defaultdict(list)
    for _ in range(rounds):
        for count in connections:
            for name, target in targets.items():
                load = post_load(target.url, target.body, headers, connections=count, seconds=seconds)
                loads_of[name, count].append(load)
    figures: Figures = defaultdict(dict)
    for (name, count), loads in loads_of.items():
        if failed := sum(load.failed for load in loads):
            raise Conflict(f"{name} : {failed} réponses en erreur pendant la mesure.")
        figures[name][count] = sorted(loads, key=lambda load: load.requests_per_s)[len(loads) // 2]
    return figures


def _ratios(figures: Figures) -> dict[int, dict[str, float]]:
    """Return the service's throughput divided by each rival's, by number of connections."""
    service = figures[SERVICE]
    return {
        count: {
            name: service[count].requests_per_s / by[count].requests_per_s
            for name, by in figures.items()
            if name != SERVICE
        }
        for count in service
    }


def verdicts(figures: Mapping[str, Any]) -> list[tuple[str, float, float]]:
    """Return name, ratio and least wanted ratio of each measured target."""
    ratios = figures["ratios"].get(TARGET_CONNECTIONS, {})
    rows = [(f"service ÷ {name}", ratios[name], least) for name, least in TARGETS.items() if name in ratios]
    if "naïf" in ratios:
        rows.append((f"{DRIVERS} ÷ naïf", ratios["naïf"] / ratios[DRIVERS], DRIVERS_TARGET))
    return rows


@contextlib.contextmanager
def _serving(factory: str, body: bytes) -> Iterator[str]:
    """Run one uvicorn worker on a free port with the caller's settings, and yield its address."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--factory", factory, "--port", str(port)]
    process = subprocess.Popen(  # noqa: S603 - our own module
        [*command, "--no-access-log", "--log-level", "warning"],
        cwd=ROOT,
        env=os.environ | {"BENCH_BODY": body.decode()},
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
