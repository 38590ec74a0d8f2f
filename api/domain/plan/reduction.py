"""Which candidates of a large park may be in a best plan: the others are left out of the programme, exactly.

One candidate dominates another when it asks for no other skill, takes no longer, costs no more and is worth
at least as much. If a week holds at most K interventions, one that is dominated by K others is never needed:
in any plan that holds it, one of the K is free and may take its place.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from api.domain.plan.week_plan import Candidate, Choice, Room, to_cents, to_minutes
from api.schemas.vocabulary import Skill

_BITS = {skill: 1 << place for place, skill in enumerate(Skill)}


def needed(opened: Sequence[Candidate], empty: Room) -> list[Candidate]:
    """Candidates that a best plan may hold, in their order.

    Args:
        opened: that may be placed.
        empty: the week.
    """
    fitting = [one for one in opened if empty.slots(one) and empty.affords(one)]
    most = _most_visits(fitting, empty)
    if len(fitting) <= most:
        return fitting
    skills = np.array([sum(_BITS[skill] for skill in one.skills) for one in fitting])
    minutes = np.array([to_minutes(one.hours) for one in fitting])
    cost = np.array([to_cents(one.cost_eur) for one in fitting])
    risk = np.array([to_cents(one.risk_eur) for one in fitting])
    free = np.array([one.choice is Choice.LIBRE for one in fitting])
    place = np.arange(len(fitting))
    kept = []
    for number, one in enumerate(fitting):
        better = (
            free & (skills & ~skills[number] == 0) & (minutes <= minutes[number]) & (cost <= cost[number])
        )
        # Of two that are alike, the first given stands before the second.
        first = (risk > risk[number]) | ((risk == risk[number]) & (place < number))
        if one.choice is Choice.IMPOSEE or np.count_nonzero(better & first) < most:
            kept.append(one)
    return kept


def _most_visits(fitting: Sequence[Candidate], empty: Room) -> int:
    """No plan holds more interventions than this."""
    if not fitting:
        return 0
    shortest = min(to_minutes(one.hours) for one in fitting)
    hours = sum(minutes // shortest for minutes in empty.minutes.values())
    cheapest = min(to_cents(one.cost_eur) for one in fitting)
    if empty.cents is None or cheapest <= 0:
        return hours
    return min(hours, empty.cents // cheapest)
