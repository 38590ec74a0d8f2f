"""Turns a solved week into the answer of the API, in French."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

from api.domain.plan.booked import Booking, booked_minutes, crew_of
from api.domain.plan.week_plan import (
    Candidate,
    LeftAside,
    Reason,
    Visit,
    WeekPlan,
    to_cents,
    to_minutes,
)
from api.schemas import french
from api.schemas import week_plan as contract
from api.schemas.vocabulary import LOST
from api.services.park.contract import turbine_fields
from api.services.plan.notices import Week, notices
from api.services.plan.park import ParkAtWork

_SENTENCES = {
    Reason.ECARTEE: "Écartée de ce plan à la main.",
    Reason.COMPETENCE: "Aucune équipe disponible n’a toutes les compétences attendues.",
    Reason.JOURNEE: "Aucune équipe compétente n’a assez d’heures libres le même jour.",
    Reason.HEURES: "Les heures des équipes compétentes vont à des interventions qui évitent davantage.",
    Reason.BUDGET: "Le budget va à des interventions qui évitent davantage.",
    Reason.HEURES_ET_BUDGET: "Ni les heures des équipes compétentes ni le budget n’y suffisent.",
    Reason.PAS_RENTABLE: "Le risque coûte moins qu’une intervention.",
}


def answer(
    park: ParkAtWork,
    asked: contract.WeekPlanRequest,
    plan: WeekPlan,
    week: Week,
    without_choices: float | None,
) -> contract.WeekPlan:
    """Build the answer: the plan, what it leaves aside, and its totals.

    Args:
        park: sorted for planning.
        asked: the request.
        plan: the solved week.
        week: its days, crews, and the hours already taken.
        without_choices: net benefit of the best plan had nobody imposed or excluded a turbine [€].
    """
    return contract.WeekPlan(
        run_id=park.run.id,
        as_of=park.run.as_of,
        policy_version=park.run.policy_version,
        cost_intervention_eur=park.policy.cost_intervention_eur,
        cost_failure_eur=park.policy.cost_failure_eur,
        week_start=week.start,
        days=asked.days,
        budget_eur=asked.budget_eur,
        visits=[_visit(park, visit, week.start, asked) for visit in plan.visits],
        left=[_left(park, left) for left in plan.left]
        + [
            _turbine(
                contract.LeftTurbine, park, aside.candidate, reason=aside.reason, sentence=aside.sentence
            )
            for aside in park.aside
        ],
        covered=park.covered,
        loads=_loads(plan, week),
        booked=[_booked(booking, week) for booking in week.booked],
        totals=_totals(park, plan),
        proven=plan.proven,
        gap_eur=plan.gap_eur,
        net_without_choices_eur=without_choices,
        notices=notices(park, plan, week),
    )


def _turbine(kind: type[Any], park: ParkAtWork, candidate: Candidate, **more: Any) -> Any:
    turbine = park.turbines[candidate.turbine]
    score = turbine.score
    driver = None if score.main_driver is None else score.main_driver.label
    return kind(
        **turbine_fields(turbine) | {"main_driver": LOST.get(score.data_status, driver)},
        skills=sorted(candidate.skills),
        hours=candidate.hours,
        choice=candidate.choice.value,
        risk_eur=to_cents(candidate.risk_eur) / 100,
        net_benefit_eur=candidate.net_cents / 100,
        **more,
    )


def _visit(
    park: ParkAtWork, visit: Visit, start: date, asked: contract.WeekPlanRequest
) -> contract.PlannedVisit:
    assignees = {crew.name: crew.assignee for crew in asked.crews}
    planned: contract.PlannedVisit = _turbine(
        contract.PlannedVisit,
        park,
        visit.candidate,
        day=start + timedelta(days=visit.day),
        crew=visit.crew.name,
        assignee=assignees[visit.crew.name],
        cost_eur=visit.candidate.cost_eur,
    )
    return planned


def _left(park: ParkAtWork, left: LeftAside) -> contract.LeftTurbine:
    aside: contract.LeftTurbine = _turbine(
        contract.LeftTurbine,
        park,
        left.candidate,
        reason=left.reason.value,
        sentence=_SENTENCES[left.reason] + _visit_left(park, left.candidate),
    )
    return aside


def _visit_left(park: ParkAtWork, candidate: Candidate) -> str:
    day = park.turbines[candidate.turbine].score.planned_visit_on
    return "" if day is None else f" Une visite reste prévue le {french.date(day)}."


def _loads(plan: WeekPlan, week: Week) -> list[contract.CrewDay]:
    taken: Counter[tuple[str, int]] = Counter()
    for visit in plan.visits:
        taken[visit.crew.name, visit.day] += to_minutes(visit.candidate.hours)
    booked = booked_minutes(week.booked, week.crews)
    return [
        contract.CrewDay(
            crew=crew.name,
            day=week.start + timedelta(days=day),
            available=crew.hours[day],
            booked=before / 60,
            planned=taken[crew.name, day] / 60,
            free=max(0, to_minutes(crew.hours[day]) - before - taken[crew.name, day]) / 60,
        )
        for day in range(week.days)
        for crew in week.crews
        for before in (booked.get((crew.name, day), 0),)
    ]


def _booked(booking: Booking, week: Week) -> contract.BookedVisit:
    crew = crew_of(booking, week.crews)
    return contract.BookedVisit(
        intervention_id=booking.intervention,
        turbine_id=booking.turbine,
        day=week.start + timedelta(days=booking.day),
        hours=booking.minutes / 60,
        assignee=booking.assignee,
        crew=None if crew is None else crew.name,
    )


def _totals(park: ParkAtWork, plan: WeekPlan) -> contract.PlanTotals:
    prevented = to_cents(plan.prevented_eur)
    return contract.PlanTotals(
        visits=len(plan.visits),
        cost_eur=plan.cost_eur,
        prevented_eur=plan.prevented_eur,
        net_eur=plan.net_eur,
        remaining_eur=(park.park_cents - park.covered_cents - prevented) / 100,
        covered_eur=park.covered_cents / 100,
        park_eur=park.park_cents / 100,
        small_turbines=park.small,
        small_eur=park.small_cents / 100,
        unassessed=park.unassessed,
    )
