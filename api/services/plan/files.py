"""Writes a week's plan as a CSV for a French spreadsheet, and as an A4 page to print."""

from __future__ import annotations

from datetime import datetime

from api.domain.shared.wording import LEVEL_WORDS
from api.schemas import french
from api.schemas.csv_text import BOM, amount_kind, sheet_lines
from api.schemas.typesetting import typeset_page
from api.schemas.vocabulary import indicative
from api.schemas.week_plan import BookedVisit, PlannedTurbine, WeekPlan
from api.services.shared.html import template

HEADER = (
    "État",
    "Jour",
    "Équipe",
    "Affectée à",
    "Turbine",
    "Site",
    "Parc éolien",
    "Niveau",
    "Probabilité de panne à 7 jours (%)",
    "Facteur principal",
    "Durée (h)",
    "Compétences",
    "Coût attendu de la panne (€)",
    "Coût de l’intervention (€)",
    "Coût évité (€)",
    "Nature des montants",
    "Motif",
)
_PAGE = template("services/plan/plan.html")


def plan_csv(plan: WeekPlan) -> bytes:
    """Write visits, turbines left aside and covered ones: semicolons, decimal commas, a byte order mark."""
    kind = amount_kind(0.0, indicative=indicative(plan.notices))
    rows: list[tuple[object, ...]] = [HEADER]
    for visit in plan.visits:
        people = (french.date(visit.day), visit.crew, visit.assignee or "")
        rows.append(("prévue", *people, *_cells(visit), *_money(visit, visit.cost_eur), kind, ""))
    for left in plan.left:
        cells = (*_cells(left), *_money(left, plan.cost_intervention_eur), kind)
        rows.append(("laissée de côté", "", "", "", *cells, left.sentence))
    booked = {visit.turbine_id: visit for visit in plan.booked}
    for other in plan.covered:
        standing = booked.get(other.turbine_id)
        when = ("", "", "", "") if standing is None else _whose(standing)
        rows.append(
            ("déjà prise en charge", *when[:3], other.turbine_id, *[""] * 5, when[3], "",
             french.cell(other.risk_eur, 2), "", "", kind, other.sentence)
        )  # fmt: skip
    return (BOM + sheet_lines(rows)).encode()


def _whose(visit: BookedVisit) -> tuple[str, str, str, str]:
    """Return day, crew, technician and hours of an intervention already planned that week."""
    return (
        french.date(visit.day),
        visit.crew or "",
        visit.assignee or "",
        french.cell(visit.hours, 2),
    )


def _cells(turbine: PlannedTurbine) -> tuple[str, ...]:
    probability = turbine.failure_probability
    return (
        turbine.turbine_id,
        turbine.site or "",
        turbine.farm or "",
        LEVEL_WORDS[turbine.risk_level],
        french.cell_percent(probability, 2),
        turbine.main_driver or "",
        french.cell(turbine.hours, 2),
        _skills(turbine),
    )


def _money(turbine: PlannedTurbine, cost_eur: float) -> tuple[str, str, str]:
    return french.cell(turbine.risk_eur, 2), french.cell(cost_eur, 2), french.cell(turbine.net_benefit_eur, 2)


def _skills(turbine: PlannedTurbine) -> str:
    return ", ".join(skill.words for skill in turbine.skills)


def plan_html(plan: WeekPlan, now: datetime) -> str:
    """Render the page to print.

    Args:
        plan: to print.
        now: instant written on the page.
    """
    rough = indicative(plan.notices)
    return typeset_page(_PAGE.render(plan=plan, now=now, rough=rough, levels=LEVEL_WORDS, skills=_skills))
