"""The queues: each rule at its bounds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from api.domain.park.queues import Case, queues_of
from api.domain.policy.levels import TimeToFailure
from api.domain.policy.risk_policy import RiskPolicy
from api.schemas.vocabulary import DataStatus, Queue

POLICY = RiskPolicy()
DAY = date(2024, 6, 30)
CALM = Case(
    status=DataStatus.OK,
    silent=False,
    measured_on=DAY,
    probability=0.03,
    days=TimeToFailure(30.0, 20.0, 40.0),
    next_visit=DAY + timedelta(days=10),
    worked_on=DAY,
)


def test_calm_turbine__stands_in_no_queue() -> None:
    assert queues_of(CALM, POLICY) == ()


@pytest.mark.parametrize(
    ("days", "visit_in", "waits"),
    [
        (TimeToFailure(30.0, 9.9, 40.0), 10, True),
        (TimeToFailure(30.0, 10.0, 40.0), 10, False),
        (TimeToFailure(9.0), 10, True),
        (TimeToFailure(11.0), 10, False),
        (None, 10, False),
        (TimeToFailure(1.0), None, False),
    ],
)
def test_before_visit__counts_from_the_measurement(
    days: TimeToFailure | None, visit_in: int | None, waits: bool
) -> None:
    visit = None if visit_in is None else DAY + timedelta(days=visit_in)
    case = replace(CALM, days=days, next_visit=visit)
    assert (Queue.AVANT_VISITE in queues_of(case, POLICY)) is waits
    if visit is not None and days is not None:
        # The same estimate told two days earlier leaves two days less before the visit.
        older = replace(case, measured_on=DAY - timedelta(days=2))
        expected = (days.low if days.low is not None else days.days) < (visit_in or 0) + 2
        assert (Queue.AVANT_VISITE in queues_of(older, POLICY)) is expected


@pytest.mark.parametrize(
    ("status", "silent", "waits"),
    [
        (DataStatus.OK, False, False),
        (DataStatus.DOUTEUX, False, True),
        (DataStatus.PERIME, True, True),
        (DataStatus.PERIME, False, False),  # stopped on purpose
        (DataStatus.NON_EVALUE, True, True),
    ],
)
def test_to_check__data_in_doubt_or_lost(status: DataStatus, silent: bool, waits: bool) -> None:
    case = replace(CALM, status=status, silent=silent)
    assert (Queue.A_VERIFIER in queues_of(case, POLICY)) is waits


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
    case = replace(CALM, probability=probability, days=days)
    assert (Queue.DESACCORD in queues_of(case, POLICY)) is disagree


@pytest.mark.parametrize(("worked", "since"), [(0, False), (1, True), (-1, False), (None, False)])
def test_worked_on__after_the_measurement_only(worked: int | None, since: bool) -> None:
    on = None if worked is None else DAY + timedelta(days=worked)
    assert (Queue.INTERVENTION_DEPUIS in queues_of(replace(CALM, worked_on=on), POLICY)) is since


def test_one_turbine__may_stand_in_several() -> None:
    case = replace(CALM, status=DataStatus.DOUTEUX, days=TimeToFailure(5.0, 0.0, 9.0), probability=0.01)
    assert queues_of(case, POLICY) == (Queue.AVANT_VISITE, Queue.A_VERIFIER, Queue.DESACCORD)
