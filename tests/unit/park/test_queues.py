"""The queues: each rule at its bounds."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from api.domain.park.queues import queues_of
from api.domain.plausibility.trust import Finding
from api.domain.policy.levels import TimeToFailure
from api.domain.policy.risk_policy import RiskPolicy
from api.schemas.vocabulary import DataStatus, Queue
from tests.support.park.scored import scored

POLICY = RiskPolicy()
DAY = date(2024, 6, 30)
CALM = scored(
    1,
    measured_on=DAY,
    probability=0.03,
    days=TimeToFailure(30.0, 20.0, 40.0),
    planned_visit_on=DAY + timedelta(days=10),
)
STOPPED = Finding("arret_programme", None, "Arrêt programmé.")


def queues(visited_on: date | None = DAY, **fields: Any) -> tuple[Queue, ...]:
    """Return the queues of the calm turbine with the given fields changed."""
    return queues_of(CALM._replace(**fields), POLICY, visited_on)


def test_calm_turbine__stands_in_no_queue() -> None:
    assert queues() == ()


@pytest.mark.parametrize(
    ("status", "findings", "waits"),
    [
        (DataStatus.OK, (), False),
        (DataStatus.DOUTEUX, (), True),
        (DataStatus.PERIME, (), True),
        (DataStatus.PERIME, (STOPPED,), False),
        (DataStatus.NON_EVALUE, (), True),
    ],
)
def test_to_check__data_in_doubt_or_lost(
    status: DataStatus, findings: tuple[Finding, ...], waits: bool
) -> None:
    assert (Queue.A_VERIFIER in queues(data_status=status, findings=findings)) is waits


@pytest.mark.parametrize(
    ("probability", "days", "disagree"),
    [
        (0.06, TimeToFailure(20.0, 7.1, 30.0), True),
        (0.06, TimeToFailure(20.0, 7.0, 30.0), False),
        (0.0599, TimeToFailure(20.0, 7.1, 30.0), False),
        (0.0149, TimeToFailure(7.0, 2.0, 12.0), True),
        (0.0149, TimeToFailure(7.1, 2.0, 12.0), False),
        (0.015, TimeToFailure(7.0, 2.0, 12.0), False),
        (None, TimeToFailure(1.0), False),
        (0.9, None, False),
    ],
)
def test_disagreement__one_model_alone_calls_for_action(
    probability: float | None, days: TimeToFailure | None, disagree: bool
) -> None:
    assert (Queue.DESACCORD in queues(probability=probability, days=days)) is disagree


@pytest.mark.parametrize(("visited", "since"), [(0, False), (1, True), (-1, False), (None, False)])
def test_visited_on__after_the_measurement_only(visited: int | None, since: bool) -> None:
    on = None if visited is None else DAY + timedelta(days=visited)
    assert (Queue.INTERVENTION_DEPUIS in queues(on)) is since


def test_one_turbine__may_stand_in_several() -> None:
    both = queues(data_status=DataStatus.DOUTEUX, days=TimeToFailure(5.0, 0.0, 9.0), probability=0.01)
    assert both == (Queue.A_VERIFIER, Queue.DESACCORD)
