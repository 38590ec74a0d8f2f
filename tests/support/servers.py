"""Real processes for the tests of the dashboard: a prepared installation, its API, worker and dashboard."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import requests
from sqlalchemy import delete, update

from api.services.people.passwords import TEST_COST, Hasher
from api.storage.shared.database import Database
from api.storage.tables import jobs, users
from tests.support.once import made_once
from ui.client.client import ApiClient

ROOT = Path(__file__).resolve().parent.parent.parent
PASSWORD = "essai-de-bout-en-bout"
KEY = "cle-des-essais-de-bout-en-bout-0123456789"
START_S = 60.0
STOP_S = 20.0


def free_port() -> int:
    """Return a port that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(home: Path, **more: str) -> dict[str, str]:
    """Return the environment of an installation in ``home``, without the caller's ``COCKPIT_*`` settings."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("COCKPIT_", "STREAMLIT_"))
    }
    return {
        **kept,
        "COCKPIT_ENV": "demo",
        "COCKPIT_HOME": str(home),
        "COCKPIT_DEMO_PASSWORD": PASSWORD,
        "COCKPIT_SECRET_KEY": KEY,
        **more,
    }


def prepare(home: Path, *, settled: bool = False) -> None:
    """Fill ``home`` with database, accounts, simulated sample, reference models and a first ranking.

    The installation is made once, and copied from there.

    Args:
        home: an empty folder.
        settled: leave nothing to compute to a worker, which would score the year behind the first ranking.
    """
    shutil.copytree(made_once("installation", _installation), home, dirs_exist_ok=True)
    if settled:
        database = Database.at(f"sqlite:///{home / 'cockpit.db'}")
        with database.write() as connection:
            connection.execute(delete(jobs))
        database.close()


def _installation(home: Path) -> None:
    """Prepare an installation, then hash its passwords anew as tests do: they sign in hundreds of times."""
    run_prepare(home)
    database = Database.at(f"sqlite:///{home / 'cockpit.db'}")
    with database.write() as connection:
        connection.execute(update(users).values(password_hash=Hasher(TEST_COST).hash(PASSWORD)))
    database.close()


def run_prepare(home: Path) -> None:
    """Prepare ``home`` as the launcher does, whatever it holds already."""
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", "prepare"],
        cwd=ROOT,
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if done.returncode:
        raise RuntimeError(f"prepare ended with {done.returncode}:\n{done.stdout}{done.stderr}")


@dataclass
class Server:
    """An HTTP server process, which tests may stop and start again on the same port."""

    command: list[str]
    env: dict[str, str]
    health: str
    log: Path
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> Self:
        """Start it and wait until it answers."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self.command, cwd=ROOT, env=self.env, stdout=log, stderr=log)
        deadline = time.monotonic() + START_S
        while not answers(self.health):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(
                    f"{self.command} did not answer:\n{self.log.read_text(encoding='utf-8')[-3000:]}"
                )
            time.sleep(0.1)
        return self

    def stop(self) -> None:
        """Stop it if it runs."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def answers(url: str) -> bool:
    """Tell whether ``url`` answers 200 now."""
    try:
        return requests.get(url, timeout=2).status_code == 200
    except requests.RequestException:
        return False


def api_server(home: Path, port: int) -> Server:
    """Return the API of the installation in ``home``."""
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "--factory",
        "api.main:create_app_from_env",
        "--no-access-log",
    ]
    command += ["--port", str(port), "--timeout-graceful-shutdown", "2"]
    return Server(command, environment(home), f"http://127.0.0.1:{port}/health", home / "api.log")


def ui_server(home: Path, port: int, api_url: str) -> Server:
    """Return the dashboard of the installation in ``home``."""
    command = [sys.executable, "-m", "streamlit", "run", "ui/serve.py", "--server.port", str(port)]
    command += ["--server.address", "127.0.0.1", "--server.headless", "true"]
    env = environment(home, COCKPIT_API_URL=api_url, COCKPIT_COOKIE_KEY=KEY)
    return Server(command, env, f"http://127.0.0.1:{port}/_stcore/health", home / "ui.log")


@contextmanager
def working(home: Path) -> Iterator[None]:
    """Run the worker of the installation in ``home``, and stop it when the block ends."""
    with (home / "worker.log").open("ab") as log:
        worker = subprocess.Popen(
            [sys.executable, "-m", "api.worker"], cwd=ROOT, env=environment(home), stdout=log, stderr=log
        )
    try:
        yield
    finally:
        worker.terminate()
        worker.wait(STOP_S)


@dataclass(frozen=True)
class Running:
    """A running installation.

    Args:
        ui: address of the dashboard.
        api: address of the API.
        server: the API, to stop and start again.
        dashboard: likewise.
    """

    ui: str
    api: str
    server: Server
    dashboard: Server

    def client(self, username: str) -> ApiClient:
        """Return a client of the API, signed in as this person."""
        client = ApiClient(self.api)
        client.login(username, PASSWORD)
        return client


@contextmanager
def running_in(home: Path, *, worker: bool = False) -> Iterator[Running]:
    """Run a prepared installation with its API and its dashboard.

    Args:
        home: an empty folder.
        worker: run the worker too.
    """
    prepare(home, settled=worker)
    api_port, ui_port = free_port(), free_port()
    url = f"http://127.0.0.1:{api_port}"
    api, ui = api_server(home, api_port).start(), ui_server(home, ui_port, url)
    with working(home) if worker else nullcontext():
        try:
            ui.start()
            yield Running(f"http://127.0.0.1:{ui_port}", url, api, ui)
        finally:
            ui.stop()
            api.stop()
