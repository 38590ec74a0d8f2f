"""A throwaway installation, its start-up time, the durations of its runs, and the API's memory."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from api.domain.shared.exceptions import Conflict
from api.settings import ROOT
from api.storage.park import runs
from api.storage.shared.database import Database
from bench.ports import free_port

PASSWORD = "mesure-de-vitesse-1"  # noqa: S105 - of a throwaway installation
READY = "Ctrl-C arrête tout."
PATIENCE_S = 300.0


@dataclass(frozen=True)
class Installation:
    """A throwaway installation on free ports."""

    home: Path
    api_port: int
    ui_port: int

    @property
    def api(self) -> str:
        """Address of the API."""
        return f"http://127.0.0.1:{self.api_port}"

    @property
    def ui(self) -> str:
        """Address of the dashboard."""
        return f"http://127.0.0.1:{self.ui_port}"

    def environment(self) -> dict[str, str]:
        """Return the environment of the installation, without the caller's settings."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("COCKPIT_")}
        return inherited | {
            "COCKPIT_HOME": str(self.home),
            "COCKPIT_API_PORT": str(self.api_port),
            "COCKPIT_UI_PORT": str(self.ui_port),
            "COCKPIT_DEMO_PASSWORD": PASSWORD,
            "COCKPIT_VENV": str(Path(sys.prefix)),
        }


@contextlib.contextmanager
def throwaway() -> Iterator[Installation]:
    """Yield an empty installation and remove it afterwards."""
    with tempfile.TemporaryDirectory(prefix="cockpit-bench-") as folder:
        yield Installation(Path(folder), free_port(), free_port())


@contextlib.contextmanager
def started(installation: Installation) -> Iterator[float]:
    """Run ``cockpit.py run``, and yield the seconds until both addresses answered.

    Raises:
        Conflict: the cockpit does not start.
    """
    began = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - our own launcher
        [sys.executable, str(ROOT / "cockpit.py"), "run"],
        env=installation.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    try:
        output = []
        for line in process.stdout or ():
            output.append(line)
            if READY in line:
                yield time.perf_counter() - began
                return
            if time.perf_counter() - began > PATIENCE_S:
                break
        raise Conflict("Le cockpit n’a pas démarré : " + "".join(output[-5:]))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def resident_mb(api: str) -> float | None:
    """Return the memory of the API process [MB], from its metrics; None where they do not have it."""
    with urllib.request.urlopen(f"{api}/metrics", timeout=10) as answer:  # noqa: S310 - our own address
        text = answer.read().decode()
    match = re.search(r"^process_resident_memory_bytes (\S+)$", text, re.MULTILINE)
    return float(match.group(1)) / 1e6 if match else None


def run_seconds(installation: Installation, repeats: int = 5) -> list[float]:
    """Score the park ``repeats`` times, and return the durations that the runs record [s]."""
    for _ in range(repeats):
        subprocess.run(
            [sys.executable, "-m", "api.cli", "score"],
            cwd=ROOT,
            env=installation.environment(),
            check=True,
            capture_output=True,
        )
    database = Database.at(f"sqlite:///{installation.home / 'cockpit.db'}")
    with database.read() as connection:
        ended = runs.recent(connection, repeats)
    database.close()
    return [(row.finished_at - row.started_at).total_seconds() for row in ended]
