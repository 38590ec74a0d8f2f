"""The API and the dashboard of a throwaway installation, each in its own process."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from api.domain.shared.exceptions import Conflict
from api.settings import ROOT
from bench.park.data import Place
from bench.ports import free_port

START_S = 60.0


@dataclass(frozen=True)
class Served:
    """A running service: its port and its process id."""

    port: int
    pid: int

    @property
    def url(self) -> str:
        """The address."""
        return f"http://127.0.0.1:{self.port}"


@contextlib.contextmanager
def api_of(place: Place) -> Iterator[Served]:
    """Run the API of an installation on a free port.

    Raises:
        Conflict: the API does not start.
    """
    command = [sys.executable, "-m", "uvicorn", "--factory", "api.main:create_app_from_env"]
    command += ["--no-access-log", "--log-level", "warning", "--timeout-graceful-shutdown", "2", "--port"]
    with _serving(command, place.environment(), "/health") as served:
        yield served


@contextlib.contextmanager
def dashboard_of(place: Place, api_url: str) -> Iterator[Served]:
    """Run the dashboard of an installation on a free port.

    Raises:
        Conflict: the dashboard does not start.
    """
    command = [sys.executable, "-m", "streamlit", "run", str(Path("ui", "serve.py"))]
    command += ["--server.address", "127.0.0.1", "--server.headless", "true"]
    command += ["--browser.gatherUsageStats", "false", "--server.port"]
    variables = {"COCKPIT_ENV": "demo", "COCKPIT_COOKIE_KEY": place.secret, "COCKPIT_API_URL": api_url}
    with _serving(command, variables, "/_stcore/health") as served:
        yield served


def resident_mb(pid: int | str, field: str = "VmRSS") -> float | None:
    """Return the memory of a process [MB], with ``VmHWM`` its peak; None where the system does not report it.

    ``getrusage`` does not serve: a process inherits the peak of its parent.
    """
    status = Path("/proc") / str(pid) / "status"
    if not status.is_file():
        return None
    match = re.search(rf"^{field}:\s+(\d+) kB$", status.read_text(encoding="utf-8"), re.MULTILINE)
    return int(match.group(1)) * 1024 / 1e6 if match else None


@contextlib.contextmanager
def _serving(command: list[str], variables: dict[str, str], health: str) -> Iterator[Served]:
    port = free_port()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("COCKPIT_")}
    process = subprocess.Popen(  # noqa: S603 - our own modules
        [*command, str(port)],
        cwd=ROOT,
        env=inherited | variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(port, health, process)
        yield Served(port, process.pid)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(port: int, health: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        with (
            contextlib.suppress(OSError),
            contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as line,
        ):
            line.request("GET", health)
            if line.getresponse().status == http.client.OK:
                return
        time.sleep(0.1)
    raise Conflict("Un service mesuré ne démarre pas ; « python cockpit.py run » dit pourquoi.")
