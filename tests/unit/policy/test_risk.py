"""The risk policy: bounds, raising without lowering, a score that sorts as the levels do."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.park.ranking import ranked
from api.domain.policy.levels import SEVERITY, TimeToFailure, assess, unassessed
from api.domain.policy.risk_policy import RiskPolicy
from api.domain.shared.exceptions import InvalidInput
from api.schemas.vocabulary import DataStatus, RiskLevel

POLICY = RiskPolicy()
PROBABILITIES = st.floats(0, 1)
DAYS = st.none() | st.builds(TimeToFailure, st.floats(0, 400))
STATUSES = st.sampled_from(list(DataStatus))
POLICIES = st.builds(
    RiskPolicy,
    cost_intervention_eur=st.floats(1, 49_000),
    cost_failure_eur=st.floats(49_001, 1e6),
    critical_factor=st.floats(1, 50),
    critical_cap=st.floats(0.01, 1),
    moderate_divisor=st.floats(1, 50),
)


def test_default_policy__bounds_are_those_of_the_costs() -> None:
    assert pytest.approx(0.06) == POLICY.threshold
    assert pytest.approx(0.30) == POLICY.critical_from
    assert pytest.approx(0.015) == POLICY.moderate_from


@pytest.mark.parametrize(
    ("probability", "level"),
    [
        (0.0, RiskLevel.FAIBLE),
        (0.0149, RiskLevel.FAIBLE),
        (0.015, RiskLevel.MODERE),
        (0.0599, RiskLevel.MODERE),
        (0.06, RiskLevel.ELEVE),
        (0.2999, RiskLevel.ELEVE),
        (0.30, RiskLevel.CRITIQUE),
        (1.0, RiskLevel.CRITIQUE),
    ],
)
def test_level__follows_the_probability_at_each_bound(probability: float, level: RiskLevel) -> None:
    assert assess(POLICY, probability).level is level


@pytest.mark.parametrize(
    ("estimate", "level"),
    [
        (TimeToFailure(7.0), RiskLevel.ELEVE),
        (TimeToFailure(7.1), RiskLevel.FAIBLE),
        (TimeToFailure(20, low=7.0, high=40), RiskLevel.MODERE),
        (TimeToFailure(20, low=7.1, high=40), RiskLevel.FAIBLE),
    ],
)
def test_time_to_failure__raises_the_level(estimate: TimeToFailure, level: RiskLevel) -> None:
    assert assess(POLICY, 0.0, estimate).level is level


@given(POLICIES, PROBABILITIES, DAYS, STATUSES)
def test_days_and_data_status__never_lower_a_level(
    policy: RiskPolicy, probability: float, days: TimeToFailure | None, status: DataStatus
) -> None:
    alone = SEVERITY[assess(policy, probability).level]
    assert SEVERITY[assess(policy, probability, days, status).level] >= alone


@given(PROBABILITIES, st.sampled_from([s for s in DataStatus if s is not DataStatus.OK]))
def test_untrusted_data__is_never_called_safe(probability: float, status: DataStatus) -> None:
    assert assess(POLICY, probability, None, status).level is not RiskLevel.FAIBLE
    assert unassessed().level is not RiskLevel.FAIBLE


@given(PROBABILITIES)
def test_an_extrapolated_answer__is_never_called_safe(probability: float) -> None:
    assert assess(POLICY, probability, extrapolated=True).level is not RiskLevel.FAIBLE


@given(POLICIES, st.lists(PROBABILITIES, min_size=2))
def test_level__never_falls_when_the_probability_rises(
    policy: RiskPolicy, probabilities: list[float]
) -> None:
    severities = [SEVERITY[assess(policy, p).level] for p in sorted(probabilities)]
    assert all(a <= b for a, b in pairwise(severities))


@given(POLICIES, st.tuples(PROBABILITIES, DAYS, STATUSES), st.tuples(PROBABILITIES, DAYS, STATUSES))
def test_score__sorts_first_by_level(
    policy: RiskPolicy,
    one: tuple[float, TimeToFailure | None, DataStatus],
    other: tuple[float, TimeToFailure | None, DataStatus],
) -> None:
    a, b = assess(policy, *one), assess(policy, *other)
    if SEVERITY[a.level] > SEVERITY[b.level]:
        assert a.score > b.score
    quarter = SEVERITY[a.level] / 4
    assert quarter <= a.score < quarter + 0.25


def test_score__inside_a_level_sorts_by_probability_then_by_fewer_days() -> None:
    likely = assess(POLICY, 0.20, TimeToFailure(30))
    unlikely = assess(POLICY, 0.19, TimeToFailure(8))
    sooner = assess(POLICY, 0.19, TimeToFailure(7.5))
    assert likely.score > sooner.score > unlikely.score


def test_costs__are_the_expected_failure_less_the_intervention() -> None:
    risk = assess(POLICY, 0.5)
    assert risk.expected_failure_cost_eur == pytest.approx(25_000)
    assert risk.net_benefit_eur == pytest.approx(22_000)


@given(POLICIES, PROBABILITIES)
def test_threshold__is_where_intervening_begins_to_pay(policy: RiskPolicy, probability: float) -> None:
    risk = assess(policy, probability)
    if abs(risk.net_benefit_eur) > 1e-6:
        assert risk.reaches_threshold == (risk.net_benefit_eur > 0)


def test_ranked__falls_by_score_then_in_natural_order() -> None:
    assert ranked([("10", 0.5), ("9", 0.5), ("2", 0.9), ("E-2", 0.5)]) == ["2", "9", "10", "E-2"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"cost_intervention_eur": 0}, "cost_intervention_eur"),
        ({"cost_failure_eur": 3_000}, "cost_failure_eur"),
        ({"moderate_divisor": 0.5}, "moderate_divisor"),
        ({"max_age_days": -1}, "max_age_days"),
    ],
)
def test_policy__refuses_what_makes_no_sense(wrong: dict[str, float], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        RiskPolicy(**wrong)  # type: ignore[arg-type]
    assert [error.field for error in refusal.value.errors] == [field]


def test_policy__survives_storage() -> None:
    policy = RiskPolicy(cost_failure_eur=80_000, max_age_days=3)
    assert RiskPolicy.of_parameters(policy.as_parameters()) == policy
