"""A week's plan as a file: CSV for a French spreadsheet, and an A4 page to print."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date, datetime
from itertools import groupby

from api.domain.shared.wording import LEVEL_WORDS, SKILL_WORDS
from api.schemas import french
from api.schemas.week_plan import BookedVisit, LeftTurbine, PlannedTurbine, PlannedVisit, WeekPlan
from api.services.measurements.import_report import inert
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
        people = (french.date(visit.day), inert(visit.crew), inert(visit.assignee or ""))
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
             french.cell(other.risk_eur, 2), "", "", other.sentence)
        )  # fmt: skip
    return text.getvalue().encode("utf-8-sig")


def _whose(one: BookedVisit) -> tuple[str, str, str, str]:
    """Day, crew, technician and hours of an intervention that stands in the week already."""
    return french.date(one.day), inert(one.crew or ""), inert(one.assignee or ""), french.cell(one.hours, 2)


def _cells(turbine: PlannedTurbine) -> tuple[str, ...]:
    probability = turbine.failure_probability
    return (
        inert(turbine.turbine_id),
        inert(turbine.site or ""),
        inert(turbine.farm or ""),
        LEVEL_WORDS[turbine.risk_level],
        french.cell(probability, 4),
        inert(turbine.main_driver or ""),
        french.cell(turbine.hours, 2),
        _skills(turbine),
    )


def _money(turbine: PlannedTurbine, cost_eur: float) -> tuple[str, str, str]:
    return french.cell(turbine.risk_eur, 2), french.cell(cost_eur, 2), french.cell(turbine.net_benefit_eur, 2)


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
            f"<header><h1>Plan de la semaine du {french.weekday_date(plan.week_start)}</h1>",
            paragraph(
                f"Interventions : {totals.visits}, pour {french.euros(totals.cost_eur)} : coût évité "
                f"{french.euros(totals.net_eur)}, risque qui reste {french.euros(totals.remaining_eur)}."
            ),
            paragraph(
                f"Classement du {french.date(plan.as_of)} (calcul n° {plan.run_id}, politique version "
                f"{plan.policy_version}). Page produite le {french.date(now)}.",
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
    return document(f"Plan de la semaine du {french.date(plan.week_start)}", body)


def _day_section(day: date, visits: Iterable[PlannedVisit]) -> str:
    rows = [
        (
            visit.crew + (f" ({visit.assignee})" if visit.assignee else ""),
            f"Turbine {visit.turbine_id}" + _place(visit),
            LEVEL_WORDS[visit.risk_level],
            french.percent(visit.failure_probability),
            visit.main_driver or french.NOTHING,
            french.hours(visit.hours),
            _skills(visit) or french.NOTHING,
            french.euros(visit.net_benefit_eur),
        )
        for visit in visits
    ]
    header = ("Équipe", "Où", "Niveau", "Risque", "Facteur", "Durée", "Compétences", "Coût évité")
    return section(french.weekday_date(day).capitalize(), table("Interventions", header, rows))


def _hours_table(plan: WeekPlan) -> str:
    rows = []
    for crew in dict.fromkeys(load.crew for load in plan.loads):
        loads = [load for load in plan.loads if load.crew == crew]
        rows.append((crew, *(french.hours(sum(getattr(load, part) for load in loads)) for part in _PARTS)))
    return table("Heures", ("Équipe", "Données", "Déjà prises", "Ce plan", "Libres"), rows)


def _left_table(left: Iterable[LeftTurbine]) -> str:
    rows = [
        (f"Turbine {one.turbine_id}" + _place(one), french.euros(one.risk_eur), one.sentence) for one in left
    ]
    return table("Risque qui reste", ("Où", "Coût attendu de la panne", "Motif"), rows)


def _place(turbine: PlannedTurbine) -> str:
    place = ", ".join(part for part in (turbine.site, turbine.farm) if part)
    return f" – {place}" if place else ""


def _small(plan: WeekPlan) -> str:
    return (
        f"{french.number(plan.totals.small_turbines)} autres turbines où le risque coûte moins qu’une "
        f"intervention : {french.euros(plan.totals.small_eur)} en tout."
    )
