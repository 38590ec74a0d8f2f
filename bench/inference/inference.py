"""One row per request and batches: the service beside its rivals, interleaved, as ratios of one run."""

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
# What the service must make of each rival's throughput at 16 connections; the first line is the framework's
# own cost, the others what engineers would take instead.
TARGETS = {"constante": 0.5, "naïf": 15.0, "MLServer": 15.0, "MLServer, lots adaptatifs": 4.0}
DRIVERS_TARGET = 2.0  # with drivers, over the naive service without them
TARGET_CONNECTIONS = 16
Figures = dict[str, dict[int, Load]]


@dataclass(frozen=True)
class Target:
    """One address under load."""

    url: str
    body: bytes


def measure(
    core: Core, *, seconds: float, rounds: int, connections: tuple[int, ...], mlserver_python: Path | None
) -> dict[str, Any]:
    """Throughput and latency of the service and its rivals on the models in service.

    Args:
        core: an installation whose database may receive the calls' log rows.
        seconds: length of each load.
        rounds: how often each load is repeated, interleaved; medians are kept.
        connections: numbers of kept-alive connections.
        mlserver_python: interpreter where MLServer is installed, None to leave it out.
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
        several = batches.measure(core, service, rivals, headers, rows)
    return {"single": {name: {n: asdict(load) for n, load in by.items()} for name, by in single.items()},
            "ratios": _ratios(single), "batch_ms": several}  # fmt: skip


def sample_measurements(core: Core, count: int) -> list[dict[str, Any]]:
    """Distinct measurements as the park really sends them, dated of its last day.

    Raises:
        Conflict: nothing is stored that the active models could read.
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
        # What comes again is not quite the same: repeated rows would flatter every cache on the way.
        shrink = 1 - 1e-4 * (number // len(stored))
        sent = {
            name: int(values[name]) if spec.dtype == "binary" else values[name] * shrink
            for name, spec in features.items()
        }
        rows.append({"turbine_id": turbine_id, "measured_at": day, **sent})
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
    seen: dict[tuple[str, int], list[Load]] = defaultdict(list)
    for _ in range(rounds):
        for count in connections:
            for name, target in targets.items():
                load = post_load(target.url, target.body, headers, connections=count, seconds=seconds)
                seen[name, count].append(load)
    found: Figures = defaultdict(dict)
    for (name, count), loads in seen.items():
        if failed := sum(load.failed for load in loads):
            raise Conflict(f"{name} : {failed} réponses en erreur pendant la mesure.")
        found[name][count] = sorted(loads, key=lambda load: load.requests_per_s)[len(loads) // 2]
    return found


def _ratios(figures: Figures) -> dict[int, dict[str, float]]:
    """Throughput of the service over each rival's, by number of connections."""
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
    """What was measured beside each target: what, ratio, least ratio wanted; None measured, none given."""
    ratios = figures["ratios"].get(TARGET_CONNECTIONS, {})
    found = [(f"service ÷ {name}", ratios[name], least) for name, least in TARGETS.items() if name in ratios]
    if "naïf" in ratios:
        found.append((f"{DRIVERS} ÷ naïf", ratios["naïf"] / ratios[DRIVERS], DRIVERS_TARGET))
    return found


@contextlib.contextmanager
def _serving(factory: str, body: bytes) -> Iterator[str]:
    """One uvicorn worker on a free port, with the caller's settings."""
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
