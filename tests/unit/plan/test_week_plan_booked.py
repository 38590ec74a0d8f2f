"""Hours already planned: taken from the crew that goes, down to zero; the plan beside them is the best."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction

import pytest

from api.domain.plan.booked import Booking, booked_minutes, crew_of, free_crews
from api.domain.plan.solver import plan_week
from api.domain.plan.week_plan import Candidate, Crew, Reason
from api.schemas.vocabulary import Skill
from tests.support.park.week_plan_parks import best_by_trying, random_bookings, random_week

ANY = frozenset(Skill)
NORD = Crew("Nord", ANY, (8.0, 8.0), "anne")
SUD = Crew("Sud", ANY, (8.0, 8.0), "bob")
EST = Crew("Est", ANY, (8.0, 8.0))


def booking(**more: object) -> Booking:
    return replace(Booking(1, "7", 0, 240), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("assignee", "crew", "crews", "whose"),
    [
        ("anne", None, (NORD, SUD), "Nord"),
        ("bob", "Nord", (NORD, SUD), "Sud"),  # given to somebody else since
        (None, "Nord", (NORD, SUD), "Nord"),
        (None, None, (NORD, SUD), None),
        (None, "disparue", (NORD, SUD), None),
        ("zoé", None, (NORD, SUD), None),
        ("zoé", "Nord", (NORD, SUD), None),  # the crew's technician is another
        ("zoé", "Est", (NORD, EST), "Est"),  # a crew without a technician of its own
        ("anne", None, (NORD, replace(SUD, assignee="anne")), None),  # one of two: not known
        ("anne", "Sud", (NORD, replace(SUD, assignee="anne")), "Sud"),
        ("anne", "Est", (NORD, EST), "Nord"),
    ],
)
def test_whose_hours(
    assignee: str | None, crew: str | None, crews: tuple[Crew, ...], whose: str | None
) -> None:
    found = crew_of(booking(assignee=assignee, crew=crew), crews)
    assert (None if found is None else found.name) == whose


def test_hours__add_up_by_day_and_stop_at_zero() -> None:
    booked = [
        booking(assignee="anne"),
        booking(assignee="anne", minutes=45),
        booking(assignee="anne", day=1, minutes=600),
        booking(assignee="zoé"),
    ]
    nord, sud = free_crews(booked, [NORD, SUD])
    assert nord.hours == (3.25, 0.0)
    assert sud == SUD
    assert booked_minutes(booked, [NORD, SUD]) == {("Nord", 0): 285, ("Nord", 1): 600}


def test_crew_that_is_taken_elsewhere__sets_out_less() -> None:
    park = [Candidate(name, 4.0, frozenset(), 20_000.0, 3_000.0) for name in "12"]
    week = Crew("Nord", ANY, (8.0,), "anne")
    assert len(plan_week(park, free_crews([], [week])).visits) == 2
    plan = plan_week(park, free_crews([booking(assignee="anne")], [week]))
    assert [visit.candidate.turbine for visit in plan.visits] == ["1"]
    assert [left.reason for left in plan.left] == [Reason.HEURES]


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(10))
def test_small_parks__beside_what_is_planned__equal_brute_force(batch: int) -> None:
    for seed in range(3_000 + 20 * batch, 3_020 + 20 * batch):
        park, bare, budget = random_week(seed, (1, 9), (1, 3))
        people = random.Random(seed)
        crews = [replace(crew, assignee=people.choice((None, "anne", "bob"))) for crew in bare]
        booked = random_bookings(seed, crews)
        taken: dict[tuple[str, int], Fraction] = {}
        for one in booked:
            whose = crew_of(one, crews)
            if whose is not None:
                slot = (whose.name, one.day)
                taken[slot] = taken.get(slot, Fraction()) + Fraction(one.minutes, 60)

        plan = plan_week(park, free_crews(booked, crews), budget)

        net, risk = best_by_trying(park, crews, budget, taken)
        assert plan.proven, seed
        assert Fraction(str(plan.net_eur)) == net, seed
        assert Fraction(str(plan.prevented_eur)) == risk, seed
