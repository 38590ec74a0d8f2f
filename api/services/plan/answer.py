"""Turns a solved week into the answer of the API, in French."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from api.domain.plan.booked import Booking, booked_minutes, crew_of
from api.domain.plan.week_plan import (
    Candidate,
    Crew,
    LeftAside,
    Reason,
    Visit,
    WeekPlan,
    to_cents,
    to_minutes,
)
from api.schemas import french
from api.schemas import week_plan as contract
from api.schemas.common import Notice
from api.schemas.vocabulary import INDICATIVE, LOST, NO_RECENT_MEASUREMENT, DataStatus, indicative
from api.services.park.contract import turbine_fields
from api.services.plan.park import ParkAtWork

HORIZON = timedelta(days=7)  # what the probability covers, from the day of the ranking
_SENTENCES = {
    Reason.ECARTEE: "Écartée de ce plan à la main.",
    Reason.COMPETENCE: "Aucune équipe disponible n’a toutes les compétences attendues.",
    Reason.JOURNEE: "Aucune équipe compétente n’a assez d’heures libres le même jour.",
    Reason.HEURES: "Les heures des équipes compétentes vont à des interventions qui évitent davantage.",
    Reason.BUDGET: "Le budget va à des interventions qui évitent davantage.",
    Reason.HEURES_ET_BUDGET: "Ni les heures des équipes compétentes ni le budget n’y suffisent.",
    Reason.PAS_RENTABLE: "Le risque coûte moins qu’une intervention.",
}


@dataclass(frozen=True)
class Week:
    """The requested crews, and the interventions that already take some of their hours."""

    crews: Sequence[Crew]
    booked: Sequence[Booking]


def answer(
    park: ParkAtWork,
    asked: contract.WeekPlanRequest,
    start: date,
    plan: WeekPlan,
    week: Week,
    without_choices: float | None,
) -> contract.WeekPlan:
    """Build the answer: the plan, what it leaves aside, and its totals.

    Args:
        park: sorted for planning.
        asked: the request.
        start: first day.
        plan: the solved week.
        week: crews and hours already taken.
        without_choices: net benefit of the best plan had nobody imposed or excluded a turbine [€].
    """
    return contract.WeekPlan(
        run_id=park.run.id,
        as_of=park.run.as_of,
        policy_version=park.run.policy_version,
        cost_intervention_eur=park.policy.cost_intervention_eur,
        cost_failure_eur=park.policy.cost_failure_eur,
        week_start=start,
        days=asked.days,
        budget_eur=asked.budget_eur,
        visits=[_visit(park, visit, start, asked) for visit in plan.visits],
        left=[_left(park, left) for left in plan.left]
        + [
            _turbine(
                contract.LeftTurbine, park, aside.candidate, reason=aside.reason, sentence=aside.sentence
            )
            for aside in park.aside
        ],
        covered=park.covered,
        loads=_loads(start, plan, week),
        booked=[_booked(booking, start, week) for booking in week.booked],
        totals=_totals(park, plan),
        proven=plan.proven,
        gap_eur=plan.gap_eur,
        net_without_choices_eur=without_choices,
        notices=_notices(park, asked, start, plan, week),
    )


def _turbine(kind: type[Any], park: ParkAtWork, candidate: Candidate, **more: Any) -> Any:
    turbine = park.turbines[candidate.turbine]
    score = turbine.score
    reason = None if score.main_driver is None else score.main_driver.label
    if score.data_status in LOST:
        reason = NO_RECENT_MEASUREMENT
    return kind(
        **turbine_fields(turbine) | {"main_driver": reason},
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


def _loads(start: date, plan: WeekPlan, week: Week) -> list[contract.CrewDay]:
    taken: Counter[tuple[str, int]] = Counter()
    for visit in plan.visits:
        taken[visit.crew.name, visit.day] += to_minutes(visit.candidate.hours)
    booked = booked_minutes(week.booked, week.crews)
    return [
        contract.CrewDay(
            crew=crew.name,
            day=start + timedelta(days=day),
            available=crew.hours[day],
            booked=before / 60,
            planned=taken[crew.name, day] / 60,
            free=max(0, to_minutes(crew.hours[day]) - before - taken[crew.name, day]) / 60,
        )
        for day in range(len(week.crews[0].hours))
        for crew in week.crews
        for before in (booked.get((crew.name, day), 0),)
    ]


def _booked(booking: Booking, start: date, week: Week) -> contract.BookedVisit:
    crew = crew_of(booking, week.crews)
    return contract.BookedVisit(
        intervention_id=booking.intervention,
        turbine_id=booking.turbine,
        day=start + timedelta(days=booking.day),
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


def _notices(
    park: ParkAtWork, asked: contract.WeekPlanRequest, start: date, plan: WeekPlan, week: Week
) -> list[Notice]:
    """List what a person must know before following the plan."""
    last, announced = start + timedelta(days=asked.days - 1), park.run.as_of + HORIZON
    counted = [booking for booking in week.booked if crew_of(booking, week.crews) is not None]
    alone = [booking for booking in week.booked if booking not in counted]
    doubtful = [
        v.candidate.turbine
        for v in plan.visits
        if park.turbines[v.candidate.turbine].score.data_status is not DataStatus.OK
    ]
    late = [
        f"{turbine} (au plus tard le {french.date(limit)})"
        for visit in plan.visits
        if (limit := park.last_days.get(turbine := visit.candidate.turbine)) is not None
        and start + timedelta(days=visit.day) > limit
    ]
    cases = (
        (last > announced, "hors_horizon", "week_start",
         f"Le classement du {french.date(park.run.as_of)} annonce les pannes jusqu’au "
         f"{french.date(announced)} : pour les jours d’après, établissez le plan de nouveau avec un "
         "classement plus récent."),
        (counted, "deja_planifie", "crews",
         f"Déjà planifié ces jours-là : {french.counted(len(counted), 'intervention')}, {_hours(counted)}, "
         "retirées des heures des équipes qui y vont."),
        (alone, "sans_equipe", "crews",
         f"Déjà planifié ces jours-là sans équipe connue : {french.counted(len(alone), 'intervention')}, "
         f"{_hours(alone)} (turbines {', '.join(booking.turbine for booking in alone)}). Aucune équipe n’en "
         "perd d’heures : donnez à l’équipe qui y va le technicien de l’intervention, ou retirez-lui ces "
         "heures."),
        (late, "trop_tard", "week_start",
         f"Après le dernier jour accepté : {', '.join(late)}. Planifiez ces visites plus tôt, à la main."),
        (not plan.proven, "non_prouve", None,
         "Le temps de calcul n’a pas suffi à prouver que ce plan est le meilleur : un autre éviterait au "
         f"plus {french.euros(plan.gap_eur)} de plus."),
        (any(indicative(t.score.findings) for t in park.turbines.values()), INDICATIVE, None,
         "Euros indicatifs : la probabilité n’est pas calibrée. Le plan évite le plus possible de ces "
         "euros-là, donc traite d’abord les turbines que le modèle classe en tête."),
        (park.unassessed, "non_evaluees", None,
         f"{french.counted(park.unassessed, 'turbine')} sans probabilité : leur risque n’est pas compté."),
        (doubtful, "mesures_douteuses", None,
         f"Mesure douteuse ou trop ancienne : vérifiez d’abord les capteurs de {', '.join(doubtful)}."),
    )  # fmt: skip
    return [Notice(code=code, field=name, message=text) for true, code, name, text in cases if true]


def _hours(booked: Sequence[Booking]) -> str:
    return french.hours(sum(booking.minutes for booking in booked) / 60)
