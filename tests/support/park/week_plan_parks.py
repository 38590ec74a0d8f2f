"""Random weeks, and their best plan by trying every plan: an oracle that shares no code with the solver."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import combinations

from api.domain.plan.booked import Booking
from api.domain.plan.week_plan import Candidate, Choice, Crew
from api.schemas.vocabulary import Skill

SKILLS = list(Skill)[:3]
COST = 3_000.0


def random_week(
    seed: int, turbines: tuple[int, int], crews: tuple[int, int], *, costs: Sequence[float] = (COST,)
) -> tuple[list[Candidate], list[Crew], float | None]:
    """Return a park whose work exceeds the week; probabilities repeat, as those of a forest do."""
    draw = random.Random(seed)
    days = draw.choice((1, 2, 5))
    teams = [
        Crew(
            f"Équipe {number}",
            frozenset(draw.sample(SKILLS, draw.randint(1, len(SKILLS)))),
            tuple(draw.choice((0.0, 4.0, 7.5, 8.0)) for _ in range(days)),
        )
        for number in range(draw.randint(*crews))
    ]
    park = [
        Candidate(
            str(number + 1),
            draw.choice((1.0, 2.5, 4.0, 6.0, 8.0, 9.0)),
            frozenset(draw.sample(SKILLS, draw.choice((0, 1, 1, 2)))),
            round(draw.choice((0.02, 0.05, 0.061, 0.1, 0.14, 0.35, draw.random())) * 50_000, 2),
            draw.choice(list(costs)),
            draw.choice((Choice.LIBRE,) * 9 + (Choice.ECARTEE,)),
        )
        for number in range(draw.randint(*turbines))
    ]
    budget = draw.choice((None, 0.0, 6_000.0, 10_000.0, 15_500.0, 45_000.0, 90_000.0))
    return park, teams, budget


def random_bookings(seed: int, crews: Sequence[Crew]) -> list[Booking]:
    """Return interventions already booked in the week, some without a crew, some longer than the day."""
    draw = random.Random(seed)
    days = len(crews[0].hours) if crews else 1
    return [
        Booking(
            number,
            f"prise {number}",
            draw.randrange(days),
            draw.choice((0, 45, 60, 150, 240, 600)),
            draw.choice((None, "anne", "bob", "inconnu")),
            draw.choice((None, "Équipe 0", "Équipe 1", "disparue")),
        )
        for number in range(draw.randint(1, 5))
    ]


def best_by_trying(
    park: Sequence[Candidate],
    crews: Sequence[Crew],
    budget: float | None,
    taken: Mapping[tuple[str, int], Fraction] | None = None,
) -> tuple[Fraction, Fraction]:
    """Return the net benefit of the best plan, and the most risk that such a plan treats [€].

    Args:
        park: candidates.
        crews: with their hours.
        budget: for all interventions [€].
        taken: hours already booked, by crew and day [h].
    """
    free = [candidate for candidate in park if candidate.choice is not Choice.ECARTEE]
    sets = [chosen for size in range(len(free) + 1) for chosen in combinations(free, size)]
    worth = {chosen: (_net(chosen), sum((_exact(c.risk_eur) for c in chosen), Fraction())) for chosen in sets}
    for chosen in sorted(sets, key=worth.__getitem__, reverse=True):
        if budget is not None and sum(_exact(candidate.cost_eur) for candidate in chosen) > _exact(budget):
            continue
        rooms = [
            (crew.skills, _exact(hours) - (taken or {}).get((crew.name, day), Fraction()))
            for crew in crews
            for day, hours in enumerate(crew.hours)
        ]
        if _fits(sorted(chosen, key=lambda candidate: -candidate.hours), rooms):
            return worth[chosen]
    raise AssertionError("doing nothing is always possible")


def _fits(chosen: Sequence[Candidate], rooms: list[tuple[frozenset[Skill], Fraction]]) -> bool:
    """Tell whether all can be placed, each whole on one day of one crew."""
    if not chosen:
        return True
    first, rest = chosen[0], chosen[1:]
    tried = set()
    for place, (skills, hours) in enumerate(rooms):
        if (skills, hours) in tried or not first.skills <= skills or hours < _exact(first.hours):
            continue
        tried.add((skills, hours))
        if _fits(rest, [*rooms[:place], (skills, hours - _exact(first.hours)), *rooms[place + 1 :]]):
            return True
    return False


def _net(chosen: Sequence[Candidate]) -> Fraction:
    return sum((_exact(c.risk_eur) - _exact(c.cost_eur) for c in chosen), Fraction())


def _exact(amount: float) -> Fraction:
    return Fraction(str(amount))
