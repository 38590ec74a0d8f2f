"""Which candidates of a large park may be in a best plan: the others are left out of the programme, exactly.

A candidate dominates another when it asks for no other skill, takes no longer, costs no more and is worth at
least as much. If a week holds at most K interventions, a candidate that K others dominate is never needed: in
any plan that holds it, one of the K is free and may take its place.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from api.domain.plan.week_plan import Candidate, Choice, Room, to_cents, to_minutes
from api.schemas.vocabulary import Skill

_BITS = {skill: 1 << place for place, skill in enumerate(Skill)}


def needed_candidates(opened: Sequence[Candidate], empty: Room) -> list[Candidate]:
    """Return the candidates that a best plan may hold, in their order.

    Args:
        opened: candidates that may be placed.
        empty: the empty week.
    """
    fitting = [candidate for candidate in opened if empty.slots(candidate) and empty.affords(candidate)]
    most = _most_visits(fitting, empty)
    if len(fitting) <= most:
        return fitting
    skills = np.array([sum(_BITS[skill] for skill in candidate.skills) for candidate in fitting])
    minutes = np.array([to_minutes(candidate.hours) for candidate in fitting])
    cost = np.array([to_cents(candidate.cost_eur) for candidate in fitting])
    risk = np.array([to_cents(candidate.risk_eur) for candidate in fitting])
    free = np.array([candidate.choice is Choice.LIBRE for candidate in fitting])
    place = np.arange(len(fitting))
    kept = []
    for number, candidate in enumerate(fitting):
        better = (
            free & (skills & ~skills[number] == 0) & (minutes <= minutes[number]) & (cost <= cost[number])
        )
        # Of two that are alike, the earlier comes first.
        first = (risk > risk[number]) | ((risk == risk[number]) & (place < number))
        if candidate.choice is Choice.IMPOSEE or np.count_nonzero(better & first) < most:
            kept.append(candidate)
    return kept


def _most_visits(fitting: Sequence[Candidate], empty: Room) -> int:
    """Return a number of interventions that no plan exceeds."""
    if not fitting:
        return 0
    shortest = min(to_minutes(candidate.hours) for candidate in fitting)
    hours = sum(minutes // shortest for minutes in empty.minutes.values())
    cheapest = min(to_cents(candidate.cost_eur) for candidate in fitting)
    if empty.cents is None or cheapest <= 0:
        return hours
    return min(hours, empty.cents // cheapest)
