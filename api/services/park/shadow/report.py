"""What a candidate would have changed, and two stored versions on rows that neither has seen."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row

from api.domain.models.comparison import NEAR, Agreement, compare_rows, pool
from api.domain.policy.risk_policy import RiskPolicy
from api.domain.shared.exceptions import NotFound
from api.inference.serving.manifest import Task
from api.schemas.candidates import (
    LevelBound,
    ModelRef,
    PooledRuns,
    RunAgreement,
    ShadowReport,
    TopOverlap,
    TurbinePair,
)
from api.schemas.common import Figure
from api.schemas.vocabulary import RiskLevel
from api.services.park.shadow.shadow import candidate_of, living
from api.storage import policy as policies
from api.storage.models import shadow
from api.storage.shared.database import Database


@dataclass(frozen=True)
class _Compared:
    """One run: who published it, and the agreement."""

    run: Row[Any]
    active: ModelRef
    agreement: Agreement


@dataclass(frozen=True)
class ShadowReportService:
    """Compares the scores of a candidate with those that were published."""

    database: Database

    def report(self, task: Task, *, run_id: int | None, last: int, limit: int) -> ShadowReport:
        """Compare the living candidate of a task with what was published.

        Args:
            task: of the candidate.
            run_id: run to detail; the newest that the candidate scored where None.
            last: how many runs to compare besides.
            limit: turbines listed at most.

        Raises:
            NotFound: the task has no candidate, or it has not scored that run.
        """
        with self.database.read() as connection:
            row = living(connection, task)
            candidate = candidate_of(connection, row)
            newest = shadow.runs_scored(connection, row.id, last)
            detailed = _detailed(connection, row, newest, run_id)
            wanted = newest if detailed in newest or detailed is None else [detailed, *newest]
            compared = [found for run in wanted if (found := _compared(connection, row, run, task))]
            number, policy = _policy(connection, detailed)
        shown = next((c for c in compared if detailed is not None and c.run.id == detailed.id), None)
        listed = [c for c in compared if any(c.run.id == run.id for run in newest)]
        return ShadowReport(
            candidate=candidate,
            policy_version=number,
            bounds=_bounds(policy, task),
            last=_told(shown) if shown else None,
            pairs=_pairs(shown.agreement, limit) if shown else [],
            runs=[_told(found) for found in listed],
            pooled=_pooled(listed),
        )


def _detailed(
    connection: Connection, row: Row[Any], newest: list[Row[Any]], run_id: int | None
) -> Row[Any] | None:
    if run_id is None:
        return newest[0] if newest else None
    run = shadow.run_scored(connection, row.id, run_id)
    if run is None:
        raise NotFound("Calcul noté par ce candidat", run_id)
    return run


def _policy(connection: Connection, run: Row[Any] | None) -> tuple[int, RiskPolicy]:
    """The rule that the run was published with."""
    if run is None:
        return policies.current(connection)
    return run.policy_version, policies.version(connection, run.policy_version)


def _compared(connection: Connection, row: Row[Any], run: Row[Any], task: Task) -> _Compared | None:
    """Both models on the turbines that both scored; None where the run used no model of that task."""
    used = next((model for model in run.models if model["task"] == task), None)
    pairs = [
        (pair.turbine_id, published, pair.candidate)
        for pair in shadow.pairs(connection, row.id, run.id)
        if (published := pair.probability if task == "classification" else pair.days_left) is not None
    ]
    if used is None or not pairs:
        return None
    turbines, active, candidate = zip(*pairs, strict=True)
    policy = policies.version(connection, run.policy_version)
    agreement = compare_rows(turbines, np.array(active), np.array(candidate), policy, task)
    return _Compared(run, ModelRef(**used), agreement)


def _told(found: _Compared) -> RunAgreement:
    agreement = found.agreement
    return RunAgreement(
        run_id=found.run.id,
        as_of=found.run.as_of,
        active=found.active,
        rows=agreement.rows,
        left_out=found.run.total - agreement.rows,
        same_level=Figure(**asdict(agreement.same_level)),
        rank_correlation=agreement.rank_correlation,
        tops=[TopOverlap(**asdict(top)) for top in agreement.tops],
        mean_absolute_difference=agreement.mean_absolute_difference,
        mean_difference=agreement.mean_difference,
    )


def _pairs(agreement: Agreement, limit: int) -> list[TurbinePair]:
    return [
        TurbinePair(
            turbine_id=pair.turbine,
            active=pair.active,
            candidate=pair.candidate,
            active_level=pair.active_level,
            candidate_level=pair.candidate_level,
        )
        for pair in agreement.pairs[:limit]
    ]


def _pooled(listed: list[_Compared]) -> PooledRuns | None:
    """Only the runs that the same version published: agreement with another is another figure."""
    if not listed:
        return None
    alike = [found for found in listed if found.active == listed[0].active]
    pooled = pool([found.agreement for found in alike])
    return PooledRuns(
        runs=len(alike),
        rows=pooled.rows,
        turbines=pooled.turbines,
        same_level=Figure(**asdict(pooled.same_level)),
        mean_absolute_difference=Figure(**asdict(pooled.mean_absolute_difference)),
    )


def _bounds(policy: RiskPolicy, task: Task) -> list[LevelBound]:
    if task == "regression":
        return [LevelBound(level=NEAR, value=policy.urgent_days)]
    return [
        LevelBound(level=level.value, value=value)
        for level, value in (
            (RiskLevel.MODERE, policy.moderate_from),
            (RiskLevel.ELEVE, policy.threshold),
            (RiskLevel.CRITIQUE, policy.critical_from),
        )
    ]
