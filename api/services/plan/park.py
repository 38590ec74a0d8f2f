"""The park as planning sees it: who may be visited, where somebody goes already, what is at stake."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from api.domain.interventions.checklists import skills_for
from api.domain.interventions.interventions import WORDS, State
from api.domain.measurements.measurements import canonical_turbine_id
from api.domain.plan.booked import Booking
from api.domain.plan.week_plan import Candidate, Choice, to_cents, to_minutes
from api.domain.policy.risk_policy import RiskPolicy
from api.domain.shared.exceptions import FieldError, InvalidInput
from api.schemas import french
from api.schemas.vocabulary import Skill
from api.schemas.week_plan import CoveredTurbine, PlanAdjustment, WeekPlanRequest
from api.services.park.proposals import wanted_in
from api.storage import interventions
from api.storage import plan as week_plan
from api.storage import policy as policies
from api.storage.park.ranking import page_of_scores

AnyRow = Row[Any]
_FIELD = "adjustments"


@dataclass(frozen=True)
class Asked:
    """What was asked, by turbine."""

    hours_each: float
    place_visits: bool
    adjustments: Mapping[str, PlanAdjustment]

    @classmethod
    def of(cls, asked: WeekPlanRequest) -> Asked:
        """The choices by canonical identifier.

        Raises:
            InvalidInput: one turbine has two.
        """
        found: dict[str, PlanAdjustment] = {}
        for one in asked.adjustments:
            turbine = canonical_turbine_id(one.turbine_id)
            if turbine in found:
                raise InvalidInput.single(_FIELD, f"turbine {turbine} : deux choix ; gardez-en un.", turbine)
            found[turbine] = one
        return cls(asked.hours_each, asked.place_visits, found)

    def candidate(self, row: AnyRow, policy: RiskPolicy) -> Candidate:
        """A turbine that may be visited, with what a person chose for it."""
        chosen = self.adjustments.get(row.turbine_id)
        skills: Iterable[Skill] = skills_for((row.main_driver or {}).get("feature"))
        if chosen is not None and chosen.skills is not None:
            skills = chosen.skills
        return Candidate(
            turbine=row.turbine_id,
            hours=(chosen and chosen.hours) or self.hours_each,
            skills=frozenset(skills),
            risk_eur=(row.probability or 0.0) * policy.cost_failure_eur,
            cost_eur=policy.cost_intervention_eur,
            choice=Choice.LIBRE if chosen is None else Choice(chosen.choice),
        )


@dataclass
class ParkAtWork:
    """A published ranking, sorted by what planning makes of each turbine; cents are euros × 100.

    Args:
        run: the ranking.
        policy: the rule that it used.
        rows: scores of all candidates and decided turbines, by turbine.
        candidates: that may be visited, in the order of the ranking.
        decided: worth a visit, but a person has answered the alarm.
        covered: where somebody goes already.
        going: interventions planned or under way.
        crews_given: for which crew accepted plans set some of them out, by number.
    """

    run: AnyRow
    policy: RiskPolicy
    rows: dict[str, AnyRow] = field(default_factory=dict)
    candidates: list[Candidate] = field(default_factory=list)
    decided: list[Candidate] = field(default_factory=list)
    covered: list[CoveredTurbine] = field(default_factory=list)
    going: list[AnyRow] = field(default_factory=list)
    crews_given: Mapping[int, str] = field(default_factory=dict)
    park_cents: int = 0
    covered_cents: int = 0
    small_cents: int = 0
    small: int = 0
    unassessed: int = 0


def park_at_work(connection: Connection, run: AnyRow, asked: Asked) -> ParkAtWork:
    """Sort the turbines of a ranking.

    Raises:
        InvalidInput: a choice about a turbine that is unknown, or that somebody already visits.
    """
    park = ParkAtWork(run, policies.version(connection, run.policy_version))
    _, rows = page_of_scores(connection, run.id)
    # One that is only proposed, as a finding is, waits for this very plan.
    living = interventions.living(connection)
    going = {key: one for key, one in living.items() if one.state != State.PROPOSEE}
    park.going += going.values()
    park.crews_given = week_plan.crews_of(connection)
    known = {row.turbine_id: row for row in rows}
    if wrong := list(_wrong_choices(asked, known, going)):
        raise InvalidInput(wrong)
    wanted = wanted_in(connection, run, park.policy, visits_answer=not asked.place_visits)
    deserving = {row.turbine for row in wanted} | (living.keys() - going.keys())
    for row in rows:
        _sort(park, row, going.get(row.turbine), deserving, asked)
    return park


def _wrong_choices(
    asked: Asked, known: Mapping[str, AnyRow], going: Mapping[int, AnyRow]
) -> Iterator[FieldError]:
    for turbine, chosen in asked.adjustments.items():
        row = known.get(turbine)
        if row is None:
            yield FieldError(_FIELD, f"turbine {turbine} : absente du classement publié.", turbine)
        elif chosen.choice == "imposee" and (taken := going.get(row.turbine)) is not None:
            yield FieldError(_FIELD, f"turbine {turbine} : {_taken(taken)} Retirez ce choix.", turbine)


def _sort(
    park: ParkAtWork, row: AnyRow, taken: AnyRow | None, deserving: Collection[int], asked: Asked
) -> None:
    """Put one turbine where it belongs; its euros count whatever becomes of it."""
    candidate = asked.candidate(row, park.policy)
    cents = to_cents(candidate.risk_eur)
    park.park_cents += cents
    park.unassessed += row.probability is None
    wanted = row.turbine in deserving or candidate.choice is Choice.IMPOSEE
    sentence = None if taken is None else _taken(taken)
    waits = not wanted and candidate.net_cents > 0
    if sentence is None and waits and not asked.place_visits and _visited(park, row):
        sentence = f"Une visite est prévue le {french.date(row.planned_visit_on)}."
    if sentence is not None:
        park.covered.append(
            CoveredTurbine(turbine_id=row.turbine_id, risk_eur=cents / 100, sentence=sentence)
        )
        park.covered_cents += cents
    elif wanted:
        park.rows[row.turbine_id] = row
        park.candidates.append(candidate)
    elif waits:
        park.rows[row.turbine_id] = row
        park.decided.append(candidate)
    else:
        park.small += row.probability is not None
        park.small_cents += cents


def bookings(park: ParkAtWork, start: date, days: int) -> list[Booking]:
    """The interventions that stand within the days of a plan, by day."""
    found = [
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
    return sorted(found, key=lambda one: (one.day, one.intervention))


def _visited(park: ParkAtWork, row: AnyRow) -> bool:
    """Whether a visit comes in time for the alarm, as proposals reckon it."""
    last = park.run.as_of + timedelta(days=park.policy.urgent_days)
    return row.planned_visit_on is not None and row.planned_visit_on <= last


def _taken(row: AnyRow) -> str:
    day = "" if row.planned_on is None else f" pour le {french.date(row.planned_on)}"
    return f"L’intervention n° {row.id} est déjà {WORDS[State(row.state)]}{day}."
