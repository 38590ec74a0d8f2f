"""The park on one day: what is read of it, and the ranked scores that follow from what was read."""

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
from api.services.park.changes import last_work
from api.services.park.plausibility import ParkAudit, audit_park
from api.services.park.scoring import Score, score
from api.storage import policy as policies
from api.storage.measurements import measurements

EXPLAINED = 200  # drivers are kept for the top of the ranking; the others are computed when asked for
AT_ONCE = 2_500  # readings per call of the models: a run tells how far it is, and can be stopped, in between
Told = Callable[[str, int], None]
"""Told the phase of a run and the turbines done in it; raises to stop the run."""


@dataclass(frozen=True)
class ParkDay:
    """Everything that a run of one day knows; nothing in it is later than that day.

    Args:
        as_of: the day.
        policy_version: of the policy.
        policy: in force.
        park: the living turbines.
        latest: all measurements of each turbine's last day.
        audit: what these measurements have against them.
        visits: the next planned visit, by turbine key.
        worked_on: the last day on which the machine was worked on, by turbine key.
    """

    as_of: date
    policy_version: int
    policy: RiskPolicy
    park: Sequence[measurements.LivingTurbine]
    latest: Sequence[measurements.LatestMeasurement]
    audit: ParkAudit
    visits: Mapping[int, date]
    worked_on: Mapping[int, date]


Audit = Callable[[Connection, date, RiskPolicy], ParkAudit]


def auditing(sensors: Mapping[str, Sensor]) -> Audit:
    """Judges each day by what the database holds of it."""

    def audit(connection: Connection, as_of: date, policy: RiskPolicy) -> ParkAudit:
        return audit_park(connection, as_of, sensors, fresh_days=policy.max_age_days)

    return audit


def read_park(connection: Connection, as_of: date, audit: Audit) -> ParkDay:
    """The park as it was known on ``as_of``.

    Raises:
        Conflict: there is no turbine, or none was measured by then.
    """
    version, policy = policies.current(connection)
    park = measurements.living_turbines(connection)
    if not park:
        raise Conflict("Le parc est vide : importez d’abord des mesures (« python cockpit.py data import »).")
    found = audit(connection, as_of, policy)  # first: what it holds of a large park is free again afterwards
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
        audit=found,
        visits=measurements.next_planned_visits(connection, as_of),
        worked_on=last_work(connection, as_of),
    )


def score_park(known: ParkDay, models: ActiveModels, told: Told) -> list[ScoredTurbine]:
    """Scores of every turbine, ranked from 1, with drivers and queues.

    Args:
        known: the park on its day.
        models: in force.
        told: how far the work is.

    Raises:
        ModelUnavailable: no classifier can answer.
    """
    candidates = _candidates(known, models, told)
    told("explication", 0)
    return _ranking(candidates, models, known)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One turbine with the reading that stands for it."""

    turbine_pk: int
    measurement_pk: int | None
    score: Score


def _candidates(known: ParkDay, models: ActiveModels, told: Told) -> list[_Candidate]:
    """One candidate per turbine: of several measurements on its last day, the most alarming one."""
    best: dict[int, _Candidate] = {}
    for start in range(0, len(known.latest), AT_ONCE):
        told("evaluation", len(best))
        some = known.latest[start : start + AT_ONCE]
        readings = [Reading(row.turbine_id, row.measured_at or row.measured_on, row.values) for row in some]
        found = [known.audit.of(row.id, row.turbine) for row in some]
        scores = score(readings, models, known.policy, as_of=known.as_of, found=found)
        for row, scored in zip(some, scores, strict=True):
            kept = best.get(row.turbine)
            if kept is None or (scored.probability or -1.0) > (kept.score.probability or -1.0):
                best[row.turbine] = _Candidate(row.turbine, row.id, scored)
    silent = (_silent(row) for row in known.park if row.id not in best)
    states = {row.id: row.service_state for row in known.park}
    return [_told(candidate, states[candidate.turbine_pk]) for candidate in (*best.values(), *silent)]


def _told(candidate: _Candidate, service_state: str) -> _Candidate:
    """The candidate with the silence of a machine that was stopped on purpose told as such."""
    findings = of_a_stopped_machine(service_state, candidate.score.findings)
    if findings is candidate.score.findings:  # nearly always
        return candidate
    return replace(candidate, score=replace(candidate.score, findings=findings))


def _silent(turbine: measurements.LivingTurbine) -> _Candidate:
    finding = Finding("sans_mesure", None, "Aucune mesure de cette turbine jusqu’à ce jour.")
    reading = Reading(turbine.turbine_id, None, {})
    nothing = Score(reading, None, None, unassessed(), DataStatus.NON_EVALUE, (finding,), None)
    return _Candidate(turbine.id, None, nothing)


def _ranking(candidates: Sequence[_Candidate], models: ActiveModels, known: ParkDay) -> list[ScoredTurbine]:
    """The candidates ranked from 1, with drivers for the top."""
    by_turbine = {c.score.reading.turbine_id: c for c in candidates}
    order = ranked((turbine, c.score.risk.score) for turbine, c in by_turbine.items())
    top = [by_turbine[t] for t in order[:EXPLAINED] if by_turbine[t].score.probability is not None]
    _, found = drivers([c.score.reading for c in top], models)
    first = {c.turbine_pk: main_driver(d) for c, d in zip(top, found, strict=True)}
    places = ((rank, by_turbine[turbine]) for rank, turbine in enumerate(order, start=1))
    return [_scored(rank, one, first.get(one.turbine_pk), known) for rank, one in places]


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
    return alone._replace(queues=queues_of(alone, known.policy, known.worked_on.get(turbine)))
