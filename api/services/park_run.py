"""One scoring of the whole park: every turbine in the result, published whole or not at all."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row

from api.domain.exceptions import CockpitError, Conflict, InvalidInput, NotFound
from api.domain.risk import RiskPolicy, ranked, unassessed
from api.domain.trust import Finding, counts_as_dead, of_a_stopped_machine
from api.inference.manifest import Manifest
from api.inference.store import ModelStore
from api.schemas.predictions import Driver
from api.schemas.vocabulary import DataStatus, RiskLevel
from api.services.active_models import ActiveModels, ActiveModelsSource
from api.services.explaining import drivers, main_driver
from api.services.measurement_model import Reading
from api.services.park_changes import ScoredRun, queue_up, record
from api.services.plausibility import ParkAudit, audit_park
from api.services.scoring import Score, score
from api.services.sensors import catalogue_of
from api.services.shadow import ShadowService
from api.settings import PARIS, Environment
from api.storage import changes, jobs, measurements, policies, runs
from api.storage.database import Database

EXPLAINED = 200  # drivers are kept for the top of the ranking; the others are computed when asked for
log = logging.getLogger(__name__)
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class _Candidate:
    """One turbine with the reading that stands for it."""

    turbine_pk: int
    measurement_pk: int | None
    score: Score


@dataclass(frozen=True)
class ParkRunService:
    """Asks for runs, and carries them out."""

    database: Database
    models: ActiveModelsSource
    store: ModelStore
    now: Callable[[], datetime]
    env: Environment
    shadow: ShadowService

    def default_day(self) -> date:
        """Today in Europe/Paris; in demo the last measured day, for the simulated park does not age."""
        today = self.now().astimezone(PARIS).date()
        if self.env not in {Environment.DEMO, Environment.TEST}:
            return today
        with self.database.read() as connection:
            return measurements.last_measured_day(connection) or today

    def request(self, as_of: date | None, *, kind: str, by: str) -> int:
        """Queue a run and return its number; one under way for the same day is returned instead.

        Raises:
            InvalidInput: the day is in the future.
            Conflict: the scheduled run of that day already stands.
        """
        day = as_of or self.default_day()
        today = self.now().astimezone(PARIS).date()
        if day > today:
            raise InvalidInput.single("as_of", f"jour à venir ; au plus tard {today:%d/%m/%Y}.", day)
        with self.database.write() as connection:
            self.database.lock(connection, "runs")
            if kind != "planifie" and (waiting := runs.under_way(connection, day)):
                return int(waiting.id)
            run_id = runs.create(connection, kind=kind, as_of=day, requested_by=by, now=self.now())
            jobs.add(connection, kind="score", payload={"run_id": run_id}, by=by, now=self.now())
            return run_id

    def execute(self, run_id: int, progress: Progress | None = None) -> None:
        """Carry a run out; it ends published or with its reason, never half visible.

        Raises:
            NotFound: no such run.
        """
        with self.database.write() as connection:
            run = runs.get(connection, run_id)
            if run is None:
                raise NotFound("Calcul du parc", run_id)
            runs.drop_scores(connection, run_id)
            runs.change(connection, run_id, status="en_cours", started_at=self.now(), done=0, error=None)
        try:
            self._score_and_publish(run, progress)
        except CockpitError as error:
            self._fail(run_id, error.detail)
        except Exception:
            self._fail(run_id, "Erreur inattendue ; son détail est dans le journal du calculateur.")
            raise
        else:  # published: what a candidate does can no longer change it
            self.shadow.score_run(run_id)

    def interrupt(self, run_id: int) -> None:
        """Close a run whose worker is gone; its scores are forgotten, the published ranking stands."""
        with self.database.write() as connection:
            runs.drop_scores(connection, run_id)
            sentence = "Le calculateur s’est arrêté pendant le calcul ; relancez-le."
            runs.change(connection, run_id, status="interrompu", finished_at=self.now(), error=sentence)

    def _fail(self, run_id: int, reason: str) -> None:
        log.error("run failed", extra={"run_id": run_id, "reason": reason})
        with self.database.write() as connection:
            runs.drop_scores(connection, run_id)
            runs.change(connection, run_id, status="echoue", finished_at=self.now(), error=reason)

    def _score_and_publish(self, run: Row[Any], progress: Progress | None) -> None:
        models = self.models.current()
        models.require()
        with self.database.read() as connection:
            version, policy = policies.current(connection)
            park = measurements.living_turbines(connection)
            latest = measurements.latest_values(connection, run.as_of)
            sensors = catalogue_of(self.store)
            audit = audit_park(connection, run.as_of, sensors, fresh_days=policy.max_age_days)
            visits = measurements.next_planned_visits(connection, run.as_of)
            worked_on = changes.last_visits(connection, run.as_of)
        if not park:
            raise Conflict(
                "Le parc est vide : importez d’abord des mesures (« python cockpit.py data import »)."
            )
        candidates = _candidates(park, latest, audit, models, policy, run.as_of)
        rows = _rows(candidates, models, visits)
        queue_up(rows, policy, worked_on)
        self._store(run.id, rows, progress)
        dead = [c.score.status for c in candidates if counts_as_dead(c.score.status, c.score.findings)]
        failed = dead.count(DataStatus.NON_EVALUE)
        used = [_used(served.model.manifest) for served in models.served]
        scored = ScoredRun(run.id, run.as_of, rows, used, models, version, policy)
        with self.database.write() as connection:
            self.database.lock(connection, "publication")  # each run compares with one that stays before it
            record(connection, scored)
            runs.publish(
                connection,
                run.id,
                now=self.now(),
                status="termine_avec_erreurs" if failed else "termine",
                failed=failed,
                stale=dead.count(DataStatus.PERIME),
                counts={level: sum(row["level"] == level for row in rows) for level in RiskLevel},
                models=used,
                policy_version=version,
                threshold=policy.threshold,
            )

    def _store(self, run_id: int, rows: Sequence[dict[str, Any]], progress: Progress | None) -> None:
        for start in range(0, len(rows), runs.CHUNK):
            chunk = rows[start : start + runs.CHUNK]
            with self.database.write() as connection:
                runs.insert_scores(connection, run_id, chunk)
                runs.change(connection, run_id, done=start + len(chunk), total=len(rows))
            if progress:
                progress(start + len(chunk), len(rows))


def _used(manifest: Manifest) -> dict[str, Any]:
    return {
        "name": manifest.name,
        "version": manifest.version,
        "task": manifest.task,
        "sha256": manifest.sha256,
    }


def _candidates(
    park: Sequence[measurements.LivingTurbine],
    latest: Sequence[measurements.LatestMeasurement],
    audit: ParkAudit,
    models: ActiveModels,
    policy: RiskPolicy,
    as_of: date,
) -> list[_Candidate]:
    """One candidate per turbine: of several measurements on its last day, the most alarming one."""
    readings = [Reading(row.turbine_id, row.measured_at or row.measured_on, row.values) for row in latest]
    found = [audit.of(row.id, row.turbine) for row in latest]
    scores = score(readings, models, policy, as_of=as_of, found=found)
    best: dict[int, _Candidate] = {}
    for row, scored in zip(latest, scores, strict=True):
        kept = best.get(row.turbine)
        if kept is None or (scored.probability or -1.0) > (kept.score.probability or -1.0):
            best[row.turbine] = _Candidate(row.turbine, row.id, scored)
    silent = (_silent(row) for row in park if row.id not in best)
    states = {row.id: row.service_state for row in park}
    return [_told(candidate, states[candidate.turbine_pk]) for candidate in (*best.values(), *silent)]


def _told(candidate: _Candidate, service_state: str) -> _Candidate:
    """The candidate with the silence of a machine that was stopped on purpose told as such."""
    findings = of_a_stopped_machine(service_state, candidate.score.findings)
    return replace(candidate, score=replace(candidate.score, findings=findings))


def _silent(turbine: measurements.LivingTurbine) -> _Candidate:
    finding = Finding("sans_mesure", None, "Aucune mesure de cette turbine jusqu’à ce jour.")
    reading = Reading(turbine.turbine_id, None, {})
    nothing = Score(reading, None, None, unassessed(), DataStatus.NON_EVALUE, (finding,), ())
    return _Candidate(turbine.id, None, nothing)


def _rows(
    candidates: Sequence[_Candidate], models: ActiveModels, visits: dict[int, date]
) -> list[dict[str, Any]]:
    """Scores as they are stored, ranked from 1, with drivers for the top."""
    by_turbine = {c.score.reading.turbine_id: c for c in candidates}
    order = ranked((turbine, c.score.risk.score) for turbine, c in by_turbine.items())
    top = [by_turbine[t] for t in order[:EXPLAINED] if by_turbine[t].score.probability is not None]
    _, found = drivers([c.score.reading for c in top], models)
    explained = {c.turbine_pk: d for c, d in zip(top, found, strict=True)}
    return [_row(rank, by_turbine[turbine], explained, visits) for rank, turbine in enumerate(order, start=1)]


def _row(
    rank: int, candidate: _Candidate, explained: dict[int, list[Driver]], visits: dict[int, date]
) -> dict[str, Any]:
    scored = candidate.score
    driver = main_driver(explained.get(candidate.turbine_pk, []))
    return {
        "rank": rank,
        "turbine": candidate.turbine_pk,
        "measurement": candidate.measurement_pk,
        "measured_on": scored.reading.day,
        "probability": scored.probability,
        "days_left": scored.days.days if scored.days else None,
        "days_low": scored.days.low if scored.days else None,
        "days_high": scored.days.high if scored.days else None,
        "level": scored.risk.level.value,
        "risk_score": scored.risk.score,
        "data_status": scored.status.value,
        "main_driver": driver.model_dump() if driver else None,
        "planned_visit_on": visits.get(candidate.turbine_pk),
        "warnings": [vars(f) for f in scored.findings] or None,
    }
