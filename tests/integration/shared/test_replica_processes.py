"""Two API replicas and two workers on one PostgreSQL, each a process: one run a day, seen whole everywhere.

``test_replicas.py`` lives thirty days in threads; here each day's workers are processes that start and end.
"""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from api.core import Core
from api.schemas.vocabulary import Role
from api.storage.tables import jobs, runs
from tests.conftest import home_on
from tests.support.park.park_tools import half_published, measure, new_park, run_days, shown_run
from tests.support.serving import serving, working

PREPROD = {"ENV": "preprod", "STORE_KEY": "s" * 48}

LAST = date(2024, 6, 30)
TURBINES = 40
DAY_S = 90
IDLE_S = 1.2  # two looks of a worker that has nothing to do
PARK = "/api/v1/park?limit=1000"


@pytest.fixture
def core(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Core]:
    """A month of measurements on PostgreSQL, none of them scored."""
    with home_on("postgresql", tmp_path, request):
        made = new_park(tmp_path)
        measure(made, tmp_path, TURBINES, run_days(LAST, 31))
        yield made
        made.close()


class _Watcher(threading.Thread):
    """Asks one replica for the ranking, again and again, and judges each answer by itself."""

    def __init__(self, url: str, key: str) -> None:
        super().__init__(daemon=True)
        self.client = httpx.Client(base_url=url, headers={"X-API-Key": key}, trust_env=False)
        self.seen: list[date] = []
        self.wrong: list[str] = []
        self.over = threading.Event()

    def run(self) -> None:
        with self.client:
            while not self.over.wait(0.2):
                self.look()

    def look(self) -> None:
        answer = self.client.get(PARK)
        park: dict[str, Any] = answer.json()
        if answer.status_code != 200:
            self.wrong.append(answer.text)
        elif park["run"] is not None:
            ranks = [item["rank"] for item in park["items"]]
            if ranks != list(range(1, TURBINES + 1)):
                self.wrong.append(f"{park['run']}: {ranks}")
            self.seen.append(date.fromisoformat(park["run"]["as_of"]))


def _published(core: Core, day: date) -> bool:
    with core.database.read() as connection:
        query = select(func.count()).where(runs.c.as_of == day, runs.c.published_at.is_not(None))
        return bool(connection.scalar(query))


def _live(core: Core, day: date) -> None:
    """One day of two workers, from their start to their orderly end."""
    clock = PREPROD | {"CLOCK": f"{day}T07:00"}
    with ExitStack() as stack:
        workers = [stack.enter_context(working(core.settings.home, **clock)) for _ in range(2)]
        deadline = time.monotonic() + DAY_S
        while not _published(core, day):
            log = (core.settings.home / "worker.log").read_text(encoding="utf-8", errors="replace")
            assert time.monotonic() < deadline, log[-3_000:]
            time.sleep(0.05)
        time.sleep(IDLE_S)  # a second run would be asked for now
        assert [_ended(worker) for worker in workers] == [0, 0]


def _ended(worker: subprocess.Popen[bytes]) -> int:
    worker.send_signal(signal.SIGTERM)
    return worker.wait(timeout=DAY_S)


@pytest.mark.long
@pytest.mark.parametrize("days", [2, 30])
def test_two_replicas_and_two_workers__one_run_a_day(core: Core, days: int) -> None:
    home, lived = core.settings.home, run_days(LAST, days)
    key = core.keys.create("essai", ["read"]).secret
    with ExitStack() as stack:
        settings = PREPROD | {"CLOCK": f"{LAST}T23:00"}
        urls = [stack.enter_context(serving(home, **settings))[1] for _ in range(2)]
        watchers = [_Watcher(url, key) for url in urls]
        for watcher in watchers:
            watcher.start()
        for day in lived:
            _live(core, day)
            assert shown_run(core.database) is not None
        for watcher in watchers:
            watcher.over.set()
            watcher.join()
            assert watcher.wrong == []
            assert watcher.seen == sorted(watcher.seen), "a ranking never goes back"
            assert set(watcher.seen) <= set(lived)
            assert watcher.seen[-1] == LAST
        with httpx.Client(headers={"X-API-Key": key}, trust_env=False) as client:
            first, second = (client.get(url + PARK).json() for url in urls)
        assert first["items"] == second["items"]
    with core.database.read() as connection:
        made = [tuple(r) for r in connection.execute(select(runs.c.as_of, runs.c.kind).order_by(runs.c.id))]
        taken = connection.execute(select(jobs.c.leased_by, jobs.c.status)).all()
    assert made == [(day, "planifie") for day in lived]
    assert len({worker for worker, _ in taken}) == len(taken) == days
    assert {status for _, status in taken} == {"termine"}
    assert half_published(core.database) == 0


def test_day_asked_for_of_both_replicas_at_once__is_one_run(core: Core) -> None:
    """The token that one replica gave is good for the other; eight requests are one run."""
    core.accounts.create("essai", "Essai", Role.MANAGER, "un mot de passe assez long")
    settings = PREPROD | {"CLOCK": f"{LAST}T23:00"}
    with ExitStack() as stack:
        urls = [stack.enter_context(serving(core.settings.home, **settings))[1] for _ in range(2)]
        client = stack.enter_context(httpx.Client(trust_env=False))
        person = {"username": "essai", "password": "un mot de passe assez long"}
        token = client.post(f"{urls[0]}/api/v1/auth/token", data=person).json()["access_token"]

        def ask(url: str) -> httpx.Response:
            headers = {"Authorization": f"Bearer {token}"}
            asked = {"as_of": LAST.isoformat()}
            return client.post(f"{url}/api/v1/park/runs", json=asked, headers=headers)

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(ask, urls * 4))
        assert [answer.status_code for answer in answers] == [202] * 8, answers[0].text
        assert len({answer.json()["run_id"] for answer in answers}) == 1
        with working(core.settings.home, **PREPROD, CLOCK=f"{LAST}T05:00") as worker:  # before the hour
            deadline = time.monotonic() + DAY_S
            while not _published(core, LAST):
                assert worker.poll() is None and time.monotonic() < deadline
                time.sleep(0.05)
    with core.database.read() as connection:
        assert list(connection.scalars(select(runs.c.kind))) == ["manuel"]
