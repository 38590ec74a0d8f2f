"""What is to be decided, and which alerts are answered already, in French words. No Streamlit, no HTTP."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from api.schemas import french
from api.schemas.interventions import AnsweredAlert, Proposal, Proposals
from api.schemas.vocabulary import ALERT, indicative
from ui.shared import labels as fr


def to_decide_words(proposals: Proposals) -> str:
    """Say how many turbines wait for a decision, and how many alerts already have an answer."""
    if proposals.as_of is None:
        return "Aucun classement n’est encore publié."
    alerts = french.counted(proposals.alerts, "turbine")
    sentence = f"{alerts} en alerte ({ALERT}) au classement du {french.date(proposals.as_of)}"
    if dealt := proposals.answered_total:
        sentence += f"{french.NBSP}: {french.number(dealt)} {'ont' if dealt >= 2 else 'a'} déjà une réponse"
    left = f"{french.number(proposals.total)} {'restent' if proposals.total >= 2 else 'reste'} à décider"
    beside = proposals.total + dealt - proposals.alerts
    if beside:
        left += f", dont {french.number(beside)} hors alerte"
    end = "Rien n’est enregistré tant que vous n’avez pas confirmé." if proposals.total else ""
    return f"{sentence}, {left}. {end}".strip()


def answered_title(proposals: Proposals) -> str:
    """Write « Alertes qui ont déjà une réponse (6) »."""
    everyone, listed = proposals.answered_total, len(proposals.answered)
    count = french.number(everyone)
    if listed < everyone:
        count = f"{french.counted(listed, 'première')} sur {count}"
    return f"Alertes qui ont déjà une réponse ({count})"


def answered_frame(answered: Sequence[AnsweredAlert]) -> pd.DataFrame:
    """Tabulate the alerts about which nothing is to be decided."""
    return pd.DataFrame(
        {
            "Turbine": alert.turbine_id,
            "Niveau": fr.LEVELS[alert.risk_level].text,
            "Probabilité": french.percent(alert.failure_probability),
            "Situation": alert.situation.code.words,
            "Pourquoi": alert.situation.reason,
        }
        for alert in answered
    )


def proposal_words(item: Proposal) -> str:
    """Say what the models announce, in one sentence."""
    parts = [f"{french.percent(item.failure_probability)} de probabilité de panne à 7 jours"]
    if item.time_to_failure_days is not None:
        parts.append(f"panne estimée dans {french.days(item.time_to_failure_days)}")
    if (reason := fr.reason_words(item)) != french.NOTHING:
        parts.append(reason)
    if item.expected_failure_cost_eur is not None:
        cost = french.euros(item.expected_failure_cost_eur, indicative=indicative(item.warnings))
        parts.append(f"attendre coûte {cost}")
    return " · ".join(parts)
