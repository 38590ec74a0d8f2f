"""``kill -9`` at any moment: no answered prediction without its row, and no repair at the next start."""

from __future__ import annotations

import random
import sqlite3
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from tests.support.client import new_core
from tests.support.serving import serving

ASK = "/api/v1/predictions?explain=false"
CLIENTS = 8
FIRST_ANSWER_S = 30
MEASUREMENT = {
    "turbine_id": "5",
    "measured_at": "2024-06-30",
    "wind_speed": 12.0,
    "vibration_level": 2.5,
    "temperature": 44.0,
    "power_output": 715.0,
    "maintenance_done": 0,
}


def _ask_until_killed(url: str, key: str, acknowledged: list[str]) -> None:
    with httpx.Client(base_url=url, headers={"X-API-Key": key}, trust_env=False) as client:
        while True:
            try:
                answer = client.post(ASK, json=MEASUREMENT)
            except httpx.TransportError:
                return
            assert answer.status_code == 200, answer.text
            acknowledged.append(answer.json()["request_id"])


def _kill_under_load(home: Path, key: str, load_s: float) -> list[str]:
    acknowledged: list[str] = []
    with serving(home) as (process, url):
        clients = [
            threading.Thread(target=_ask_until_killed, args=(url, key, acknowledged)) for _ in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        deadline = time.monotonic() + FIRST_ANSWER_S
        while not acknowledged and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(load_s)
        process.kill()
        for client in clients:
            client.join(timeout=30)
        assert not any(client.is_alive() for client in clients)
    return acknowledged


@pytest.fixture
def key(tmp_path: Path) -> str:
    core = new_core(tmp_path)
    for summary in core.model_service.all():
        core.model_service.activate(summary.name, summary.version, by="essai", reason="essai")
    made = core.keys.create("essai", ["predict"]).secret
    core.close()
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
        acknowledged += _kill_under_load(tmp_path, key, chance.uniform(0, 1))
        assert len(acknowledged) > before, "the server answered before it was killed"

        connection = sqlite3.connect(tmp_path / "cockpit.db")
        rows = {
            request_id
            for (request_id,) in connection.execute(
                "SELECT request_id FROM call_log WHERE inputs IS NOT NULL AND outputs IS NOT NULL"
            )
        }
        [[verdict]] = connection.execute("PRAGMA integrity_check")
        connection.close()
        assert set(acknowledged) <= rows
        assert verdict == "ok"
    assert len(set(acknowledged)) == len(acknowledged)
