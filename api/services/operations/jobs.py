"""The worker's tasks: take jobs one at a time, watch schedule and inbox, close abandoned jobs."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Row

from api.domain.park.schedule import is_due
from api.domain.shared.exceptions import CockpitError, Conflict, InvalidInput
from api.schemas import french
from api.services.measurements.inbox import Inbox
from api.services.park.calendar import attempts_of
from api.services.park.run import KIND, LOST_DATABASE, STOPPED_WORKER, ParkRunService
from api.storage.shared import jobs
from api.storage.shared.database import Database

log = logging.getLogger(__name__)
BEAT_S = jobs.LEASE.total_seconds() / 3
MAX_ATTEMPTS = 3  # a job that stops its worker each time is not tried for ever


@dataclass(frozen=True)
class JobKind:
    """How jobs of one kind are done.

    Args:
        carry_out: does a job; its result is stored with the job. None puts the job back in the queue, to go
            on when nothing more urgent waits.
        forget: cleans up after a job that ended or failed.
        refusal: how a job ends whose file must be corrected; other errors end it ``echoue``.
    """

    carry_out: Callable[[Row[Any]], dict[str, Any] | None]
    forget: Callable[[Row[Any]], None]
    refusal: str = "echoue"


@dataclass(frozen=True)
class JobService:
    """The worker's work, one step at a time.

    Args:
        database: of the jobs.
        runner: carries scoring runs out.
        now: the clock.
        worker: this worker's name, unique among the living ones.
        run_hour: hour of the daily run, Europe/Paris.
        repeatable: jobs other than runs, by kind; an abandoned one is done again, for twice does no harm.
        inbox: files in it are ingested; None if this worker has no inbox.
        feed: called before the daily run is requested; None in most installations.
        missed: called with the day of the requested run, to recompute missing days before it.
        upkeep: called at each step, to bring the park's past up to its models.
    """

    database: Database
    runner: ParkRunService
    now: Callable[[], datetime]
    worker: str
    run_hour: int
    repeatable: Mapping[str, JobKind] = field(default_factory=dict)
    inbox: Inbox | None = None
    feed: Callable[[], object] | None = None
    missed: Callable[[date], object] | None = None
    upkeep: Callable[[], object] | None = None
    stopping: threading.Event = field(default_factory=threading.Event)

    def beat_until_stopped(self) -> None:
        """Record at each beat that this worker lives, then that it leaves; runs in a thread of its own."""
        self._record(lambda connection: jobs.beat(connection, self.worker, datetime.now(UTC)))
        while not self.stopping.wait(BEAT_S):
            self._record(lambda connection: jobs.beat(connection, self.worker, datetime.now(UTC)))
        self._record(lambda connection: jobs.leave(connection, self.worker))

    def _record(self, write: Callable[[Connection], None]) -> None:
        try:
            with self.database.write() as connection:
                write(connection)
        except CockpitError as error:
            log.warning("heartbeat failed", extra={"reason": error.detail})

    def step(self) -> bool:
        """Watch inbox and schedule, then do one job; False if none waited."""
        self.close_abandoned()
        if self.inbox is not None:
            self.inbox.look_now_and_then()
        self.plan_daily_run()
        if self.upkeep is not None:
            self.upkeep()
        return self.take_and_carry_out()

    def take_and_carry_out(self) -> bool:
        """Do the oldest waiting job; False if there is none."""
        with self.database.write() as connection:
            job = jobs.take(connection, self.worker, datetime.now(UTC))
        if job is None:
            return False
        self._carry_out(job)
        return True

    def close_abandoned(self) -> None:
        """Close jobs of a vanished worker, and those that this worker could not close.

        Between two jobs this worker does none: a job that it still holds ended while the database was away.
        """
        with self.database.read() as connection:
            left = [(job, STOPPED_WORKER) for job in jobs.abandoned(connection, datetime.now(UTC))]
            mine = [(job, LOST_DATABASE) for job in jobs.leased_by(connection, self.worker)]
        for job, reason in (*left, *mine):
            log.warning("job abandoned by its worker", extra={"job_id": job.id, "worker": job.leased_by})
            # The run first: if this worker stops between the two, the job is still there to close.
            if job.kind == KIND:
                self.runner.interrupt(job.payload["run_id"], reason)
            elif job.kind in self.repeatable and job.attempts < MAX_ATTEMPTS:
                with self.database.write() as connection:
                    jobs.requeue(connection, job.id, job.leased_by)
                continue
            self._end(job, status="interrompu", error="calculateur arrêté")

    def plan_daily_run(self) -> None:
        """Request the day's run when it is due; the database refuses a second one."""
        if self.now().astimezone(french.PARIS).hour < self.run_hour:
            return
        if self.feed is not None:
            self.feed()
        if self._day_due() is not None:
            if self.inbox is not None:
                self.inbox.look_before_run()
            day = self._day_due()  # files just ingested may hold a later day
            if day is not None:
                with contextlib.suppress(Conflict):  # another worker asked first
                    self.runner.request(day, kind="planifie", by="planification")
                    if self.missed is not None:
                        self.missed(day)

    def _day_due(self) -> date | None:
        """Return the day whose scheduled run is due; None if it is too early or done, or lacks models."""
        with self.database.read() as connection:
            day = self.runner.calendar.day(connection)
            if self.runner.calendar.awaits_models(connection):
                return None
            attempts = attempts_of(connection, day)
        return day if is_due(self.now(), self.run_hour, attempts) else None

    def _carry_out(self, job: Row[Any]) -> None:
        log.info("job taken", extra={"job_id": job.id, "kind": job.kind})
        error: str | None = None
        status = "termine"
        result: dict[str, Any] | None = None
        try:
            if job.kind in self.repeatable:
                result = self.repeatable[job.kind].carry_out(job)
                if result is None:
                    with self.database.write() as connection:
                        jobs.requeue(connection, job.id, self.worker, advanced=True)
                    return
            elif job.kind == KIND:
                self.runner.execute(job.payload["run_id"])
            else:
                raise Conflict(f"Travail inconnu : {job.kind}.")
        except CockpitError as known:
            error, status = known.detail, "echoue"
            if isinstance(known, InvalidInput) and job.kind in self.repeatable:
                status = self.repeatable[job.kind].refusal
        except Exception:
            # The worker outlives a job that fails; the run already carries its state.
            log.exception("job failed", extra={"job_id": job.id})
            error, status = "erreur inattendue", "echoue"
        self._end(job, status=status, result=result, error=error)

    def _end(self, job: Row[Any], **values: Any) -> None:
        with self.database.write() as connection:
            jobs.end(connection, job.id, job.leased_by, now=self.now(), **values)
        if job.kind in self.repeatable:
            self.repeatable[job.kind].forget(job)
