"""What is to be decided, and which alerts are answered already, in French words. No Streamlit, no HTTP."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from api.schemas import french
from api.schemas.interventions import AnsweredAlert, Proposal, Proposals
from api.schemas.vocabulary import AlertAnswer
from ui.interventions.views import STATES
from ui.shared import labels as fr


def to_decide_words(proposals: Proposals) -> str:
    """Say how many turbines are in alert, and how many of them already have an answer."""
    if proposals.as_of is None:
        return "Aucun classement n’est encore publié."
    alerts = french.counted(proposals.alerts, "turbine")
    sentence = f"{alerts} en alerte au classement du {french.date(proposals.as_of)}"
    dealt = proposals.alerts - proposals.total
    if dealt:
        verb = "ont" if dealt >= 2 else "a"
        sentence += f"{french.NBSP}: {dealt} {verb} déjà une réponse"
    left = f"{proposals.total} {'restent' if proposals.total >= 2 else 'reste'} à décider"
    end = "Rien n’est enregistré tant que vous n’avez pas confirmé." if proposals.total else ""
    return f"{sentence}, {left}. {end}".strip()


def answered_title(proposals: Proposals) -> str:
    """Write « Alertes qui ont déjà une réponse (6) »."""
    everyone, listed = proposals.alerts - proposals.total, len(proposals.answered)
    count = f"{everyone}" if listed == everyone else f"{listed} premières sur {everyone}"
    return f"Alertes qui ont déjà une réponse ({count})"


def answered_frame(answered: Sequence[AnsweredAlert]) -> pd.DataFrame:
    """Tabulate why nothing is proposed for a turbine in alert."""
    return pd.DataFrame(
        {
            "Turbine": alert.turbine_id,
            "Niveau": fr.LEVELS[alert.risk_level].text,
            "Probabilité": french.percent(alert.failure_probability),
            "Ce qui répond à l’alerte": answer_words(alert),
        }
        for alert in answered
    )


def answer_words(alert: AnsweredAlert) -> str:
    """Write « Intervention n° 4, planifiée le 30/12/2024 »."""
    which = f"intervention n°{french.NBSP}{alert.intervention_id}"
    on = "" if alert.on is None else f" le {french.date(alert.on)}"
    state = STATES[alert.intervention_state].lower() if alert.intervention_state else ""
    return {
        AlertAnswer.INTERVENTION: f"{which.capitalize()}, {state}{on}",
        AlertAnswer.VISITE: f"Visite prévue{on}, à temps",
        AlertAnswer.TRAITEE: f"Traitée{on} ({which}) ; rien de mesuré depuis",
        AlertAnswer.ECARTEE: f"Écartée{on} ({which}) ; l’alerte dure sans s’aggraver",
    }[alert.answer]


def proposal_words(item: Proposal) -> str:
    """Say why it is proposed, in one sentence."""
    parts = [f"{french.percent(item.failure_probability)} de probabilité de panne à 7 jours"]
    if item.time_to_failure_days is not None:
        parts.append(f"panne estimée dans {french.days(item.time_to_failure_days)}")
    if item.main_driver is not None:
        parts.append(fr.driver_words(item.main_driver))
    if item.expected_failure_cost_eur is not None:
        parts.append(f"attendre coûte {french.euros(item.expected_failure_cost_eur)}")
    return " · ".join(parts)


def proposal_notes(item: Proposal) -> list[str]:
    """Return what to know before deciding."""
    notes = []
    if item.planned_visit_on is not None:
        notes.append(f"Visite prévue le {french.date(item.planned_visit_on)}, trop tard pour cette alerte.")
    if item.last_intervention_id is not None:
        notes.append(
            f"Dernière intervention, n°{french.NBSP}{item.last_intervention_id}, "
            f"close le {french.date(item.last_done_on)}."
        )
    return notes
