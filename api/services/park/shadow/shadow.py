"""Candidates in shadow: chosen, withdrawn, and scored on each published run without any effect on it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row

from api.domain.shared.exceptions import CockpitError, Conflict, InvalidInput, NotFound
from api.inference.serving.manifest import Manifest, Task
from api.inference.serving.store import ModelStore
from api.schemas.candidates import Candidate
from api.schemas.vocabulary import AuditAction
from api.services.models.active_models import ServedModel
from api.services.models.measurement_model import Reading
from api.services.models.models import refuse_retired
from api.services.models.outputs import raw_outputs
from api.services.shared.audit import record
from api.storage.measurements import measurements
from api.storage.models import activations, shadow
from api.storage.shared import published
from api.storage.shared.database import Database

log = logging.getLogger(__name__)
REPLACED = "Remplacé par un autre candidat"
REMEMBERED = 20  # former candidates listed
_UNEXPECTED = "Erreur inattendue ; son détail est dans le journal du calculateur."


@dataclass(frozen=True)
class ShadowService:
    """Keeps at most one candidate per task and its scores."""

    database: Database
    store: ModelStore
    now: Callable[[], datetime]

    def candidates(self) -> list[Candidate]:
        """List the present candidate of each task, then the last former ones."""
        with self.database.read() as connection:
            present = [row for _, row in sorted(shadow.living(connection).items())]
            return [
                candidate_of(connection, row) for row in (*present, *shadow.ended(connection, REMEMBERED))
            ]

    def candidate(self, task: Task) -> Candidate:
        """Return the candidate of one task.

        Raises:
            NotFound: the task has none.
        """
        with self.database.read() as connection:
            return candidate_of(connection, living(connection, task))

    def choose(self, task: Task, name: str, version: int, *, by: str, reason: str) -> Candidate:
        """Make a stored version its task's candidate; it scores the published run at once.

        Args:
            task: of the version.
            name: of the model.
            version: to try.
            by: who asks.
            reason: stored with the candidate.

        Raises:
            NotFound: no such version.
            ModelUnavailable: its files are missing or altered.
            InvalidInput: it has another task, or reads features that the park does not measure.
            Conflict: it is active, or already the candidate.
        """
        manifest = self.store.manifest(name, version)
        if manifest.task != task:
            raise InvalidInput.single(
                "name", f"{name} v{version} répond à une autre tâche ({manifest.task}).", name
            )
        self.store.load(name, version)
        self._check_features(manifest)
        with self.database.write() as connection:
            self.database.lock(connection, "shadow")
            _check_place(connection, manifest)
            refuse_retired(connection, name, version)
            self._install(connection, manifest, by, reason)
            run = published.published_run(connection)
            details, which = {"task": task, "sha256": manifest.sha256}, f"{name}:{version}"
            record(
                self.database,
                connection,
                AuditAction.CANDIDAT_CHOISI,
                "modele",
                which,
                by=by,
                details=details,
            )
        if run is not None:
            self._score(task, run.id)
        return self.candidate(task)

    def _install(self, connection: Connection, manifest: Manifest, by: str, reason: str) -> None:
        before = shadow.living(connection).get(manifest.task)
        if before is not None:
            shadow.end(connection, before.id, by=by, reason=REPLACED, now=self.now())
        shadow.add(
            connection,
            task=manifest.task,
            name=manifest.name,
            version=manifest.version,
            sha256=manifest.sha256,
            by=by,
            reason=reason,
            now=self.now(),
        )

    def withdraw(self, task: Task, *, by: str, reason: str) -> Candidate:
        """End a candidate; its scores of past runs stay.

        Raises:
            NotFound: the task has none.
        """
        with self.database.write() as connection:
            row = living(connection, task)
            shadow.end(connection, row.id, by=by, reason=reason, now=self.now())
            which = f"{row.name}:{row.version}"
            record(
                self.database,
                connection,
                AuditAction.CANDIDAT_RETIRE,
                "modele",
                which,
                by=by,
                details={"task": task},
            )
            return candidate_of(connection, shadow.get(connection, row.id))

    def score_run(self, run_id: int) -> None:
        """Let every candidate score a published run; a failure is recorded, never raised."""
        try:
            with self.database.read() as connection:
                tasks = list(shadow.living(connection))
        except CockpitError:
            log.exception("candidates not read", extra={"run_id": run_id})
            return
        for task in tasks:
            self._score(task, run_id)

    def _score(self, task: str, run_id: int) -> None:
        """Store a candidate's scores of one run, or its failure; never raise."""
        row = None
        try:
            with self.database.read() as connection:
                row = shadow.living(connection).get(task)
                readings = shadow.readings_of(connection, run_id) if row is not None else []
            if row is None:
                return
            outputs = self._outputs(row, readings)
            with self.database.write() as connection:
                shadow.store(connection, row.id, run_id, outputs)
        except Exception as error:  # a published run must not suffer from a candidate
            reason = error.detail if isinstance(error, CockpitError) else _UNEXPECTED
            if row is None or row.failure != reason:  # logged once, not at each run
                log.exception("candidate could not score a run", extra={"run_id": run_id, "task": task})
            if row is not None:
                self._failed(row.id, run_id, reason)

    def _failed(self, candidate: int, run_id: int, reason: str) -> None:
        try:
            with self.database.write() as connection:
                shadow.fail(connection, candidate, run=run_id, reason=reason, now=self.now())
        except CockpitError:
            log.exception("failure of a candidate not recorded", extra={"run_id": run_id})

    def _outputs(self, row: Row[Any], readings: list[shadow.ScoredReading]) -> list[shadow.ShadowScore]:
        """Compute the candidate's scores of the readings that have all its features."""
        model = self.store.load(row.name, row.version)
        if model.manifest.sha256 != row.sha256:
            raise Conflict(f"L’artefact de {row.name} v{row.version} n’est plus celui du candidat.")
        read = [Reading(reading.turbine_id, None, reading.values) for reading in readings]
        raw = raw_outputs(ServedModel(model, admitted_by=None), read)
        output = model.calibrated(raw)
        return [
            shadow.ShadowScore(reading.turbine, float(r), float(o))
            for reading, r, o in zip(readings, raw, output, strict=True)
            if np.isfinite(r)
        ]

    def _check_features(self, manifest: Manifest) -> None:
        """Refuse a version that could score no turbine of the park."""
        with self.database.read() as connection:
            latest = measurements.latest_values(connection, self.now().date())
        measured = {name for row in latest for name in row.values}
        missing = [spec.label for spec in manifest.features if spec.name not in measured]
        if latest and missing:
            raise InvalidInput.single(
                "name",
                f"{manifest.name} v{manifest.version} lit ce que le parc ne mesure pas "
                f"({', '.join(missing)}) : il ne pourrait noter aucune turbine. Faites d’abord entrer ces "
                "mesures.",
                manifest.name,
            )


def _check_place(connection: Connection, manifest: Manifest) -> None:
    """Refuse a version that is active, or already the candidate."""
    which, key = f"{manifest.name} v{manifest.version}", (manifest.name, manifest.version)
    active = activations.active(connection).get(manifest.task)
    if active is not None and (active.name, active.version) == key:
        raise Conflict(f"{which} est en service : un candidat est une autre version, essayée sans bruit.")
    before = shadow.living(connection).get(manifest.task)
    if before is not None and (before.name, before.version) == key:
        raise Conflict(f"{which} est déjà candidat.")


def living(connection: Connection, task: str) -> Row[Any]:
    """Return the candidate of a task.

    Raises:
        NotFound: the task has none.
    """
    row = shadow.living(connection).get(task)
    if row is None:
        raise NotFound("Candidat", task, "Aucune version n’est essayée pour cette tâche.")
    return row


def candidate_of(connection: Connection, row: Row[Any]) -> Candidate:
    """Build the answer for a stored candidate."""
    fields = {name: row._mapping[name] for name in Candidate.model_fields if name in row._mapping}
    return Candidate(**fields, runs_scored=shadow.count_runs(connection, row.id))
