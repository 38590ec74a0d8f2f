"""Candidates in shadow: their versions, and their output for each run beside the published one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from api.storage.tables import measurements, runs, scores, shadow_candidates, shadow_scores, turbines

AnyRow = Row[Any]
PROMOTED = "Mis en service"
_c = shadow_candidates.c


class ScoredReading(NamedTuple):
    """The measurement that a run scored for a turbine; ``values`` by sensor."""

    turbine: int
    turbine_id: str
    values: dict[str, float]


class ShadowScore(NamedTuple):
    """A candidate's output for one turbine of a run."""

    turbine: int
    raw_output: float
    output: float


class Pair(NamedTuple):
    """One turbine of one run: the published outputs, None where there is none, and the candidate's output."""

    run: int
    turbine_id: str
    probability: float | None
    days_left: float | None
    candidate: float


def living(connection: Connection) -> dict[str, AnyRow]:
    """Return the candidate of each task that has one."""
    rows = connection.execute(select(shadow_candidates).where(_c.ended_at.is_(None)))
    return {row.task: row for row in rows}


def ended(connection: Connection, limit: int) -> list[AnyRow]:
    """Return former candidates, newest first."""
    query = select(shadow_candidates).where(_c.ended_at.is_not(None)).order_by(_c.id.desc()).limit(limit)
    return list(connection.execute(query))


def get(connection: Connection, candidate: int) -> AnyRow:
    """Return one candidate, ended or not; it must exist."""
    return connection.execute(select(shadow_candidates).where(_c.id == candidate)).one()


def add(
    connection: Connection,
    *,
    task: str,
    name: str,
    version: int,
    sha256: str,
    by: str,
    reason: str,
    now: datetime,
) -> None:
    """Make a version its task's candidate; the former candidate must have ended."""
    connection.execute(
        insert(shadow_candidates).values(
            task=task, name=name, version=version, sha256=sha256, since=now, set_by=by, reason=reason
        )
    )


def end(connection: Connection, candidate: int, *, by: str, reason: str, now: datetime) -> None:
    """Close a candidate; its scores stay."""
    connection.execute(
        update(shadow_candidates)
        .where(_c.id == candidate, _c.ended_at.is_(None))
        .values(ended_at=now, ended_by=by, end_reason=reason)
    )


def end_promoted(
    connection: Connection, task: str, name: str, version: int, *, by: str, now: datetime
) -> None:
    """Close the task's candidate if it is this version, which now serves."""
    row = living(connection).get(task)
    if row is not None and (row.name, row.version) == (name, version):
        end(connection, row.id, by=by, reason=PROMOTED, now=now)


def fail(connection: Connection, candidate: int, *, run: int, reason: str, now: datetime) -> None:
    """Record why a candidate could not score a run."""
    values = {"failed_run": run, "failed_at": now, "failure": reason}
    connection.execute(update(shadow_candidates).where(_c.id == candidate).values(**values))


def store(connection: Connection, candidate: int, run: int, rows: Sequence[ShadowScore]) -> None:
    """Store a candidate's scores of a run in place of its former ones."""
    former = (shadow_scores.c.candidate == candidate, shadow_scores.c.run == run)
    connection.execute(delete(shadow_scores).where(*former))
    if rows:
        keys = {"candidate": candidate, "run": run}
        connection.execute(insert(shadow_scores), [{**keys, **row._asdict()} for row in rows])
    cleared = {"failed_run": None, "failed_at": None, "failure": None}
    connection.execute(update(shadow_candidates).where(_c.id == candidate).values(**cleared))


def readings_of(connection: Connection, run: int) -> list[ScoredReading]:
    """Return the measurements behind a run's scores, by rank; silent turbines have none."""
    query = (
        select(scores.c.turbine, turbines.c.turbine_id, measurements.c["values"])
        .join(turbines, turbines.c.id == scores.c.turbine)
        .join(measurements, measurements.c.id == scores.c.measurement)
        .where(scores.c.run == run)
        .order_by(scores.c.rank)
    )
    return [ScoredReading(*row) for row in connection.execute(query)]


def _scored_by(candidate: int) -> list[ColumnElement[bool]]:
    """Return the condition on published runs of the living park that a candidate scored."""
    outputs = shadow_scores.c
    # EXISTS looks into the key once for each run, however many turbines were scored.
    scored = select(outputs.turbine).where(outputs.candidate == candidate, outputs.run == runs.c.id).exists()
    return [runs.c.published_at.is_not(None), runs.c.archived_at.is_(None), scored]


def runs_scored(connection: Connection, candidate: int, limit: int) -> list[AnyRow]:
    """Return the last published run of each day that a candidate scored, newest day first."""
    last = select(func.max(runs.c.id)).where(*_scored_by(candidate)).group_by(runs.c.as_of)
    query = select(runs).where(runs.c.id.in_(last)).order_by(runs.c.as_of.desc()).limit(limit)
    return list(connection.execute(query))


def run_scored(connection: Connection, candidate: int, run: int) -> AnyRow | None:
    """Return a published run that a candidate scored; None where it did not."""
    query = select(runs).where(*_scored_by(candidate), runs.c.id == run)
    return connection.execute(query).one_or_none()


def count_runs(connection: Connection, candidate: int) -> int:
    """Count the published runs that a candidate scored."""
    return connection.scalar(select(func.count()).select_from(runs).where(*_scored_by(candidate))) or 0


def pairs(connection: Connection, candidate: int, run: int) -> list[Pair]:
    """Return the published and the candidate's outputs of one run; each pair comes from one measurement."""
    outputs = shadow_scores.c
    query = (
        select(outputs.run, turbines.c.turbine_id, scores.c.probability, scores.c.days_left, outputs.output)
        .select_from(shadow_scores)
        .join(scores, (scores.c.run == outputs.run) & (scores.c.turbine == outputs.turbine))
        .join(turbines, turbines.c.id == outputs.turbine)
        .where(outputs.candidate == candidate, outputs.run == run)
        .order_by(scores.c.rank)
    )
    return [Pair(*row) for row in connection.execute(query)]
