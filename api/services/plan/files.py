"""A week's plan as a file: CSV for a French spreadsheet, and an A4 page to print."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date, datetime
from itertools import groupby

from api.domain.shared.wording import (
    LEVEL_WORDS,
    SKILL_WORDS,
    WEEKDAYS,
    fr_euros,
    fr_hours,
    fr_number,
    fr_percent,
)
from api.schemas.week_plan import BookedVisit, LeftTurbine, PlannedTurbine, PlannedVisit, WeekPlan
from api.services.measurements.import_report import inert
from api.services.models.card.words import moment
from api.services.shared.html import bullets, document, paragraph, section, table

HEADER = (
    "État",
    "Jour",
    "Équipe",
    "Affectée à",
    "Turbine",
    "Site",
    "Parc éolien",
    "Niveau",
    "Probabilité de panne à 7 jours",
    "Facteur principal",
    "Durée [h]",
    "Compétences",
    "Coût attendu de la panne [€]",
    "Coût de l’intervention [€]",
    "Coût évité [€]",
    "Motif",
)


_PARTS = ("available", "booked", "planned", "free")


def plan_csv(plan: WeekPlan) -> bytes:
    """Semicolons, decimal commas, a byte order mark; visits, what is left aside, what is covered."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADER)
    for visit in plan.visits:
        people = (f"{visit.day:%d/%m/%Y}", inert(visit.crew), inert(visit.assignee or ""))
        writer.writerow(("prévue", *people, *_cells(visit), *_money(visit, visit.cost_eur), ""))
    for left in plan.left:
        cells = (*_cells(left), *_money(left, plan.cost_intervention_eur))
        writer.writerow(("laissée de côté", "", "", "", *cells, left.sentence))
    booked = {one.turbine_id: one for one in plan.booked}
    for other in plan.covered:
        one = booked.get(other.turbine_id)
        when = ("", "", "", "") if one is None else _whose(one)
        writer.writerow(
            ("déjà prise en charge", *when[:3], inert(other.turbine_id), *[""] * 5, when[3], "",
             _decimal(other.risk_eur), "", "", other.sentence)
        )  # fmt: skip
    return text.getvalue().encode("utf-8-sig")


def _whose(one: BookedVisit) -> tuple[str, str, str, str]:
    """Day, crew, technician and hours of an intervention that stands in the week already."""
    return f"{one.day:%d/%m/%Y}", inert(one.crew or ""), inert(one.assignee or ""), _decimal(one.hours)


def _cells(turbine: PlannedTurbine) -> tuple[str, ...]:
    probability = turbine.failure_probability
    return (
        inert(turbine.turbine_id),
        inert(turbine.site or ""),
        inert(turbine.farm or ""),
        LEVEL_WORDS[turbine.risk_level],
        "" if probability is None else f"{probability:.4f}".replace(".", ","),
        inert(turbine.main_driver or ""),
        _decimal(turbine.hours),
        _skills(turbine),
    )


def _money(turbine: PlannedTurbine, cost_eur: float) -> tuple[str, str, str]:
    return _decimal(turbine.risk_eur), _decimal(cost_eur), _decimal(turbine.net_benefit_eur)


def _decimal(value: float) -> str:
    return f"{value:.2f}".replace(".", ",")


def _skills(turbine: PlannedTurbine) -> str:
    return ", ".join(SKILL_WORDS[skill] for skill in turbine.skills)


def plan_html(plan: WeekPlan, now: datetime) -> str:
    """The whole page.

    Args:
        plan: to print.
        now: instant written on the page.
    """
    totals = plan.totals
    body = "".join(
        (
            f"<header><h1>Plan de la semaine du {_day(plan.week_start)}</h1>",
            paragraph(
                f"Interventions : {totals.visits}, pour {fr_euros(totals.cost_eur)} : coût évité "
                f"{fr_euros(totals.net_eur)}, risque qui reste {fr_euros(totals.remaining_eur)}."
            ),
            paragraph(
                f"Classement du {plan.as_of:%d/%m/%Y} (calcul n° {plan.run_id}, politique version "
                f"{plan.policy_version}). Page produite le {moment(now)}.",
                "note",
            ),
            "</header>",
            *(_day_section(day, visits) for day, visits in groupby(plan.visits, lambda each: each.day)),
            section("Heures des équipes", _hours_table(plan)),
            section("Laissées de côté", _left_table(plan.left)),
            section(
                "Déjà prises en charge",
                bullets(f"Turbine {o.turbine_id} : {o.sentence}" for o in plan.covered),
            ),
            section("À savoir", bullets([*(notice.message for notice in plan.notices), _small(plan)])),
        )
    )
    return document(f"Plan de la semaine du {plan.week_start:%d/%m/%Y}", body)


def _day(day: date) -> str:
    return f"{WEEKDAYS[day.weekday()]} {day:%d/%m/%Y}"


def _day_section(day: date, visits: Iterable[PlannedVisit]) -> str:
    rows = [
        (
            visit.crew + (f" ({visit.assignee})" if visit.assignee else ""),
            f"Turbine {visit.turbine_id}" + _place(visit),
            LEVEL_WORDS[visit.risk_level],
            "–" if visit.failure_probability is None else fr_percent(visit.failure_probability),
            visit.main_driver or "–",
            fr_hours(visit.hours),
            _skills(visit) or "–",
            fr_euros(visit.net_benefit_eur),
        )
        for visit in visits
    ]
    header = ("Équipe", "Où", "Niveau", "Risque", "Facteur", "Durée", "Compétences", "Coût évité")
    return section(_day(day).capitalize(), table("Interventions", header, rows))


def _hours_table(plan: WeekPlan) -> str:
    rows = []
    for crew in dict.fromkeys(load.crew for load in plan.loads):
        loads = [load for load in plan.loads if load.crew == crew]
        rows.append((crew, *(fr_hours(sum(getattr(load, part) for load in loads)) for part in _PARTS)))
    return table("Heures", ("Équipe", "Données", "Déjà prises", "Ce plan", "Libres"), rows)


def _left_table(left: Iterable[LeftTurbine]) -> str:
    rows = [(f"Turbine {one.turbine_id}" + _place(one), fr_euros(one.risk_eur), one.sentence) for one in left]
    return table("Risque qui reste", ("Où", "Coût attendu de la panne", "Motif"), rows)


def _place(turbine: PlannedTurbine) -> str:
    place = ", ".join(part for part in (turbine.site, turbine.farm) if part)
    return f" – {place}" if place else ""


def _small(plan: WeekPlan) -> str:
    return (
        f"{fr_number(plan.totals.small_turbines)} autres turbines où le risque coûte moins qu’une "
        f"intervention : {fr_euros(plan.totals.small_eur)} en tout."
    )
