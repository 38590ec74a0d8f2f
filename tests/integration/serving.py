"""A real server process, as the launcher starts it, on a home of the test's own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.conftest import ROOT

START_S = 60


@contextmanager
def serving(home: Path, *options: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The process and its address; killed when the block ends.

    Args:
        home: with a migrated database.
        options: further ones of uvicorn, for example ``--workers 2``.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "--factory", "api.main:create_app_from_env"]
    mine = {"COCKPIT_HOME": str(home), "COCKPIT_ENV": "test", "COCKPIT_SECRET_KEY": "k" * 48}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COCKPIT_")}
    with (home / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, "--port", str(port), "--no-access-log", *options],
            cwd=ROOT,
            env=kept | mine,
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
