"""What the worker does: take leased jobs one at a time, look after the schedule, close what was abandoned."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row

from api.domain.exceptions import CockpitError, Conflict
from api.domain.schedule import Attempt, is_due
from api.services.park_run import ParkRunService
from api.settings import PARIS
from api.storage import jobs, runs
from api.storage.database import Database

log = logging.getLogger(__name__)
BEAT_S = jobs.LEASE.total_seconds() / 3


@dataclass(frozen=True)
class JobService:
    """The worker's work, one step at a time.

    Args:
        database: of the jobs.
        runner: carries scoring runs out.
        now: the clock.
        worker: this worker's name, unique among the living ones.
        run_hour: hour of the daily run, Europe/Paris.
    """

    database: Database
    runner: ParkRunService
    now: Callable[[], datetime]
    worker: str
    run_hour: int
    stopping: threading.Event = field(default_factory=threading.Event)

    def beat_until_stopped(self) -> None:
        """Tell, again and again, that this worker lives, then that it leaves; run in a thread of its own."""
        self._tell(lambda connection: jobs.beat(connection, self.worker, datetime.now(UTC)))
        while not self.stopping.wait(BEAT_S):
            self._tell(lambda connection: jobs.beat(connection, self.worker, datetime.now(UTC)))
        self._tell(lambda connection: jobs.leave(connection, self.worker))

    def _tell(self, write: Callable[[Connection], None]) -> None:
        try:
            with self.database.write() as connection:
                write(connection)
        except CockpitError as error:
            log.warning("heartbeat failed", extra={"reason": error.detail})

    def step(self) -> bool:
        """Look after the schedule and do one job; False where there was none."""
        self.close_abandoned()
        self.plan_daily_run()
        return self.take_and_carry_out()

    def take_and_carry_out(self) -> bool:
        """Do the oldest job that waits; False where there is none."""
        with self.database.write() as connection:
            job = jobs.take(connection, self.worker, datetime.now(UTC))
        if job is None:
            return False
        self._carry_out(job)
        return True

    def close_abandoned(self) -> None:
        """Mark as interrupted what a vanished worker left under way."""
        with self.database.read() as connection:
            left = jobs.abandoned(connection, datetime.now(UTC))
        for job in left:
            log.warning("job abandoned by its worker", extra={"job_id": job.id, "worker": job.leased_by})
            # The run first: if this worker too is stopped between the two, the job is found again.
            if job.kind == "score":
                self.runner.interrupt(job.payload["run_id"])
            with self.database.write() as connection:
                jobs.end(connection, job.id, status="interrompu", now=self.now(), error="calculateur arrêté")

    def plan_daily_run(self) -> None:
        """Ask for the day's run when it is due; the database refuses a second one."""
        now = self.now()
        if now.astimezone(PARIS).hour < self.run_hour:
            return
        day = self.runner.default_day()
        with self.database.read() as connection:
            attempts = [
                Attempt(row.status in runs.FAILED, row.finished_at) for row in runs.scheduled(connection, day)
            ]
        if is_due(now, self.run_hour, PARIS, attempts):
            with contextlib.suppress(Conflict):  # another worker asked first
                self.runner.request(day, kind="planifie", by="planification")

    def _carry_out(self, job: Row[Any]) -> None:
        log.info("job taken", extra={"job_id": job.id, "kind": job.kind})
        error: str | None = None
        try:
            if job.kind != "score":
                raise Conflict(f"Travail inconnu : {job.kind}.")
            self.runner.execute(job.payload["run_id"])
        except CockpitError as known:
            error = known.detail
        except Exception:
            # The worker outlives a job that fails; the run already carries its state.
            log.exception("job failed", extra={"job_id": job.id})
            error = "erreur inattendue"
        with self.database.write() as connection:
            jobs.end(connection, job.id, status="echoue" if error else "termine", now=self.now(), error=error)
