"""Which interventions a week holds: those that avoid the most cost within crews, hours and budget.

An intervention avoids the net benefit of the risk policy, ``p × F − C``: with p the probability of a failure
within 7 days, F the cost of a failure that was not prevented and C that of an intervention. It is the
expected cost of waiting less that of going, the comparison from which the policy's threshold C / F follows
(C. Elkan, *The Foundations of Cost-Sensitive Learning*, IJCAI 2001; see
:mod:`api.domain.policy.risk_policy`). It does not depend on the day within the week: the probability covers 7
days as a whole, and no model here says which of them. Days are therefore decided afterwards, the riskiest
first.

An intervention takes one crew, on one day, for its whole length. Pure; solved in
:mod:`api.domain.plan.solver`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from api.schemas.vocabulary import Skill


class Choice(StrEnum):
    """A person's decision on a turbine before the plan."""

    LIBRE = "libre"
    IMPOSEE = "imposee"
    ECARTEE = "ecartee"


class Reason(StrEnum):
    """Why a turbine is left aside."""

    ECARTEE = "ecartee"
    COMPETENCE = "competence"
    JOURNEE = "journee_trop_courte"
    HEURES = "heures"
    BUDGET = "budget"
    HEURES_ET_BUDGET = "heures_et_budget"
    PAS_RENTABLE = "pas_rentable"


def to_cents(euros: float) -> int:
    """Return whole cents: sums of money are exact, and each line adds up to its total."""
    return round(euros * 100)


def to_minutes(hours: float) -> int:
    """Return whole minutes."""
    return round(hours * 60)


@dataclass(frozen=True, slots=True)
class Crew:
    """People who go together.

    Args:
        name: of the crew in the plan.
        skills: of its members.
        hours: free on each day of the plan [h].
        assignee: technician to whom its work is assigned, by pseudonym.
    """

    name: str
    skills: frozenset[Skill]
    hours: tuple[float, ...]
    assignee: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A turbine on which an intervention is possible.

    Args:
        turbine: its identifier.
        hours: on site [h].
        skills: the crew must have all of them.
        risk_eur: expected cost of failure, ``p × F`` [€].
        cost_eur: of the intervention, C [€].
        choice: of a person.
    """

    turbine: str
    hours: float
    skills: frozenset[Skill]
    risk_eur: float
    cost_eur: float
    choice: Choice = Choice.LIBRE

    @property
    def net_cents(self) -> int:
        """The cost that intervening avoids, less the cost of intervening [c€]."""
        return to_cents(self.risk_eur) - to_cents(self.cost_eur)

    @property
    def open(self) -> bool:
        """Whether the plan may hold it: worth its cost, or wanted by a person."""
        return self.choice is Choice.IMPOSEE or (self.choice is Choice.LIBRE and self.net_cents > 0)


@dataclass(frozen=True, slots=True)
class Visit:
    """An intervention in the plan: its crew and its day, from 0."""

    candidate: Candidate
    crew: Crew
    day: int


@dataclass(frozen=True, slots=True)
class LeftAside:
    """A candidate that the week does not hold, and why."""

    candidate: Candidate
    reason: Reason


@dataclass(frozen=True)
class WeekPlan:
    """The visits of a week, and the candidates left aside.

    Args:
        visits: by day, crew, then in the order of the candidates.
        left: candidates without a visit, in their order.
        bound_eur: net amount that no plan exceeds [€].
        proven: whether this plan is known to be the best; else time ran out before the proof.
    """

    visits: tuple[Visit, ...]
    left: tuple[LeftAside, ...]
    bound_eur: float
    proven: bool

    @property
    def net_eur(self) -> float:
        """Avoided cost, interventions paid [€]."""
        return sum(visit.candidate.net_cents for visit in self.visits) / 100

    @property
    def cost_eur(self) -> float:
        """Cost of the interventions in the plan [€]."""
        return sum(to_cents(visit.candidate.cost_eur) for visit in self.visits) / 100

    @property
    def prevented_eur(self) -> float:
        """Expected cost of failure of the turbines in the plan [€]."""
        return sum(to_cents(visit.candidate.risk_eur) for visit in self.visits) / 100

    @property
    def remaining_eur(self) -> float:
        """Expected cost of failure of the turbines left aside [€]."""
        return sum(to_cents(left.candidate.risk_eur) for left in self.left) / 100

    @property
    def gap_eur(self) -> float:
        """The most that another plan could avoid beyond this one [€]; 0 where the plan is proven."""
        return 0.0 if self.proven else max(0.0, self.bound_eur - self.net_eur)


@dataclass(frozen=True, slots=True)
class Room:
    """The room that a week has left: minutes by (crew, day), and cents where there is a budget."""

    crews: Sequence[Crew]
    minutes: dict[tuple[int, int], int]
    cents: int | None

    @classmethod
    def of(cls, crews: Sequence[Crew], budget_eur: float | None) -> Room:
        """Return an empty week."""
        minutes = {
            (number, day): to_minutes(hours)
            for number, crew in enumerate(crews)
            for day, hours in enumerate(crew.hours)
        }
        return cls(crews, minutes, None if budget_eur is None else to_cents(budget_eur))

    def slots(self, candidate: Candidate) -> list[tuple[int, int]]:
        """Return the crew and day pairs where the candidate fits, day by day."""
        need = to_minutes(candidate.hours)
        fitting = [
            (crew, day)
            for (crew, day), free in self.minutes.items()
            if free >= need and candidate.skills <= self.crews[crew].skills
        ]
        return sorted(fitting, key=lambda slot: (slot[1], slot[0]))

    def affords(self, candidate: Candidate) -> bool:
        """Tell whether the budget covers the candidate."""
        return self.cents is None or to_cents(candidate.cost_eur) <= self.cents

    def without(self, placed: Sequence[tuple[Candidate, tuple[int, int]]]) -> Room:
        """Return the room left by these visits.

        Raises:
            ValueError: a crew's hours or the budget are exceeded.
        """
        minutes, cents = dict(self.minutes), self.cents
        for candidate, slot in placed:
            minutes[slot] -= to_minutes(candidate.hours)
            cents = None if cents is None else cents - to_cents(candidate.cost_eur)
            if not candidate.skills <= self.crews[slot[0]].skills:
                raise ValueError(f"crew {slot[0]} lacks a skill for turbine {candidate.turbine}")
        if any(free < 0 for free in minutes.values()) or (cents is not None and cents < 0):
            raise ValueError("a plan exceeds a crew's hours or the budget")
        return Room(self.crews, minutes, cents)


def reason_left(candidate: Candidate, empty: Room, room: Room) -> Reason:
    """Say why a candidate is not in the plan: a person's choice, its worth, then what it lacks.

    Args:
        candidate: without a visit.
        empty: the week before the plan.
        room: that the plan leaves.
    """
    if candidate.choice is Choice.ECARTEE:
        return Reason.ECARTEE
    if candidate.net_cents <= 0:
        return Reason.PAS_RENTABLE
    if not any(candidate.skills <= crew.skills and any(crew.hours) for crew in empty.crews):
        return Reason.COMPETENCE
    if not empty.slots(candidate):
        return Reason.JOURNEE
    if not room.affords(candidate):
        return Reason.BUDGET if room.slots(candidate) else Reason.HEURES_ET_BUDGET
    return Reason.HEURES
