"""The park as planning sees it: candidates for a visit, turbines already covered, costs at stake."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row

from api.domain.interventions.checklists import skills_for
from api.domain.interventions.interventions import WORDS, State
from api.domain.measurements.measurements import canonical_turbine_id
from api.domain.park.scored import RankedTurbine
from api.domain.park.situation import BY_VISIT, Situation
from api.domain.plan.booked import Booking
from api.domain.plan.week_plan import Candidate, Choice, to_cents, to_minutes
from api.domain.policy.risk_policy import RiskPolicy
from api.domain.shared.exceptions import FieldError, InvalidInput
from api.schemas import french
from api.schemas.vocabulary import SituationCode, Skill
from api.schemas.week_plan import CoveredTurbine, PlanAdjustment, WeekPlanRequest
from api.services.park.situations import SituationSource
from api.storage import interventions
from api.storage import plan as week_plan
from api.storage import policy as policies
from api.storage.park.ranking import page_of_scores

AnyRow = Row[Any]
_FIELD = "adjustments"


@dataclass(frozen=True)
class Asked:
    """The choices of a request, by turbine."""

    hours_each: float
    place_visits: bool
    adjustments: Mapping[str, PlanAdjustment]

    @classmethod
    def of(cls, asked: WeekPlanRequest) -> Asked:
        """Read the choices of a request, by canonical identifier.

        Raises:
            InvalidInput: a turbine has two choices.
        """
        choices: dict[str, PlanAdjustment] = {}
        for choice in asked.adjustments:
            turbine = canonical_turbine_id(choice.turbine_id)
            if turbine in choices:
                raise InvalidInput.single(_FIELD, f"turbine {turbine} : deux choix ; gardez-en un.", turbine)
            choices[turbine] = choice
        return cls(asked.hours_each, asked.place_visits, choices)

    def candidate(self, turbine: RankedTurbine, policy: RiskPolicy) -> Candidate:
        """Make a candidate of a turbine, with what a person chose for it."""
        chosen, score = self.adjustments.get(turbine.turbine_id), turbine.score
        driver = score.main_driver
        skills: Iterable[Skill] = skills_for(None if driver is None else driver.feature)
        if chosen is not None and chosen.skills is not None:
            skills = chosen.skills
        return Candidate(
            turbine=turbine.turbine_id,
            hours=(chosen and chosen.hours) or self.hours_each,
            skills=frozenset(skills),
            risk_eur=(score.probability or 0.0) * policy.cost_failure_eur,
            cost_eur=policy.cost_intervention_eur,
            choice=Choice.LIBRE if chosen is None else Choice(chosen.choice),
        )


class Aside(NamedTuple):
    """A turbine worth a visit that is no candidate, and why."""

    candidate: Candidate
    reason: str
    sentence: str


@dataclass
class ParkAtWork:
    """A published ranking, sorted by the part of each turbine in planning; cents are euros × 100.

    Args:
        run: the ranking.
        policy: that the ranking used.
        turbines: all candidates and turbines left aside, by identifier.
        candidates: turbines that may be visited, in the order of the ranking.
        aside: turbines worth a visit that this plan does not decide about.
        covered: turbines whose risk somebody already treats, or has treated.
        going: interventions planned or under way.
        crews_given: crew that an accepted plan chose, by number of the intervention.
        last_days: last day in time for each candidate, where there is one.
    """

    run: AnyRow
    policy: RiskPolicy
    turbines: dict[str, RankedTurbine] = field(default_factory=dict)
    candidates: list[Candidate] = field(default_factory=list)
    aside: list[Aside] = field(default_factory=list)
    covered: list[CoveredTurbine] = field(default_factory=list)
    going: list[AnyRow] = field(default_factory=list)
    crews_given: Mapping[int, str] = field(default_factory=dict)
    last_days: dict[str, date] = field(default_factory=dict)
    park_cents: int = 0
    covered_cents: int = 0
    small_cents: int = 0
    small: int = 0
    unassessed: int = 0


def park_at_work(connection: Connection, run: AnyRow, asked: Asked, source: SituationSource) -> ParkAtWork:
    """Sort the turbines of a ranking by their situation.

    Raises:
        InvalidInput: a choice about a turbine that is unknown, or that somebody already visits.
    """
    park = ParkAtWork(run, policies.version(connection, run.policy_version))
    situations = source.of(connection, run, park.policy)
    _, ranking = page_of_scores(connection, run.id)
    # A proposed intervention, such as a finding, still waits for a plan.
    living = interventions.living(connection)
    going = {key: row for key, row in living.items() if row.state != State.PROPOSEE}
    park.going += going.values()
    park.crews_given = week_plan.crews_of(connection)
    known = {turbine.turbine_id: turbine for turbine in ranking}
    if wrong := list(_wrong_choices(asked, known, going)):
        raise InvalidInput(wrong)
    for turbine in ranking:
        situation = situations.of(turbine.score.turbine)
        _sort(park, turbine, situation, asked, going=turbine.score.turbine in going)
    return park


def _wrong_choices(
    asked: Asked, known: Mapping[str, RankedTurbine], going: Mapping[int, AnyRow]
) -> Iterator[FieldError]:
    for turbine, chosen in asked.adjustments.items():
        place = known.get(turbine)
        if place is None:
            yield FieldError(_FIELD, f"turbine {turbine} : absente du classement publié.", turbine)
        elif chosen.choice == "imposee" and (intervention := going.get(place.score.turbine)) is not None:
            yield FieldError(_FIELD, f"turbine {turbine} : {_taken(intervention)} Retirez ce choix.", turbine)


# The risk of these is treated: by work to come, or by work that no measurement shows yet.
_TREATED = frozenset({SituationCode.COUVERTE, SituationCode.EN_COURS, SituationCode.MESURE_ATTENDUE})


def _sort(
    park: ParkAtWork, turbine: RankedTurbine, situation: Situation, asked: Asked, *, going: bool
) -> None:
    """Put one turbine into its group; its risk counts in every case."""
    candidate, score = asked.candidate(turbine, park.policy), turbine.score
    cents = to_cents(candidate.risk_eur)
    park.park_cents += cents
    park.unassessed += score.probability is None
    visited = situation.decided_by == BY_VISIT and not asked.place_visits
    imposed = candidate.choice is Choice.IMPOSEE
    if imposed or (situation.code.to_decide and not going and not visited):
        park.turbines[turbine.turbine_id] = turbine
        park.candidates.append(candidate)
        if situation.code.to_decide and situation.until is not None:
            park.last_days[turbine.turbine_id] = situation.until
    elif situation.code in _TREATED:
        park.covered.append(
            CoveredTurbine(turbine_id=turbine.turbine_id, risk_eur=cents / 100, sentence=situation.reason)
        )
        park.covered_cents += cents
    elif candidate.net_cents > 0:
        park.turbines[turbine.turbine_id] = turbine
        reason = "visite_a_confirmer" if visited else "trop_tard" if going else "deja_decidee"
        park.aside.append(Aside(candidate, reason, situation.reason))
    else:
        park.small += score.probability is not None
        park.small_cents += cents


def bookings(park: ParkAtWork, start: date, days: int) -> list[Booking]:
    """Return the interventions planned within the days of a plan, by day."""
    booked = [
        Booking(
            intervention=row.id,
            turbine=row.turbine_id,
            day=(row.planned_on - start).days,
            minutes=to_minutes(row.expected_hours or 0.0),
            assignee=row.assignee,
            crew=park.crews_given.get(row.id),
        )
        for row in park.going
        if row.planned_on is not None and 0 <= (row.planned_on - start).days < days
    ]
    return sorted(booked, key=lambda booking: (booking.day, booking.intervention))


def _taken(row: AnyRow) -> str:
    day = "" if row.planned_on is None else f" pour le {french.date(row.planned_on)}"
    return f"L’intervention n° {row.id} est déjà {WORDS[State(row.state)]}{day}."
