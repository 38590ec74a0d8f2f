"""Recomputes past days as each day would have been scored: on demand, or after a stop missed them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row

from api.domain.park.scored import ScoredTurbine
from api.domain.shared.exceptions import Conflict, InvalidInput
from api.inference.serving.store import ModelStore
from api.schemas import french
from api.schemas.vocabulary import AuditAction
from api.services.models.active_models import ActiveModels, ActiveModelsSource
from api.services.models.sensors import current_catalogue
from api.services.park.changes import ScoredRun, record
from api.services.park.history.distributed import DaysOnDask, ScoredDay
from api.services.park.history.keeping import RECOMPUTED, described, keeping
from api.services.park.history.past_days import ONE_DAY, PastAudits
from api.services.park.run import publish
from api.services.park.scoring_day import ParkDay, read_park, score_park
from api.services.park.shadow.shadow import ShadowService
from api.services.shared import audit
from api.storage import policy as policies
from api.storage.measurements import ingestion, measurements
from api.storage.park import changes, runs, scores, shown_days
from api.storage.park.shown_days import ShownDay
from api.storage.shared import jobs, published
from api.storage.shared.database import Database

RENEW = "renew"
"""In a job's payload: runs up to this number do not stand, for the rows behind them changed."""
MISSED_DAYS = 31  # days that a catch-up goes back; the command recomputes older ones
SLICE_S = 2.0  # between two slices the worker does its other tasks
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Recomputed:
    """The result of a recomputation, in days.

    Args:
        scored: published now.
        kept: published before by the same models under the same policy.
        empty: before the first measurement.
        left: still to do; 0 if it is complete.
    """

    scored: int
    kept: int
    empty: int
    left: int


