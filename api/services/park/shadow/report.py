"""Compares a candidate's scores with the published ones."""

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
    PooledRuns,
    RunAgreement,
    ShadowReport,
    TopOverlap,
    TurbinePair,
)
from api.schemas.common import Figure, ModelRef
from api.schemas.vocabulary import RiskLevel
from api.services.park.shadow.shadow import candidate_of, living
from api.storage import policy as policies
from api.storage.models import shadow
from api.storage.shared.database import Database


@dataclass(frozen=True)
class _Compared:
    """One run: the model that published it, and the agreement."""

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
            run_id: run to detail; None for the newest that the candidate scored.
            last: number of other runs to compare.
            limit: most turbines to list.

        Raises:
            NotFound: the task has no candidate, or it has not scored that run.
        """
        with self.database.read() as connection:
            row = living(connection, task)
            candidate = candidate_of(connection, row)
            newest = shadow.runs_scored(connection, row.id, last)
            detailed = _detailed(connection, row, newest, run_id)
            wanted = newest if detailed in newest or detailed is None else [detailed, *newest]
            compared = [
                compared_run for run in wanted if (compared_run := _compared(connection, row, run, task))
            ]
            number, policy = _policy(connection, detailed)
        detail = next((c for c in compared if detailed is not None and c.run.id == detailed.id), None)
        listed = [c for c in compared if any(c.run.id == run.id for run in newest)]
        return ShadowReport(
            candidate=candidate,
            policy_version=number,
            bounds=_bounds(policy, task),
            last=_run_agreement(detail) if detail else None,
            pairs=_pairs(detail.agreement, limit) if detail else [],
            runs=[_run_agreement(compared_run) for compared_run in listed],
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
    """Return the policy of the run; the present one without a run."""
    if run is None:
        return policies.current(connection)
    return run.policy_version, policies.version(connection, run.policy_version)


def _compared(connection: Connection, row: Row[Any], run: Row[Any], task: Task) -> _Compared | None:
    """Compare both models on the turbines that both scored; None without any."""
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


def _run_agreement(compared: _Compared) -> RunAgreement:
    agreement = compared.agreement
    return RunAgreement(
        run_id=compared.run.id,
        as_of=compared.run.as_of,
        active=compared.active,
        rows=agreement.rows,
        left_out=compared.run.total - agreement.rows,
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
    """Pool the runs that the newest one's version published; other versions are not comparable."""
    if not listed:
        return None
    alike = [compared for compared in listed if compared.active == listed[0].active]
    pooled = pool([compared.agreement for compared in alike])
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
