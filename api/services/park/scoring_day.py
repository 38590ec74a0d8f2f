"""The park on one day: reads its data, and ranks its scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection

from api.domain.measurements.sensors import Sensor
from api.domain.models.drivers import Driver, main_driver
from api.domain.park.queues import queues_of
from api.domain.park.ranking import ranked
from api.domain.park.scored import ScoredTurbine
from api.domain.plausibility.trust import Finding, of_a_stopped_machine
from api.domain.policy.levels import unassessed
from api.domain.policy.risk_policy import RiskPolicy
from api.domain.shared.exceptions import Conflict
from api.schemas import french
from api.schemas.vocabulary import DataStatus
from api.services.models.active_models import ActiveModels
from api.services.models.explaining import drivers
from api.services.models.measurement_model import Reading
from api.services.park.plausibility import ParkAudit, audit_park
from api.services.park.scoring import Score, score
from api.storage import policy as policies
from api.storage.measurements import measurements
from api.storage.park import changes

EXPLAINED = 200  # drivers are stored for the top of the ranking; the others are computed on demand
AT_ONCE = 2_500  # readings per call of the models; between two calls a run reports its progress and can stop
Report = Callable[[str, int], None]
"""Called with the phase of a run and the turbines done in it; raises to stop the run."""


@dataclass(frozen=True)
class ParkDay:
    """The data of a run of one day; nothing in it is later than that day.

    Args:
        as_of: the day.
        policy_version: of the policy.
        policy: in force.
        park: the living turbines.
        latest: all measurements of each turbine's last day.
        audit: findings on these measurements.
        visits: the next planned visit, by turbine key.
        visited_on: the last planned visit up to that day, by turbine key.
    """

    as_of: date
    policy_version: int
    policy: RiskPolicy
    park: Sequence[measurements.LivingTurbine]
    latest: Sequence[measurements.LatestMeasurement]
    audit: ParkAudit
    visits: Mapping[int, date]
    visited_on: Mapping[int, date]


Audit = Callable[[Connection, date, RiskPolicy], ParkAudit]


def auditing(sensors: Mapping[str, Sensor]) -> Audit:
    """Return an audit that judges a day by the measurements in the database."""

    def audit(connection: Connection, as_of: date, policy: RiskPolicy) -> ParkAudit:
        return audit_park(connection, as_of, sensors, fresh_days=policy.max_age_days)

    return audit


def read_park(connection: Connection, as_of: date, audit: Audit) -> ParkDay:
    """Read the park as it was known on ``as_of``.

    Raises:
        Conflict: there is no turbine, or none was measured by then.
    """
    version, policy = policies.current(connection)
    park = measurements.living_turbines(connection)
    if not park:
        raise Conflict("Le parc est vide : importez d’abord des mesures (« python cockpit.py data import »).")
    # First: the memory that it needs for a large park is free afterwards.
    audited = audit(connection, as_of, policy)
    latest = measurements.latest_values(connection, as_of)
    if not latest:
        raise Conflict(
            f"Aucune turbine n’a de mesure au {french.date(as_of)} ou avant : rien à évaluer ce jour-là. "
            "Choisissez un jour mesuré, ou importez les mesures de cette période."
        )
    return ParkDay(
        as_of=as_of,
        policy_version=version,
        policy=policy,
        park=park,
        latest=latest,
        audit=audited,
        visits=measurements.next_planned_visits(connection, as_of),
        visited_on=changes.last_visits(connection, as_of),
    )


def score_park(known: ParkDay, models: ActiveModels, report: Report) -> list[ScoredTurbine]:
    """Score every turbine, ranked from 1, with drivers and queues.

    Args:
        known: the park on its day.
        models: in force.
        report: called with the progress.

    Raises:
        ModelUnavailable: no classifier can answer.
    """
    candidates = _candidates(known, models, report)
    report("explication", 0)
    return _ranking(candidates, models, known)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One turbine with the score that represents it."""

    turbine_pk: int
    measurement_pk: int | None
    score: Score

    @property
    def explainable(self) -> bool:
        """Whether a driver says why: the reason of an old measurement is its age."""
        return self.score.probability is not None and self.score.status is not DataStatus.PERIME


def _candidates(known: ParkDay, models: ActiveModels, report: Report) -> list[_Candidate]:
    """Return one candidate per turbine: the most alarming measurement of its last day."""
    best: dict[int, _Candidate] = {}
    for start in range(0, len(known.latest), AT_ONCE):
        report("evaluation", len(best))
        latest = known.latest[start : start + AT_ONCE]
        readings = [Reading(row.turbine_id, row.measured_at or row.measured_on, row.values) for row in latest]
        findings = [known.audit.of(row.id, row.turbine) for row in latest]
        scores = score(readings, models, known.policy, as_of=known.as_of, findings=findings)
        for row, scored in zip(latest, scores, strict=True):
            kept = best.get(row.turbine)
            if kept is None or (scored.probability or -1.0) > (kept.score.probability or -1.0):
                best[row.turbine] = _Candidate(row.turbine, row.id, scored)
    silent = (_silent(row) for row in known.park if row.id not in best)
    states = {row.id: row.service_state for row in known.park}
    return [
        _with_stop_explained(candidate, states[candidate.turbine_pk])
        for candidate in (*best.values(), *silent)
    ]


def _with_stop_explained(candidate: _Candidate, service_state: str) -> _Candidate:
    """Return the candidate; if its machine was stopped on purpose, its findings say so."""
    findings = of_a_stopped_machine(service_state, candidate.score.findings)
    if findings is candidate.score.findings:  # nearly always
        return candidate
    return replace(candidate, score=replace(candidate.score, findings=findings))


def _silent(turbine: measurements.LivingTurbine) -> _Candidate:
    finding = Finding("sans_mesure", None, "Aucune mesure de cette turbine jusqu’à ce jour.")
    reading = Reading(turbine.turbine_id, None, {})
    unassessed_score = Score(reading, None, None, unassessed(), DataStatus.NON_EVALUE, (finding,), None)
    return _Candidate(turbine.id, None, unassessed_score)


def _ranking(candidates: Sequence[_Candidate], models: ActiveModels, known: ParkDay) -> list[ScoredTurbine]:
    """Rank the candidates from 1, with drivers for the top."""
    by_turbine = {c.score.reading.turbine_id: c for c in candidates}
    order = ranked((turbine, c.score.risk.score) for turbine, c in by_turbine.items())
    top = [by_turbine[t] for t in order[:EXPLAINED] if by_turbine[t].explainable]
    _, explained = drivers([c.score.reading for c in top], models)
    first = {c.turbine_pk: main_driver(d) for c, d in zip(top, explained, strict=True)}
    places = ((rank, by_turbine[turbine]) for rank, turbine in enumerate(order, start=1))
    return [_scored(rank, candidate, first.get(candidate.turbine_pk), known) for rank, candidate in places]


def _scored(rank: int, candidate: _Candidate, driver: Driver | None, known: ParkDay) -> ScoredTurbine:
    score, turbine = candidate.score, candidate.turbine_pk
    alone = ScoredTurbine(
        rank=rank,
        turbine=turbine,
        measurement=candidate.measurement_pk,
        measured_on=score.reading.day,
        probability=score.probability,
        days=score.days,
        level=score.risk.level,
        risk_score=score.risk.score,
        data_status=score.status,
        main_driver=driver,
        planned_visit_on=known.visits.get(turbine),
        findings=score.findings,
        queues=(),
    )
    return alone._replace(queues=queues_of(alone, known.policy, known.visited_on.get(turbine)))
