"""The week's plan as a mixed-integer programme, solved to proven optimality (HiGHS, ``scipy.optimize.milp``).

One binary variable per candidate and (crew, day) pair where it fits. Amounts are whole cents and whole
minutes, so that the answer is checked in exact arithmetic. Three programmes follow one another:

1. the most net benefit within skills, hours and budget;
2. among plans of equal benefit, the most risk taken away: hence a greater budget never leaves more risk;
3. for the turbines thus chosen, the days: the sum of risk × days waited is the least.

Identical turbines are taken in the order of the request. HiGHS is deterministic, so the same question gets
the same plan, unless a time limit was reached.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from api.domain.plan.programme import FIELD, Outcome, Placed, Programme
from api.domain.plan.reduction import needed_candidates
from api.domain.plan.week_plan import (
    Candidate,
    Choice,
    Crew,
    LeftAside,
    Room,
    Visit,
    WeekPlan,
    reason_left,
    to_cents,
    to_minutes,
)
from api.domain.shared.exceptions import Conflict, FieldError, InvalidInput

TIME_LIMIT_S = 10.0
_TIES_S, _DAYS_S = 3.0, 2.0  # for the choices between plans that are worth the same [s]


def plan_week(
    candidates: Sequence[Candidate],
    crews: Sequence[Crew],
    budget_eur: float | None = None,
    time_limit_s: float = TIME_LIMIT_S,
) -> WeekPlan:
    """Return the best week.

    Args:
        candidates: in the order of urgency, each turbine once.
        crews: all with the same number of days.
        budget_eur: for the interventions together; None for no limit [€].
        time_limit_s: after which the best plan so far is returned, with the most that another could gain [s].

    Raises:
        InvalidInput: turbines that a person imposes cannot be placed.
        Conflict: no plan was found in time.
    """
    empty = Room.of(crews, budget_eur)
    chosen_by_hand = [candidate for candidate in candidates if candidate.choice is Choice.IMPOSEE]
    if wrong := [error for candidate in chosen_by_hand if (error := _impossible(candidate, empty))]:
        raise InvalidInput(wrong)
    opened = needed_candidates([candidate for candidate in candidates if candidate.open], empty)
    programme = Programme(
        opened, [empty.slots(candidate) for candidate in opened], empty, time.monotonic() + time_limit_s
    )
    best = programme.solve(
        lambda candidate, _: candidate.net_cents, lambda n: opened[n].choice is Choice.IMPOSEE
    )
    if best.chosen is None and chosen_by_hand:
        raise Conflict(
            "Aucun plan n’a été trouvé à temps avec ces turbines imposées : imposez-en moins, ou réduisez "
            "la période."
        )
    placed = best.chosen or {}
    placed = _most_risk(programme, placed) if best.proven else _completed(programme, placed)
    placed = _by_urgency(programme, placed)
    return _checked_plan(candidates, programme, _in_order(programme, placed), best)


def _impossible(candidate: Candidate, empty: Room) -> FieldError | None:
    """Say why a turbine that a person imposes can never be placed; None where it can."""
    if not any(candidate.skills <= crew.skills for crew in empty.crews):
        sentence = "imposée, mais aucune équipe n’a toutes les compétences attendues."
    elif not empty.slots(candidate):
        sentence = "imposée, mais aucune équipe compétente n’a assez d’heures libres le même jour."
    elif not empty.affords(candidate):
        sentence = "imposée, mais son coût dépasse le budget."
    else:
        return None
    return FieldError(FIELD, f"turbine {candidate.turbine} : {sentence}", candidate.turbine)


def _most_risk(programme: Programme, placed: Placed) -> Placed:
    """Return, among plans of the same net benefit, the one that takes the most risk away."""
    if len(placed) == len(programme.open):
        return placed
    floor = sum(programme.open[number].net_cents for number in placed)
    riskiest = replace(programme, until=time.monotonic() + _TIES_S).solve(
        lambda candidate, _: to_cents(candidate.risk_eur),
        lambda number: programme.open[number].choice is Choice.IMPOSEE,
        (lambda candidate: candidate.net_cents, floor),
    )
    if riskiest.chosen is None or sum(programme.open[number].net_cents for number in riskiest.chosen) < floor:
        return placed
    return riskiest.chosen


def _completed(programme: Programme, placed: Placed) -> Placed:
    """Complete a plan that time cut short with the candidates that still fit, the best first."""
    room = programme.room.without([(programme.open[n], slot) for n, slot in placed.items()])
    completed = dict(placed)
    rest = [number for number in range(len(programme.open)) if number not in placed]
    for number in sorted(rest, key=lambda n: -programme.open[n].net_cents):
        candidate = programme.open[number]
        if room.affords(candidate) and (slots := room.slots(candidate)):
            completed[number] = slots[0]
            room = room.without([(candidate, slots[0])])
    return completed


def _by_urgency(programme: Programme, placed: Placed) -> Placed:
    """Place the same turbines again, the riskiest as early as hours and skills allow."""
    if not placed:
        return placed
    numbers = sorted(placed)
    days = replace(
        programme,
        open=[programme.open[n] for n in numbers],
        slots=[programme.slots[n] for n in numbers],
        until=time.monotonic() + _DAYS_S,
    )
    earliest = days.solve(lambda candidate, slot: -to_cents(candidate.risk_eur) * slot[1], lambda _: True)
    other = {numbers[number]: slot for number, slot in (earliest.chosen or {}).items()}

    def waited(plan: Placed) -> int:
        return sum(to_cents(programme.open[n].risk_eur) * slot[1] for n, slot in plan.items())

    return other if other and waited(other) < waited(placed) else placed


def _in_order(programme: Programme, placed: Placed) -> Placed:
    """Take identical candidates in the order of the request, the first on the earliest day."""
    alike: dict[tuple[Any, ...], list[int]] = {}
    for number, candidate in enumerate(programme.open):
        kind: tuple[Any, ...] = (
            candidate.skills,
            to_minutes(candidate.hours),
            to_cents(candidate.risk_eur),
            to_cents(candidate.cost_eur),
            candidate.choice,
        )
        alike.setdefault(kind, []).append(number)
    in_order: Placed = {}
    for numbers in alike.values():
        slots = sorted((placed[n] for n in numbers if n in placed), key=lambda slot: (slot[1], slot[0]))
        in_order |= dict(zip(numbers, slots, strict=False))
    return in_order


def _checked_plan(
    candidates: Sequence[Candidate], programme: Programme, placed: Placed, best: Outcome
) -> WeekPlan:
    """Return the plan, checked in whole cents and minutes."""
    room = programme.room.without([(programme.open[n], slot) for n, slot in placed.items()])
    crews = programme.room.crews
    order = sorted(placed, key=lambda n: (placed[n][1], placed[n][0], n))
    visits = tuple(Visit(programme.open[n], crews[placed[n][0]], placed[n][1]) for n in order)
    taken = {visit.candidate.turbine for visit in visits}
    left = tuple(
        LeftAside(candidate, reason_left(candidate, programme.room, room))
        for candidate in candidates
        if candidate.turbine not in taken
    )
    net = sum(visit.candidate.net_cents for visit in visits)
    bound = net if best.proven else max(net, min(best.bound, _relaxed(programme)))
    return WeekPlan(visits, left, bound / 100, best.proven)


def _relaxed(programme: Programme) -> float:
    """Return an amount that no plan exceeds [c€].

    It is that of the week as one long day in which an intervention may be cut.
    """
    minutes = sum(programme.room.minutes.values())
    total = 0.0
    useful = [candidate for candidate, slots in zip(programme.open, programme.slots, strict=True) if slots]
    for candidate in sorted(useful, key=lambda each: -each.net_cents / to_minutes(each.hours)):
        share = min(1.0, minutes / to_minutes(candidate.hours))
        if share <= 0 or candidate.net_cents <= 0:
            break
        total += share * candidate.net_cents
        minutes -= to_minutes(candidate.hours)
    return total
