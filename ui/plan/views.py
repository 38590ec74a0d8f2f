"""The week's plan in French words and tables. No Streamlit, no HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pandas as pd

from api.schemas import french
from api.schemas.vocabulary import indicative
from api.schemas.week_plan import (
    CoveredTurbine,
    LeftTurbine,
    PlannedVisit,
    WeekPlan,
    WeekPlanAccepted,
)
from ui.shared import labels as fr

Fact = tuple[str, str, str]
DAYS = {5: "5 jours", 7: "7 jours"}
FIELDS = {
    "week_start": "Premier jour",
    "budget_eur": "Budget",
    "hours_each": "Durée d’une intervention",
    "crews": "Équipes",
    "adjustments": "Ajustements",
}


def adjustments(imposed: Sequence[str], excluded: Sequence[str]) -> list[dict[str, str]]:
    """Return the choices as the API takes them."""
    wanted = [{"turbine_id": name, "choice": "imposee"} for name in imposed]
    return wanted + [{"turbine_id": name, "choice": "ecartee"} for name in excluded if name not in imposed]


def facts(plan: WeekPlan) -> list[Fact]:
    """List the plan in figures."""
    totals = plan.totals
    budget = "sans limite" if plan.budget_eur is None else f"sur {french.euros(plan.budget_eur)}"
    hours = sum(load.planned for load in plan.loads)
    open_to_it = sum(load.planned + load.free for load in plan.loads)
    rough = indicative(plan.notices)
    told = "indicatif : " if rough else ""  # under the amount: a phone's card is narrow
    return [
        (
            "Interventions",
            french.number(totals.visits),
            f"{french.hours(hours)} sur {french.hours(open_to_it)} {french.plural(open_to_it, 'libre')}",
        ),
        ("Coût des interventions", french.euros(totals.cost_eur), budget),
        ("Coût évité", french.euros(totals.net_eur), f"{told}pannes évitées moins interventions"),
        (
            "Risque qui reste",
            french.euros(totals.remaining_eur),
            f"{told}sur {french.euros(totals.park_eur)} pour le parc",
        ),
        (
            "Déjà pris en charge",
            french.euros(totals.covered_eur),
            f"{told}{french.counted(len(plan.covered), 'turbine')}",
        ),
    ]


def hours_words(plan: WeekPlan) -> list[str]:
    """Say what is left of each crew's hours, where interventions already planned take some."""
    lines = []
    for crew in dict.fromkeys(load.crew for load in plan.loads):
        loads = [load for load in plan.loads if load.crew == crew]
        booked, available, planned, free = (
            sum(getattr(load, part) for load in loads) for part in ("booked", "available", "planned", "free")
        )
        if booked:
            lines.append(
                f"{crew}{french.NBSP}: {french.hours(available)}, dont {french.hours(booked)} pour ce qui "
                f"est déjà "
                f"planifié et {french.hours(planned)} pour ce plan ; il reste {french.hours(free)}."
            )
    return lines


def proof_words(plan: WeekPlan) -> str:
    """Say how sure the plan is to be the best."""
    rough = indicative(plan.notices)
    if not plan.visits:
        return "Aucune intervention à prévoir dans ces équipes et ce budget qui évite plus qu’elle ne coûte."
    if plan.proven and plan.net_without_choices_eur is not None:
        return (
            "Aucun autre plan n’évite davantage avec vos choix (optimum prouvé) : "
            f"il évite {french.euros(plan.totals.net_eur, indicative=rough)}. Sans turbine imposée ni "
            "écartée, le meilleur plan éviterait "
            f"{french.euros(plan.net_without_choices_eur, indicative=rough)}."
        )
    if plan.proven:
        return "Aucun autre plan n’évite davantage avec ces équipes et ce budget (optimum prouvé)."
    return (
        "Le temps de calcul n’a pas suffi à prouver l’optimum : un autre plan éviterait au plus "
        f"{french.euros(plan.gap_eur, indicative=rough)} de plus."
    )


