"""The week's plan: as good as trying everything, never beyond crews or budget, its euros recounted."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from api.domain.plan.reduction import needed_candidates
from api.domain.plan.solver import plan_week
from api.domain.plan.week_plan import Candidate, Choice, Crew, Reason, Room, WeekPlan
from api.domain.policy.levels import assess
from api.domain.policy.risk_policy import RiskPolicy
from api.domain.shared.exceptions import InvalidInput
from api.schemas.vocabulary import Skill
from tests.support.park.week_plan_parks import best_by_trying, random_week

pytestmark = pytest.mark.slow

COSTS = ((3_000.0,), (1_500.0, 3_000.0, 4_200.5))
ANY = frozenset(Skill)
NONE: frozenset[Skill] = frozenset()


def one(turbine: str, risk: float, hours: float = 4.0, **other: object) -> Candidate:
    """A candidate that any crew can do."""
    return Candidate(turbine, hours, NONE, risk, 3_000.0, **other)  # type: ignore[arg-type]


def reasons(plan: WeekPlan) -> dict[str, Reason]:
    return {left.candidate.turbine: left.reason for left in plan.left}


def batches(count: int) -> list[Any]:
    """Numbers of batches: two in every run, the others among the long tests."""
    return [0, 1, *(pytest.param(batch, marks=pytest.mark.long) for batch in range(2, count))]


@pytest.mark.parametrize("batch", range(10))
def test_small_parks__equal_brute_force(batch: int) -> None:
    for seed in range(20 * batch, 20 * batch + 20):
        park, crews, budget = random_week(seed, (1, 10), (0, 3), costs=COSTS[seed % 2])
        net, risk = best_by_trying(park, crews, budget)

        plan = plan_week(park, crews, budget)

        assert plan.proven, seed
        assert Fraction(str(plan.net_eur)) == net, seed
        assert Fraction(str(plan.prevented_eur)) == risk, seed


@pytest.mark.parametrize("batch", batches(10))
def test_larger_parks__within_crews_and_budget__euros_recounted(batch: int) -> None:
    for seed in range(1_000 + 20 * batch, 1_020 + 20 * batch):
        park, crews, budget = random_week(seed, (25, 60), (2, 4), costs=COSTS[seed % 2])

        plan = plan_week(park, crews, budget, time_limit_s=3)

        spent, hours = Decimal(0), Counter[tuple[str, int]]()
        for visit in plan.visits:
            assert visit.candidate.skills <= visit.crew.skills
            assert visit.candidate.choice is not Choice.ECARTEE
            spent += Decimal(str(visit.candidate.cost_eur))
            hours[visit.crew.name, visit.day] += Decimal(str(visit.candidate.hours))  # type: ignore[assignment]
        assert budget is None or spent <= Decimal(str(budget))
        for crew in crews:
            for day, available in enumerate(crew.hours):
                assert hours[crew.name, day] <= Decimal(str(available))
        done = [visit.candidate.turbine for visit in plan.visits]
        assert sorted(done + [left.candidate.turbine for left in plan.left]) == sorted(
            c.turbine for c in park
        )
        risk = {c.turbine: Decimal(str(c.risk_eur)) for c in park}
        assert Decimal(str(plan.cost_eur)) == spent
        assert Decimal(str(plan.net_eur)) == sum(risk[t] for t in done) - spent
        assert Decimal(str(plan.remaining_eur)) == sum(risk.values()) - sum(risk[t] for t in done)
        assert plan.net_eur + plan.gap_eur <= plan.bound_eur + 0.01


@pytest.mark.parametrize("batch", batches(5))
def test_more_budget__never_leaves_more_risk(batch: int) -> None:
    for seed in range(2_000 + 8 * batch, 2_008 + 8 * batch):
        park, crews, _ = random_week(seed, (5, 30), (1, 3), costs=COSTS[seed % 2])
        budgets = sorted(random.Random(seed).sample(range(0, 60_000, 500), 6))

        plans = [plan_week(park, crews, budget) for budget in (*map(float, budgets), None)]

        assert all(plan.proven for plan in plans)
        risks = [plan.remaining_eur for plan in plans]
        assert risks == sorted(risks, reverse=True), (seed, budgets)


def test_worth__is_the_net_benefit_of_the_policy() -> None:
    policy = RiskPolicy()
    risk = assess(policy, 0.2)
    candidate = Candidate("1", 4, NONE, risk.expected_failure_cost_eur, policy.cost_intervention_eur)

    plan = plan_week([candidate], [Crew("A", ANY, (8.0,))])

    assert plan.net_eur == pytest.approx(risk.net_benefit_eur)
    at_threshold = assess(policy, policy.threshold).expected_failure_cost_eur
    assert not plan_week([one("1", at_threshold)], [Crew("A", ANY, (8.0,))]).visits


def test_days__the_riskiest_goes_first() -> None:
    park = [one("calme", 4_000.0), one("grave", 30_000.0), one("moyenne", 9_000.0)]

    plan = plan_week(park, [Crew("A", ANY, (4.0, 4.0, 4.0))])

    assert [(v.candidate.turbine, v.day) for v in plan.visits] == [("grave", 0), ("moyenne", 1), ("calme", 2)]


def test_equal_turbines__first_given_goes__same_plan_each_time() -> None:
    park = [one(str(number), 9_000.0) for number in range(6)]
    crews = [Crew("A", ANY, (8.0, 8.0))]

    plans = [plan_week(park, crews, 9_000.0) for _ in range(3)]

    assert [v.candidate.turbine for v in plans[0].visits] == ["0", "1", "2"]
    assert plans[0] == plans[1] == plans[2]


def test_left_aside__each_with_its_reason() -> None:
    crews = [Crew("A", frozenset({Skill.MECANIQUE}), (8.0,)), Crew("B", frozenset({Skill.PALES}), (0.0,))]
    park = [
        one("prise", 30_000.0, 8.0),
        one("heures", 20_000.0, 8.0),
        one("longue", 20_000.0, 9.0),
        Candidate("pales", 4, frozenset({Skill.PALES}), 20_000.0, 3_000.0),
        one("chère", 3_000.0),
        one("écartée", 40_000.0, choice=Choice.ECARTEE),
    ]

    plan = plan_week(park, crews)

    assert [v.candidate.turbine for v in plan.visits] == ["prise"]
    assert reasons(plan) == {
        "heures": Reason.HEURES,
        "longue": Reason.JOURNEE,
        "pales": Reason.COMPETENCE,
        "chère": Reason.PAS_RENTABLE,
        "écartée": Reason.ECARTEE,
    }
    assert plan.remaining_eur == 20_000 * 3 + 3_000 + 40_000


def test_left_aside__by_the_budget_alone_or_with_the_hours() -> None:
    park = [one("1", 30_000.0), one("2", 20_000.0)]

    assert reasons(plan_week(park, [Crew("A", ANY, (8.0,))], 5_000.0)) == {"2": Reason.BUDGET}
    assert reasons(plan_week(park, [Crew("A", ANY, (4.0,))], 5_000.0)) == {"2": Reason.HEURES_ET_BUDGET}
    assert reasons(plan_week(park, [Crew("A", ANY, (4.0,))], 6_000.0)) == {"2": Reason.HEURES}


def test_imposed__goes_first_whatever_it_is_worth() -> None:
    park = [one("1", 30_000.0), one("2", 100.0, choice=Choice.IMPOSEE)]

    plan = plan_week(park, [Crew("A", ANY, (4.0,))])

    assert [v.candidate.turbine for v in plan.visits] == ["2"]
    assert plan.net_eur == -2_900.0
    assert reasons(plan) == {"1": Reason.HEURES}


@pytest.mark.parametrize(
    ("hours", "skills", "budget", "told"),
    [
        (4.0, frozenset({Skill.PALES}), None, "aucune équipe n’a toutes les compétences"),
        (9.0, NONE, None, "heures libres le même jour"),
        (4.0, NONE, 2_000.0, "dépasse le budget"),
    ],
)
def test_imposed__that_cannot_be__is_refused_by_name(
    hours: float, skills: frozenset[Skill], budget: float | None, told: str
) -> None:
    wanted = Candidate("7", hours, skills, 30_000.0, 3_000.0, Choice.IMPOSEE)

    with pytest.raises(InvalidInput) as caught:
        plan_week([wanted], [Crew("A", frozenset({Skill.MECANIQUE}), (8.0,))], budget)

    (error,) = caught.value.errors
    assert (error.field, error.value) == ("adjustments", "7")
    assert told in error.message


def test_imposed__that_do_not_fit_together__are_refused() -> None:
    park = [one(name, 9_000.0, 8.0, choice=Choice.IMPOSEE) for name in "12"]

    with pytest.raises(InvalidInput, match="ne tiennent pas ensemble"):
        plan_week(park, [Crew("A", ANY, (8.0,))])


def test_large_park__what_cannot_matter_is_left_out__same_best_plan() -> None:
    draw = random.Random(3)
    park = [
        Candidate(
            str(number),
            draw.choice((2.0, 4.0)),
            frozenset(draw.sample(list(Skill)[:2], draw.choice((0, 1)))),
            round(draw.uniform(3_100, 45_000), 2),
            3_000.0,
        )
        for number in range(400)
    ]
    crews = [Crew("A", frozenset({Skill.MECANIQUE}), (4.0, 6.0)), Crew("B", ANY, (4.0,) * 2)]
    empty = Room.of(crews, 20_000.0)

    kept = needed_candidates(park, empty)

    assert len(kept) < 60
    plan = plan_week(park, crews, 20_000.0)
    assert plan.proven
    assert len(plan.visits) <= 6
    for other in draw.sample([one for one in park if one not in kept], 15):
        forced = [replace(one, choice=Choice.IMPOSEE) if one is other else one for one in park]
        assert plan_week(forced, crews, 20_000.0).net_eur <= plan.net_eur


def test_time_out__plan_holds__gap_is_told() -> None:
    draw = random.Random(5)
    park = [
        one(str(number), draw.uniform(4_000, 40_000), draw.choice((1.25, 2.75, 3.5, 4.75, 5.25)))
        for number in range(150)
    ]
    crews = [Crew(str(number), ANY, (7.5,) * 7) for number in range(4)]

    plan = plan_week(park, crews, time_limit_s=0.05)

    hours = Counter[tuple[str, int]]()
    for visit in plan.visits:
        hours[visit.crew.name, visit.day] += visit.candidate.hours  # type: ignore[assignment]
    assert max(hours.values()) <= 7.5
    assert not plan.proven
    assert plan.gap_eur == pytest.approx(plan.bound_eur - plan.net_eur)
    assert plan.gap_eur > 0
    assert plan.bound_eur < 2 * plan.net_eur


def test_nobody__nothing() -> None:
    plan = plan_week([one("1", 9_000.0)], [])
    assert (plan.visits, plan.proven, plan.remaining_eur) == ((), True, 9_000.0)
    assert reasons(plan) == {"1": Reason.COMPETENCE}
    assert plan_week([], [Crew("A", ANY, (8.0,))]).visits == ()
