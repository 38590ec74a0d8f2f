"""A load of identical requests over kept-alive connections, made by wrk in its own process."""

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
    """Result of a load: requests per second, latencies [ms], number of answers other than 2xx."""

    connections: int
    requests_per_s: float
    p50_ms: float
    p99_ms: float
    failed: int


def post_load(url: str, body: bytes, headers: Mapping[str, str], *, connections: int, seconds: float) -> Load:
    """Send the same POST for ``seconds`` over ``connections`` connections.

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
        output = subprocess.run(  # noqa: S603 - a fixed command on our own address
            [wrk, "-t1", f"-c{connections}", f"-d{seconds:g}s", "--latency", "-s", script.name, url],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    finally:
        Path(script.name).unlink()
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    return Load(
        connections=connections,
        requests_per_s=float(_first_group(r"Requests/sec:\s+([\d.]+)", output)),
        p50_ms=_milliseconds(_first_group(r"(?m)^\s+50%\s+(\S+)\s*$", output)),
        p99_ms=_milliseconds(_first_group(r"(?m)^\s+99%\s+(\S+)\s*$", output)),
        failed=int(failed.group(1)) if failed else 0,
    )


def _first_group(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if match is None:
        raise Conflict(f"Réponse inattendue de wrk : {text[:300]}")
    return match.group(1)


def _milliseconds(duration: str) -> float:
    number = _first_group(r"^([\d.]+)", duration)
    return float(number) * _SCALE[duration.removeprefix(number)]
