"""Real server and worker processes, as the launcher starts them, on the test's own home."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.conftest import ROOT
from tests.support.client import settings_in

START_S = 60


@contextmanager
def serving(home: Path, *options: str, **variables: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run the API; yield its process and address, and kill it when the block ends.

    Args:
        home: with a migrated database.
        options: further options of uvicorn, for example ``--workers 2``.
        variables: further settings, without their prefix ``COCKPIT_``.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "--factory", "api.main:create_app_from_env"]
    with (home / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, "--port", str(port), "--no-access-log", *options],
            cwd=ROOT,
            env=_environment(home, variables),
            stdout=log,
            stderr=log,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(process, url, home)
        yield process, url
    finally:
        process.kill()
        process.wait()


@contextmanager
def working(home: Path, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker process, and kill it when the block ends."""
    with (home / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "api.worker"],
            cwd=ROOT,
            env=_environment(home, variables),
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _environment(home: Path, variables: Mapping[str, str]) -> dict[str, str]:
    settings = settings_in(home)
    own = {
        "HOME": str(home),
        "ENV": settings.env.value,
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "DATABASE_URL": settings.url,
        **variables,
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COCKPIT_")}
    return kept | {f"COCKPIT_{name}": value for name, value in own.items()}


def _wait(process: subprocess.Popen[bytes], url: str, home: Path) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            if httpx.get(f"{url}/ready", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        alive = process.poll() is None and time.monotonic() < deadline
        assert alive, (home / "server.log").read_text(encoding="utf-8", errors="replace")
        time.sleep(0.1)
