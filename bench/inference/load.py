"""A load of identical requests over kept-alive connections, made by wrk in a process of its own."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from api.domain.shared.exceptions import Conflict

_SCALE = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}


@dataclass(frozen=True)
class Load:
    """What came of one load: requests a second, latencies [ms], answers other than 2xx."""

    connections: int
    requests_per_s: float
    p50_ms: float
    p99_ms: float
    failed: int


def post_load(url: str, body: bytes, headers: Mapping[str, str], *, connections: int, seconds: float) -> Load:
    """Send the same POST again and again.

    Raises:
        Conflict: wrk is not installed.
    """
    wrk = shutil.which("wrk")
    if wrk is None:
        raise Conflict("« wrk » n’est pas installé : apt install wrk.")
    with tempfile.NamedTemporaryFile("w", suffix=".lua", encoding="utf-8", delete=False) as script:
        script.write('wrk.method = "POST"\n')
        script.write(f"wrk.body = [==[{body.decode()}]==]\n")
        for name, value in {"Content-Type": "application/json", **headers}.items():
            script.write(f'wrk.headers["{name}"] = "{value}"\n')
    try:
        told = subprocess.run(  # noqa: S603 - a fixed command on our own address
            [wrk, "-t1", f"-c{connections}", f"-d{seconds:g}s", "--latency", "-s", script.name, url],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    finally:
        Path(script.name).unlink()
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", told)
    return Load(
        connections=connections,
        requests_per_s=float(_found(r"Requests/sec:\s+([\d.]+)", told)),
        p50_ms=_milliseconds(_found(r"(?m)^\s+50%\s+(\S+)\s*$", told)),
        p99_ms=_milliseconds(_found(r"(?m)^\s+99%\s+(\S+)\s*$", told)),
        failed=int(failed.group(1)) if failed else 0,
    )


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if match is None:
        raise Conflict(f"Réponse inattendue de wrk : {text[:300]}")
    return match.group(1)


def _milliseconds(told: str) -> float:
    number = _found(r"^([\d.]+)", told)
    return float(number) * _SCALE[told.removeprefix(number)]