def visits_frame(visits: Sequence[PlannedVisit], *, rough: bool) -> pd.DataFrame:
    """Tabulate the interventions by day and crew; first the columns that a phone must show."""
    frame = pd.DataFrame(
        [
            {
                "Jour": french.short_date(visit.day),
                "Turbine": visit.turbine_id,
                "Choix": "imposée" if visit.choice == "imposee" else None,
                "Équipe": visit.crew + (f" ({visit.assignee})" if visit.assignee else ""),
                "Coût évité": french.euros(visit.net_benefit_eur, indicative=rough),
                "Niveau": fr.LEVELS[visit.risk_level].text,
                "Risque à 7 jours": french.percent(visit.failure_probability),
                "Facteur principal": visit.main_driver or french.NOTHING,
                "Compétences": ", ".join(skill.words for skill in visit.skills) or french.NOTHING,
                "Durée": french.hours(visit.hours),
                "Visite prévue": french.date(visit.planned_visit_on),
            }
            for visit in visits
        ]
    )
    return frame.dropna(axis="columns", how="all")


def left_frame(left: Sequence[LeftTurbine], *, rough: bool) -> pd.DataFrame:
    """Tabulate what the plan leaves aside, and why."""
    return pd.DataFrame(
        [
            {
                "Turbine": turbine.turbine_id,
                "Niveau": fr.LEVELS[turbine.risk_level].text,
                "Risque qui reste": french.euros(turbine.risk_eur, indicative=rough),
                "Éviterait": french.euros(turbine.net_benefit_eur, indicative=rough),
                "Motif": turbine.sentence,
            }
            for turbine in left
        ]
    )


def covered_frame(covered: Sequence[CoveredTurbine], *, rough: bool) -> pd.DataFrame:
    """Tabulate the turbines where somebody goes already."""
    return pd.DataFrame(
        [
            {
                "Turbine": turbine.turbine_id,
                "Risque": french.euros(turbine.risk_eur, indicative=rough),
                "Par": turbine.sentence,
            }
            for turbine in covered
        ]
    )


def small_words(plan: WeekPlan) -> str:
    """Explain the risk of the turbines for which no intervention would pay."""
    totals = plan.totals
    small = french.euros(totals.small_eur, indicative=indicative(plan.notices))
    return (
        f"{french.counted(totals.small_turbines, 'turbine')} dont le risque coûte moins qu’une intervention "
        f"({french.euros(plan.cost_intervention_eur)}){french.NBSP}: {small} en "
        "tout, comptés dans le risque qui reste."
    )


def visits_to_accept(plan: WeekPlan) -> list[Mapping[str, Any]]:
    """Return the interventions, as the API plans them."""
    names = {"turbine_id", "day", "crew", "assignee", "hours", "skills"}
    return [visit.model_dump(mode="json", include=names) for visit in plan.visits]


def last_day(plan: WeekPlan) -> date:
    """Return the last day of the plan."""
    return plan.week_start + timedelta(days=plan.days - 1)


def accepted_words(done: WeekPlanAccepted) -> str:
    """Say what became of the plan, in one sentence."""
    sentence = f"{french.counted(done.planned, 'intervention')} {french.plural(done.planned, 'planifiée')}"
    if done.refused:
        sentence += f", {done.refused} {french.plural(done.refused, 'refusée')}"
    return f"{sentence}."


def refused_frame(done: WeekPlanAccepted) -> pd.DataFrame:
    """Tabulate interventions that could not be planned, and why."""
    return pd.DataFrame(
        [{"Turbine": item.turbine_id, "Motif": item.error} for item in done.items if item.error is not None]
    )


def field_name(field: str) -> str:
    """Write a refused field as the page names it."""
    return FIELDS.get(field.split("[", maxsplit=1)[0], field)
