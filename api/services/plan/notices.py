"""What a person must know before following a week's plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from api.domain.measurements.measurements import turbines_named
from api.domain.plan.booked import Booking, crew_of
from api.domain.plan.week_plan import Crew, WeekPlan
from api.schemas import french
from api.schemas.common import Notice
from api.schemas.vocabulary import INDICATIVE, DataStatus, indicative
from api.services.plan.park import ParkAtWork

HORIZON = timedelta(days=7)  # what the probability covers, from the day of the ranking


@dataclass(frozen=True)
class Week:
    """The requested crews, from a first day on, and the interventions that take some of their hours."""

    start: date
    days: int
    crews: Sequence[Crew]
    booked: Sequence[Booking]


def notices(park: ParkAtWork, plan: WeekPlan, week: Week) -> list[Notice]:
    """List what a person must know before following the plan, what bears on the whole week first."""
    return [*_about_days(park, week), *_about_turbines(park, plan, week), *_about_figures(park, plan)]


def _about_days(park: ParkAtWork, week: Week) -> Iterator[Notice]:
    last, announced = week.start + timedelta(days=week.days - 1), park.run.as_of + HORIZON
    if last > announced:
        yield Notice(
            code="hors_horizon",
            field="week_start",
            message=f"Le classement du {french.date(park.run.as_of)} annonce les pannes jusqu’au "
            f"{french.date(announced)} : pour les jours d’après, établissez le plan de nouveau avec un "
            "classement plus récent.",
        )
    counted = [booking for booking in week.booked if crew_of(booking, week.crews) is not None]
    if counted:
        yield Notice(
            code="deja_planifie",
            field="crews",
            message=f"Déjà planifié ces jours-là : {french.counted(len(counted), 'intervention')}, "
            f"{_hours(counted)}, retirées des heures des équipes qui y vont.",
        )
    if alone := [booking for booking in week.booked if booking not in counted]:
        yield Notice(
            code="sans_equipe",
            field="crews",
            message="Déjà planifié ces jours-là sans équipe connue : "
            f"{french.counted(len(alone), 'intervention')}, {_hours(alone)}, sur "
            f"{turbines_named({booking.turbine for booking in alone})}. Aucune équipe n’en perd "
            "d’heures : donnez à l’équipe qui y va le technicien de l’intervention, ou retirez-lui ces "
            "heures.",
        )


def _about_turbines(park: ParkAtWork, plan: WeekPlan, week: Week) -> Iterator[Notice]:
    late = [
        f"turbine {turbine} (au plus tard le {french.date(limit)})"
        for visit in plan.visits
        if (limit := park.last_days.get(turbine := visit.candidate.turbine)) is not None
        and week.start + timedelta(days=visit.day) > limit
    ]
    if late:
        yield Notice(
            code="trop_tard",
            field="week_start",
            message=f"Après le dernier jour accepté : {', '.join(late)}. Planifiez ces visites plus tôt, à "
            "la main.",
        )
    planned = [visit.candidate.turbine for visit in plan.visits]
    doubtful = [name for name in planned if park.turbines[name].score.data_status is not DataStatus.OK]
    if doubtful:
        yield Notice(
            code="mesures_douteuses",
            field=None,
            message="Mesure douteuse ou trop ancienne : vérifiez d’abord les capteurs de "
            f"{turbines_named(doubtful)}.",
        )


def _about_figures(park: ParkAtWork, plan: WeekPlan) -> Iterator[Notice]:
    if not plan.proven:
        yield Notice(
            code="non_prouve",
            field=None,
            message="Le temps de calcul n’a pas suffi à prouver que ce plan est le meilleur : un autre "
            f"éviterait au plus {french.euros(plan.gap_eur)} de plus.",
        )
    if any(indicative(turbine.score.findings) for turbine in park.turbines.values()):
        yield Notice(
            code=INDICATIVE,
            field=None,
            message="Euros indicatifs : la probabilité n’est pas calibrée. Le plan évite le plus possible de "
            "ces euros-là, donc traite d’abord les turbines que le modèle classe en tête.",
        )
    if park.unassessed:
        yield Notice(
            code="non_evaluees",
            field=None,
            message=f"{french.counted(park.unassessed, 'turbine')} sans probabilité : leur risque n’est pas "
            "compté.",
        )


def _hours(booked: Sequence[Booking]) -> str:
    minutes = sum(booking.minutes for booking in booked)
    return french.hours(minutes / 60) if minutes else "sans durée prévue"
