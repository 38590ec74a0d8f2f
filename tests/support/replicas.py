"""Two workers and two API replicas on one database, for any number of days."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from api.core import Core
from api.settings import Environment, Settings
from tests.api.conftest import Api, running
from tests.support.client import settings_in
from tests.support.park.park_tools import (
    Clock,
    clocked,
    half_published,
    measure,
    new_park,
    run_days,
    shown_run,
)

TURBINES = 30


class Replicas:
    """Several workers and APIs on the database of ``settings_in(home)``.

    Each worker is a thread with its own core, hence its own connections, as a process has. All share one
    clock, which the test sets.
    """

    def __init__(self, home: Path, first: datetime, days: int, workers: int = 2, apis: int = 2) -> None:
        """Make a park with daily measurements up to the last day, and start everything."""
        self.clock = Clock(first)
        self.core = new_park(home, now=self.clock, env=Environment.PREPROD)
        measure(self.core, home, TURBINES, run_days((first + timedelta(days=days)).date(), days + 2))
        self.stack = ExitStack()
        self.cores: list[Core] = [clocked(self._settings(home), self.clock) for _ in range(workers)]
        self.apis: list[Api] = [self.stack.enter_context(running(self._settings(home))) for _ in range(apis)]
        self.errors: list[str] = []
        self.taken: Counter[str] = Counter()

    def _settings(self, home: Path) -> Settings:
        settings = settings_in(home).model_copy(update={"env": Environment.PREPROD})
        object.__setattr__(settings, "now", self.clock)
        return settings

    def live(self, days: int) -> None:
        """Let the days pass: each day all workers start at once, while the replicas answer."""
        headers = self.apis[0].login("manager")
        for _ in range(days):
            together = threading.Barrier(len(self.cores))
            threads = [threading.Thread(target=self._work, args=(core, together)) for core in self.cores]
            for thread in threads:
                thread.start()
            while any(thread.is_alive() for thread in threads):
                for api in self.apis:
                    self._look(api, headers)
            for thread in threads:
                thread.join()
            self.clock.now += timedelta(days=1)

    def _work(self, core: Core, together: threading.Barrier) -> None:
        """Do one worker's day: step until there is nothing to do, twice in a row."""
        worker = core.job_service()
        together.wait()
        idle = 0
        try:
            while idle < 2:
                busy = worker.step()
                self.taken[str(id(core))] += busy
                idle = 0 if busy else idle + 1
        except Exception as error:  # noqa: BLE001 - the test reports it
            self.errors.append(repr(error))

    def _look(self, api: Api, headers: dict[str, str]) -> None:
        """Check that the ranking is whole at any moment."""
        answer = api.get("/api/v1/park", params={"limit": 10_000}, headers=headers)
        if answer.status_code != 200:
            self.errors.append(answer.text)
        elif answer.json()["run"] is not None:
            ranks = [item["rank"] for item in answer.json()["items"]]
            if ranks != list(range(1, TURBINES + 1)):
                self.errors.append(f"ranking {ranks}")

    def scheduled(self) -> list[tuple[Any, ...]]:
        """Return the day and status of every scheduled run, and the number of published runs of its day."""
        query = text(
            "SELECT r.as_of, r.status, (SELECT count(*) FROM runs o WHERE o.as_of = r.as_of"
            " AND o.published_at IS NOT NULL) FROM runs r WHERE r.kind = 'planifie' ORDER BY r.as_of"
        )
        with self.core.database.read() as connection:
            return [(str(row[0]), row[1], row[2]) for row in connection.execute(query)]

    def settled(self) -> None:
        """Check that nothing is left to do or half done, and that a whole ranking is published."""
        with self.core.database.read() as connection:
            left = text("SELECT count(*) FROM jobs WHERE status IN ('en_attente', 'en_cours')")
            assert connection.scalar(left) == 0
        assert half_published(self.core.database) == 0
        assert shown_run(self.core.database) is not None

    def close(self) -> None:
        """Stop everything."""
        self.stack.close()
        for core in (*self.cores, self.core):
            core.close()
