"""Runs: scorings of the whole park, published with every turbine or not at all."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row

from api.domain.park.scored import ScoredTurbine
from api.domain.shared.exceptions import CockpitError, Conflict, InvalidInput, NotFound
from api.inference.serving.store import ModelStore
from api.schemas import french
from api.schemas.vocabulary import AuditAction, DataStatus, RiskLevel
from api.services.models.active_models import ActiveModels, ActiveModelsSource, ServedModel
from api.services.models.sensors import catalogue_of
from api.services.park.calendar import ParkCalendar
from api.services.park.changes import ScoredRun, record
from api.services.park.scoring_day import ParkDay, auditing, read_park, score_park
from api.services.park.shadow.shadow import ShadowService
from api.services.shared import audit
from api.storage.park import runs, scores
from api.storage.shared import jobs
from api.storage.shared.database import Database

KIND = "score"
TELL_S = 0.2  # between two writings of a run's progress: each costs a commit
GIVE_WAY_S = 0.01  # between two chunks on SQLite, so that other writers find a gap
STOPPED_WORKER = "Le calculateur s’est arrêté pendant le calcul ; relancez-le."
LOST_DATABASE = "La base ne répondait plus pendant le calcul ; il sera relancé, ou relancez-le."
_CANCELLED = "Calcul annulé sur demande ; le classement publié reste en place."
_UNEXPECTED = "Erreur inattendue ; son détail est dans le journal du calculateur."
_IN_WORDS = {
    "termine": "terminé",
    "termine_avec_erreurs": "terminé avec erreurs",
    "echoue": "échoué",
    "interrompu": "interrompu",
    "annule": "annulé",
}
log = logging.getLogger(__name__)


class _Stopped(Exception):
    """The run must stop: it was cancelled or closed meanwhile."""


@dataclass
class _Meter:
    """Writes the progress of a run, and stops a run that was cancelled or closed."""

    database: Database
    run_id: int
    total: int = 0
    _written_at: float = field(default_factory=time.monotonic)

    def __call__(self, phase: str, done: int) -> None:
        if time.monotonic() - self._written_at < TELL_S:
            return
        with self.database.write() as connection:
            self.write(connection, phase, done)
        self._written_at = time.monotonic()

    def write(self, connection: Connection, phase: str, done: int) -> None:
        """Write the progress; a run that must stop rolls the transaction back."""
        if not runs.tell(connection, self.run_id, phase=phase, done=done, total=self.total):
            raise _Stopped


@dataclass(frozen=True)
class ParkRunService:
    """Requests, executes and cancels runs.

    Args:
        database: of the park and its runs.
        models: in force.
        store: knows the sensors.
        calendar: the clock and the park's day.
        shadow: candidates that score each published run.
    """

    database: Database
    models: ActiveModelsSource
    store: ModelStore
    calendar: ParkCalendar
    shadow: ShadowService

    def now(self) -> datetime:
        """Return the present instant."""
        return self.calendar.now()

    def request(self, as_of: date | None, *, kind: str, by: str) -> int:
        """Queue a run and return its number, or that of a run under way for the same day.

        Raises:
            InvalidInput: the day is in the future.
            Conflict: the scheduled run of that day exists already.
        """
        today = self.calendar.today()
        if as_of is not None and as_of > today:
            raise InvalidInput.single("as_of", f"jour à venir ; au plus tard {french.date(today)}.", as_of)
        with self.database.write() as connection:
            return self.queue(connection, as_of or self.calendar.day(connection), kind=kind, by=by)

    def queue(self, connection: Connection, day: date, *, kind: str, by: str) -> int:
        """Queue a run in the caller's transaction; see :meth:`request`.

        Raises:
            Conflict: the scheduled run of that day exists already.
        """
        self.database.lock(connection, "runs")
        if kind != "planifie" and (waiting := runs.under_way(connection, day)):
            return int(waiting.id)
        run_id = runs.create(connection, kind=kind, as_of=day, requested_by=by, now=self.now())
        jobs.add(connection, kind=KIND, payload={"run_id": run_id}, by=by, now=self.now())
        if kind != "planifie":
            details = {"kind": kind, "as_of": day.isoformat()}
            action = AuditAction.CALCUL_DEMANDE
            audit.record(self.database, connection, action, "calcul", run_id, by=by, details=details)
        return run_id

    def cancel(self, run_id: int, *, by: str) -> None:
        """Stop a run: at once if it waits, at its next check if it is under way.

        Raises:
            NotFound: no such run.
            Conflict: it has ended.
        """
        with self.database.write() as connection:
            run = _run_row(connection, run_id)
            if run.status not in runs.UNDER_WAY:
                raise Conflict(
                    f"Le calcul n° {run_id} n’est plus en cours ({_IN_WORDS[run.status]}) : "
                    "il n’y a plus rien à annuler."
                )
            runs.change(connection, run_id, cancel_asked_by=by)
            if run.status == "en_attente":  # its job will see that it ended
                self._end(connection, run_id, "annule", _CANCELLED)

    def execute(self, run_id: int) -> None:
        """Execute a waiting run; it ends published whole, or closed with a reason.

        Raises:
            NotFound: no such run.
        """
        with self.database.write() as connection:
            run = _run_row(connection, run_id)
            if not runs.start(connection, run_id, self.now()):
                return  # cancelled while it waited
        try:
            self._score_and_publish(run)
        except _Stopped:
            self._close(run_id, "interrompu", STOPPED_WORKER)
        except CockpitError as error:
            log.error("run failed", extra={"run_id": run_id, "reason": error.detail})
            self._close(run_id, "echoue", error.detail)
        except Exception:
            self._close(run_id, "echoue", _UNEXPECTED)
            raise
        else:  # published: a candidate can no longer change it
            self.shadow.score_run(run_id)

    def interrupt(self, run_id: int, reason: str = STOPPED_WORKER) -> None:
        """Close a run whose worker is gone; an ended run does not change."""
        self._close(run_id, "interrompu", reason)

    def _close(self, run_id: int, status: str, reason: str) -> None:
        """End a run without a ranking: its scores are deleted, the published ranking stays."""
        with self.database.write() as connection:
            run = _run_row(connection, run_id)
            if run.published_at is not None:
                return
            if run.status not in runs.UNDER_WAY:
                scores.drop(connection, run_id)  # scores stored after it was closed
            elif run.cancel_asked_by is not None:
                self._end(connection, run_id, "annule", _CANCELLED)
            else:
                self._end(connection, run_id, status, reason)

    def _end(self, connection: Connection, run_id: int, status: str, reason: str) -> None:
        scores.drop(connection, run_id)
        runs.change(
            connection, run_id, status=status, finished_at=self.now(), error=reason, phase=None, done=0
        )

    def _score_and_publish(self, run: Row[Any]) -> None:
        meter = _Meter(self.database, run.id)
        models = self.models.current()
        models.require()
        meter("lecture", 0)
        with self.database.read() as connection:
            known = read_park(connection, run.as_of, auditing(catalogue_of(connection, self.store)))
        meter.total = len(known.park)
        rows = score_park(known, models, meter)
        # The last chunk is stored with the publication: a small park costs one transaction.
        *chunks, last = scores.in_chunks(rows)
        for number, chunk in enumerate(chunks):
            with self.database.write() as connection:
                meter.write(connection, "enregistrement", number * scores.CHUNK)
                scores.insert(connection, run.id, chunk)
            if self.database.is_sqlite:
                time.sleep(GIVE_WAY_S)
        with self.database.write() as connection:
            meter.write(connection, "publication", meter.total)
            scores.insert(connection, run.id, last)
            publish(self.database, connection, run.id, known, rows, models, self.now())


def publish(
    database: Database,
    connection: Connection,
    run_id: int,
    known: ParkDay,
    rows: Sequence[ScoredTurbine],
    models: ActiveModels,
    now: datetime,
) -> None:
    """Publish a run whose scores are stored, with its changes; call it in one transaction."""
    database.lock(connection, "publication")  # so that the run it compares with stays the former one
    used = [used_model(served) for served in models.served]
    record(connection, ScoredRun(run_id, known.as_of, rows, used, models, known.policy_version, known.policy))
    dead = [row.data_status for row in rows if row.silent]
    levels = Counter(row.level for row in rows)
    failed = dead.count(DataStatus.NON_EVALUE)
    runs.publish(
        connection,
        run_id,
        now=now,
        status="termine_avec_erreurs" if failed else "termine",
        phase=None,
        done=len(rows),
        total=len(rows),
        failed=failed,
        stale=dead.count(DataStatus.PERIME),
        counts={level: levels[level] for level in RiskLevel},
        models=used,
        policy_version=known.policy_version,
        threshold=known.policy.threshold,
    )


def used_model(served: ServedModel) -> dict[str, Any]:
    """Describe a model for the run's row, with the reason of who admitted it against the quality gate."""
    manifest = served.model.manifest
    used = {
        "name": manifest.name,
        "version": manifest.version,
        "task": manifest.task,
        "sha256": manifest.sha256,
    }
    return used | ({"admitted_for": served.admitted_for} if served.admitted_by else {})


def _run_row(connection: Connection, run_id: int) -> Row[Any]:
    run = runs.get(connection, run_id, hold=True)
    if run is None:
        raise NotFound("Calcul du parc", run_id)
    return run
