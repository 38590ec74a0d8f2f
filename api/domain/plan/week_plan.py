"""Which interventions a week holds: the set that avoids the most cost within crews, hours and budget.

What one intervention avoids is the net benefit of the risk policy, ``p × F − C``: with p the probability of a
failure within 7 days, F the cost of a failure that was not prevented and C that of an intervention. It is the
expected cost of waiting less that of going, the comparison from which the policy's threshold C / F follows
(C. Elkan, *The Foundations of Cost-Sensitive Learning*, IJCAI 2001; see ``risk``). It does not
depend on the day within the week: the probability covers 7 days as a whole, and no model here says which one.
Days are therefore decided afterwards, the riskiest first.

One intervention takes one crew, on one day, for its whole length. Pure; solved in
:mod:`api.domain.plan.solver`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from api.schemas.vocabulary import Skill


class Choice(StrEnum):
    """What a person decided of a turbine before the plan."""

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
    """Whole cents: sums of money are exact, and each line adds up to its total."""
    return round(euros * 100)


def to_minutes(hours: float) -> int:
    """Whole minutes."""
    return round(hours * 60)


@dataclass(frozen=True, slots=True)
class Crew:
    """People who go together.

    Args:
        name: as the plan calls them.
        skills: what they know.
        hours: that they can give on each day of the plan [h].
        assignee: technician to whom their work is given, by pseudonym.
    """

    name: str
    skills: frozenset[Skill]
    hours: tuple[float, ...]
    assignee: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A turbine on which one may intervene.

    Args:
        turbine: its identifier.
        hours: on site [h].
        skills: all of which the crew must have.
        risk_eur: expected cost of failure, ``p × F`` [€].
        cost_eur: of the intervention, C [€].
        choice: what a person decided of it.
    """

    turbine: str
    hours: float
    skills: frozenset[Skill]
    risk_eur: float
    cost_eur: float
    choice: Choice = Choice.LIBRE

    @property
    def net_cents(self) -> int:
        """What intervening avoids, less what it costs [c€]."""
        return to_cents(self.risk_eur) - to_cents(self.cost_eur)

    @property
    def open(self) -> bool:
        """Whether the plan may hold it: worth its cost, or wanted by a person."""
        return self.choice is Choice.IMPOSEE or (self.choice is Choice.LIBRE and self.net_cents > 0)


@dataclass(frozen=True, slots=True)
class Visit:
    """One intervention set out: whose, on which day from 0."""

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
    """What is set out and what is left.

    Args:
        visits: by day, crew, then in the order of the candidates.
        left: candidates without a visit, in their order.
        bound_eur: no plan can avoid more than this, net [€].
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
        """Cost of the interventions set out [€]."""
        return sum(to_cents(visit.candidate.cost_eur) for visit in self.visits) / 100

    @property
    def prevented_eur(self) -> float:
        """Expected cost of failure of the turbines set out [€]."""
        return sum(to_cents(visit.candidate.risk_eur) for visit in self.visits) / 100

    @property
    def remaining_eur(self) -> float:
        """Expected cost of failure of the turbines left aside [€]."""
        return sum(to_cents(left.candidate.risk_eur) for left in self.left) / 100

    @property
    def gap_eur(self) -> float:
        """How much better another plan could at most be [€]; 0 where the plan is proven."""
        return 0.0 if self.proven else max(0.0, self.bound_eur - self.net_eur)


@dataclass(frozen=True, slots=True)
class Room:
    """What the week still holds beside a plan: minutes by (crew, day), and cents where there is a budget."""

    crews: Sequence[Crew]
    minutes: dict[tuple[int, int], int]
    cents: int | None

    @classmethod
    def of(cls, crews: Sequence[Crew], budget_eur: float | None) -> Room:
        """An empty week."""
        minutes = {
            (number, day): to_minutes(hours)
            for number, crew in enumerate(crews)
            for day, hours in enumerate(crew.hours)
        }
        return cls(crews, minutes, None if budget_eur is None else to_cents(budget_eur))

    def slots(self, candidate: Candidate) -> list[tuple[int, int]]:
        """Crew and day pairs where the candidate fits, day by day."""
        need = to_minutes(candidate.hours)
        found = [
            (crew, day)
            for (crew, day), free in self.minutes.items()
            if free >= need and candidate.skills <= self.crews[crew].skills
        ]
        return sorted(found, key=lambda slot: (slot[1], slot[0]))

    def affords(self, candidate: Candidate) -> bool:
        """Whether the budget covers it."""
        return self.cents is None or to_cents(candidate.cost_eur) <= self.cents

    def without(self, placed: Sequence[tuple[Candidate, tuple[int, int]]]) -> Room:
        """What is left once these are set out.

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
    """Why a candidate is not in the plan: a person's choice, its worth, then what it lacks.

    Args:
        candidate: without a visit.
        empty: the week before the plan.
        room: what the plan leaves of it.
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
