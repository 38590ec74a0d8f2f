"""``kill -9`` at any moment: no answered prediction without its row, and no repair at the next start."""

from __future__ import annotations

import os
import random
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from fastapi import Depends, FastAPI, Request, Response

from api.deps import need
from api.domain.rights import Right
from api.main import create_app
from api.services.accounts import AccountService
from api.storage import migrate
from api.storage.database import Database
from tests.client import settings_in

ROOT = Path(__file__).resolve().parent.parent.parent
ASK = "/api/v1/essai/predictions"
CLIENTS = 8


def make() -> FastAPI:
    """For ``uvicorn --factory``: the application with one route that answers as predictions do."""
    app = create_app(settings_in(Path(os.environ["ESSAI_HOME"])))

    @app.post(ASK, dependencies=[Depends(need(Right.PREDICT))])
    async def ask(request: Request) -> Response:
        request.state.call.purpose = "unitaire"
        request.state.call.must_commit = True
        request.state.call.inputs = await request.body()
        return Response(b'{"risk_level":"faible"}', media_type="application/json")

    return app


@contextmanager
def serving(home: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A real server process on that home, and its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "--factory", f"{__name__}:make", "--port", str(port)]
    environment = {**os.environ, "ESSAI_HOME": str(home)}
    with (home / "server.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(process, url, home)
        yield process, url
    finally:
        process.kill()
        process.wait()


def _wait(process: subprocess.Popen[bytes], url: str, home: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            if httpx.get(f"{url}/health", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        alive = process.poll() is None and time.monotonic() < deadline
        assert alive, (home / "server.log").read_text(encoding="utf-8", errors="replace")
        time.sleep(0.1)


def _ask_until_killed(url: str, key: str, acknowledged: list[str]) -> None:
    with httpx.Client(base_url=url, headers={"X-API-Key": key}, trust_env=False) as client:
        while True:
            try:
                answer = client.post(ASK, content=b'{"turbine_id": "5"}')
            except httpx.TransportError:
                return
            assert answer.status_code == 200, answer.text
            acknowledged.append(answer.headers["x-request-id"])


def _kill_under_load(home: Path, key: str, load_s: float) -> list[str]:
    acknowledged: list[str] = []
    with serving(home) as (process, url):
        clients = [
            threading.Thread(target=_ask_until_killed, args=(url, key, acknowledged)) for _ in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        time.sleep(load_s)
        process.kill()
        for client in clients:
            client.join(timeout=30)
        assert not any(client.is_alive() for client in clients)
    return acknowledged


@pytest.fixture
def key(tmp_path: Path) -> str:
    settings = settings_in(tmp_path)
    database = Database.at(settings.url)
    migrate.upgrade(database)
    made = AccountService(database, settings).create_key("essai", ["predict"])
    database.close()
    return made


@pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no kill -9; the launcher ends children there"
)
@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.long)])
def test_kill_9__every_answered_prediction_has_its_row(tmp_path: Path, key: str, kills: int) -> None:
    chance = random.Random(9)
    acknowledged: list[str] = []

    for _ in range(kills):
        before = len(acknowledged)
        acknowledged += _kill_under_load(tmp_path, key, chance.uniform(0.3, 1.2))
        assert len(acknowledged) > before, "the server answered before it was killed"

        connection = sqlite3.connect(tmp_path / "cockpit.db")
        rows = {request_id for (request_id,) in connection.execute("SELECT request_id FROM call_log")}
        [[verdict]] = connection.execute("PRAGMA integrity_check")
        connection.close()
        assert set(acknowledged) <= rows
        assert verdict == "ok"
    assert len(set(acknowledged)) == len(acknowledged)