@dataclass(frozen=True)
class ParkHistory:
    """Recomputes days; each is published in one transaction."""

    database: Database
    models: ActiveModelsSource
    store: ModelStore
    now: Callable[[], datetime]
    shadow: ShadowService
    on_dask: DaysOnDask | None = None

    def recompute(
        self,
        first: date,
        last: date,
        *,
        by: str,
        again: bool = False,
        show: Progress | None = None,
    ) -> Recomputed:
        """Publish each day of a period that is not published yet, oldest first.

        A day is scored without any later data. After a stop, the next call goes on from there.

        Args:
            first: day, included.
            last: day, included.
            by: who asks.
            again: also score the days that the same models published under the same policy.
            show: called with the days done and their total.

        Raises:
            InvalidInput: the last day precedes the first, or is in the future.
            Conflict: the park is empty, or nothing was measured by the last day.
            ModelUnavailable: no classifier can answer.
        """
        self._check(first, last)
        models = self.models.current()
        models.require()
        used = described(models)
        with self.database.write() as connection:
            version, _ = policies.current(connection)
            action, details = AuditAction.HISTORIQUE_DEMANDE, {"again": again}
            period = f"{first}/{last}"
            audit.record(self.database, connection, action, "historique", period, by=by, details=details)

        def stands(day: ShownDay) -> bool:
            return not again and day.models == used and day.policy_version == version

        return self._walk(first, last, models, stands, by, show, until=None)

    def _check(self, first: date, last: date) -> None:
        if last < first:
            raise InvalidInput.single("--to", "le dernier jour précède le premier.", last)
        today = french.paris_day(self.now())
        if last > today:
            raise InvalidInput.single("--to", f"jour à venir ; au plus tard {french.date(today)}.", last)
        with self.database.read() as connection:
            _measured_by(connection, last)

    def _walk(
        self,
        first: date,
        last: date,
        models: ActiveModels,
        stands: Callable[[ShownDay], bool],
        by: str,
        show: Progress | None,
        until: float | None,
    ) -> Recomputed:
        """Publish each missing day, and recount the changes of kept days that follow another day now."""
        with self.database.read() as connection:
            measured = _measured_by(connection, last)
            standing = {day.as_of: day for day in shown_days.shown_days(connection, first)}
        days = [first + ONE_DAY * n for n in range((last - first).days + 1)]
        wanted = [day for day in days if day >= measured]
        todo = [day for day in wanted if day not in standing or not stands(standing[day])]
        kept, empty = len(wanted) - len(todo), len(days) - len(wanted)
        with self._scored(todo, models, slices=until is not None) as scored:
            for done, day in enumerate(todo):
                if until is not None and time.monotonic() >= until:
                    return Recomputed(done, kept, empty, len(todo) - done)
                self._recount_changes(standing, day, models)
                run_id = self._publish(*next(scored), models, by)
                standing = {other: known for other, known in standing.items() if other > day}
                self.shadow.score_run(run_id)
                if show:
                    show(done + 1, len(todo))
        self._recount_changes(standing, None, models)
        return Recomputed(len(todo), kept, empty, 0)

    def _scored(
        self, days: Sequence[date], models: ActiveModels, *, slices: bool
    ) -> AbstractContextManager[Iterator[ScoredDay]]:
        """Score the days in order; on Dask if it is set up and the days are not done by slices."""
        if self.on_dask is None or slices or not days:
            return nullcontext(self._scored_here(days, models))
        return self.on_dask.scored(days, models)

    def _scored_here(self, days: Sequence[date], models: ActiveModels) -> Iterator[ScoredDay]:
        audits = PastAudits(current_catalogue(self.database, self.store), days)
        for day in days:
            started = self.now()
            with self.database.read() as connection:
                known = read_park(connection, day, audits.of(connection, day))
            yield ScoredDay(known, score_park(known, models, lambda _phase, _done: None), started)

    def _publish(
        self, known: ParkDay, rows: Sequence[ScoredTurbine], started: datetime, models: ActiveModels, by: str
    ) -> int:
        with self.database.write() as connection:
            day = known.as_of
            run_id = runs.create(connection, kind=RECOMPUTED, as_of=day, requested_by=by, now=started)
            runs.start(connection, run_id, started)
            for chunk in scores.in_chunks(rows):
                scores.insert(connection, run_id, chunk)
            publish(self.database, connection, run_id, known, rows, models, self.now())
        return run_id

    def _recount_changes(
        self, standing: dict[date, ShownDay], before: date | None, models: ActiveModels
    ) -> None:
        """Recount the changes of kept days from the day that now precedes them, as long as they differ.

        Args:
            standing: days that are not scored again, oldest first.
            before: only days before this one; None for all.
            models: in force; a day scored by others keeps its changes.
        """
        used = described(models)
        altered = False
        for day in standing.values():
            if before is not None and day.as_of >= before:
                return
            if day.models != used:
                altered = False
                continue
            with self.database.write() as connection:
                self.database.lock(connection, "publication")
                altered = _recount_day(connection, day, models, altered)

    # In the worker

    def ask(self, first: date, last: date, *, by: str) -> int | None:
        """Queue the missing days of a period for the worker; return the job, or None if none is missing.

        Days that the other park's models scored are missing, too.
        """
        models = self.models.current()
        with self.database.write() as connection:
            self.database.lock(connection, "history")
            for job in jobs.under_way(connection, jobs.HISTORY):
                if job.payload["first"] <= first.isoformat() and last.isoformat() <= job.payload["last"]:
                    return int(job.id)
            keeps = keeping(connection, self.store, models)
            ranked = {day.as_of for day in shown_days.shown_days(connection, first) if keeps(day)}
            measured = measurements.first_measured_day(connection)
            start = max(first, measured) if measured else last + ONE_DAY
            if all(start + ONE_DAY * n in ranked for n in range((last - start).days + 1)):
                return None
            payload = {
                "first": first.isoformat(),
                "last": last.isoformat(),
                "sources": park_sources(connection),
            }
            return jobs.add(connection, kind=jobs.HISTORY, payload=payload, by=by, now=self.now())

    def ask_missed(self, day: date) -> int | None:
        """Queue the days between the published ranking and ``day``, which a stop of the worker missed."""
        with self.database.read() as connection:
            run = published.published_run(connection)
        if run is None or (day - run.as_of).days <= 1:
            return None
        first = max(run.as_of + ONE_DAY, day - ONE_DAY * MISSED_DAYS)
        return self.ask(first, day - ONE_DAY, by="rattrapage")

    def carry_out(self, job: Row[Any]) -> dict[str, Any] | None:
        """Do a slice of a job; None puts it back, to go on when nothing more urgent waits.

        Raises:
            ModelUnavailable: no classifier can answer.
        """
        first, last = (date.fromisoformat(job.payload[name]) for name in ("first", "last"))
        models = self.models.current()
        with self.database.read() as connection:
            if park_sources(connection) != job.payload["sources"]:
                return {"scored": 0, "reason": "parc remplacé"}
            keeps = keeping(connection, self.store, models)
        models.require()
        renew = job.payload.get(RENEW, 0)
        until = time.monotonic() + SLICE_S

        def stands(day: ShownDay) -> bool:
            return day.run > renew and keeps(day)

        done = self._walk(first, last, models, stands, job.requested_by, None, until)
        total = (last - first).days + 1
        with self.database.write() as connection:
            jobs.progress(connection, job.id, total - done.left, total)
        return {"days": total} if done.left == 0 else None


def _recount_day(connection: Connection, day: ShownDay, models: ActiveModels, altered: bool) -> bool:
    """Recount one day's changes if another day precedes it now; return whether they changed."""
    before = changes.run_before(connection, day.as_of)
    if day.compared_with == (None if before is None else before.id) and not altered:
        return False
    former = shown_days.told_levels(connection, day.run)
    policy = policies.version(connection, day.policy_version)
    rows = scores.of_run(connection, day.run)
    record(connection, ScoredRun(day.run, day.as_of, rows, day.models, models, day.policy_version, policy))
    return shown_days.told_levels(connection, day.run) != former


def _measured_by(connection: Connection, last: date) -> date:
    """Return the first measured day of the park; refuse a later one than ``last``."""
    measured = measurements.first_measured_day(connection)
    if measured is None or measured > last:
        raise Conflict(f"Aucune mesure au {french.date(last)} ou avant : rien à calculer sur cette période.")
    return measured


def park_sources(connection: Connection) -> list[str]:
    """Return where the living park's rows come from."""
    return sorted(ingestion.living_sources(connection))
