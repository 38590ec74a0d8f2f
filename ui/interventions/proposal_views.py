"""What is to be decided, and which alerts are answered already, in French words. No Streamlit, no HTTP."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from api.schemas import french
from api.schemas.interventions import AnsweredAlert, Proposal, Proposals
from api.schemas.vocabulary import AlertAnswer
from ui.interventions.views import STATES
from ui.shared import labels as fr


def to_decide_words(found: Proposals) -> str:
    """How many turbines are in alert, and why most may not be in the list."""
    if found.as_of is None:
        return "Aucun classement n’est encore publié."
    said = f"{french.counted(found.alerts, 'turbine')} en alerte au classement du {french.date(found.as_of)}"
    dealt = found.alerts - found.total
    if dealt:
        verb = "ont" if dealt >= 2 else "a"
        said += f"{french.NBSP}: {dealt} {verb} déjà une réponse"
    left = f"{found.total} {'restent' if found.total >= 2 else 'reste'} à décider"
    end = "Rien n’est enregistré tant que vous n’avez pas confirmé." if found.total else ""
    return f"{said}, {left}. {end}".strip()


def answered_title(found: Proposals) -> str:
    """« Alertes qui ont déjà une réponse (6) »."""
    everyone, shown = found.alerts - found.total, len(found.answered)
    told = f"{everyone}" if shown == everyone else f"{shown} premières sur {everyone}"
    return f"Alertes qui ont déjà une réponse ({told})"


def answered_frame(answered: Sequence[AnsweredAlert]) -> pd.DataFrame:
    """Why nothing is proposed for a turbine in alert."""
    return pd.DataFrame(
        {
            "Turbine": one.turbine_id,
            "Niveau": fr.LEVELS[one.risk_level].text,
            "Probabilité": french.percent(one.failure_probability),
            "Ce qui répond à l’alerte": answer_words(one),
        }
        for one in answered
    )


def answer_words(one: AnsweredAlert) -> str:
    """« Intervention n° 4, planifiée le 30/12/2024 »."""
    which = f"intervention n°{french.NBSP}{one.intervention_id}"
    on = "" if one.on is None else f" le {french.date(one.on)}"
    state = STATES[one.intervention_state].lower() if one.intervention_state else ""
    return {
        AlertAnswer.INTERVENTION: f"{which.capitalize()}, {state}{on}",
        AlertAnswer.VISITE: f"Visite prévue{on}, à temps",
        AlertAnswer.TRAITEE: f"Traitée{on} ({which}) ; rien de mesuré depuis",
        AlertAnswer.ECARTEE: f"Écartée{on} ({which}) ; l’alerte dure sans s’aggraver",
    }[one.answer]


def proposal_words(item: Proposal) -> str:
    """Why it is proposed, in one sentence."""
    told = [f"{french.percent(item.failure_probability)} de probabilité de panne à 7 jours"]
    if item.time_to_failure_days is not None:
        told.append(f"panne estimée dans {french.days(item.time_to_failure_days)}")
    if item.main_driver is not None:
        told.append(fr.driver_words(item.main_driver))
    if item.expected_failure_cost_eur is not None:
        told.append(f"attendre coûte {french.euros(item.expected_failure_cost_eur)}")
    return " · ".join(told)


def proposal_notes(item: Proposal) -> list[str]:
    """What to know before deciding."""
    notes = []
    if item.planned_visit_on is not None:
        notes.append(f"Visite prévue le {french.date(item.planned_visit_on)}, trop tard pour cette alerte.")
    if item.last_intervention_id is not None:
        notes.append(
            f"Dernière intervention, n°{french.NBSP}{item.last_intervention_id}, "
            f"close le {french.date(item.last_done_on)}."
        )
    return notes
