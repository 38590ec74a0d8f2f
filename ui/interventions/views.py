"""Interventions in French words and tables. No Streamlit, no HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd

from api.schemas import french
from api.schemas.common import FieldChange
from api.schemas.interventions import (
    Intervention,
    InterventionPrecision,
    JournalEntry,
)
from api.schemas.vocabulary import (
    Effect,
    InterventionOrigin,
    InterventionState,
    JournalAction,
    Priority,
    Skill,
    Verdict,
)
from ui.shared import labels as fr

State = InterventionState
LIVING = (State.EN_COURS, State.PLANIFIEE, State.PROPOSEE)
ENDED = (State.TERMINEE, State.ANNULEE)
STATES = {
    State.PROPOSEE: "Proposée",
    State.PLANIFIEE: "Planifiée",
    State.EN_COURS: "En cours",
    State.TERMINEE: "Terminée",
    State.ANNULEE: "Annulée",
}
SIGNS = {
    State.PROPOSEE: "?",
    State.PLANIFIEE: "○",
    State.EN_COURS: "▶",
    State.TERMINEE: "✓",
    State.ANNULEE: "✕",
}
ORIGINS = {
    InterventionOrigin.RECOMMANDATION: "recommandée par le classement",
    InterventionOrigin.MANUELLE: "planifiée à la main",
    InterventionOrigin.CONSTAT: "constat signalé",
}
PRIORITIES = {
    Priority.URGENTE: "Urgente",
    Priority.HAUTE: "Haute",
    Priority.NORMALE: "Normale",
    Priority.BASSE: "Basse",
}
VERDICTS = {
    Verdict.PANNE_CONFIRMEE: "Panne confirmée",
    Verdict.DEGRADATION_TROUVEE: "Dégradation trouvée",
    Verdict.FAUSSE_ALERTE: "Fausse alerte",
    Verdict.AUTRE_CAUSE: "Autre cause",
    Verdict.NON_VERIFIABLE: "Non vérifiable",
}
VERDICT_MEANINGS = {
    Verdict.PANNE_CONFIRMEE: "la machine était en panne, ou l’est tombée",
    Verdict.DEGRADATION_TROUVEE: "un défaut réel, avant la panne",
    Verdict.FAUSSE_ALERTE: "rien d’anormal sur la machine",
    Verdict.AUTRE_CAUSE: "l’alerte venait d’ailleurs (capteur, réseau…)",
    Verdict.NON_VERIFIABLE: "impossible de conclure sur place",
}
EFFECTS = {
    Effect.EFFET_CONSTATE: "Effet constaté",
    Effect.SANS_EFFET: "Sans effet",
    Effect.RECHUTE: "Rechute",
    Effect.TROP_TOT: "Effet à confirmer",
}
ACTIONS = {
    JournalAction.CREATION: "ouverte",
    JournalAction.PLANIFICATION: "planifiée",
    JournalAction.MODIFICATION: "modifiée",
    JournalAction.PRISE_EN_COMPTE: "prise en compte",
    JournalAction.DEMARRAGE: "commencée",
    JournalAction.SUSPENSION: "suspendue",
    JournalAction.CLOTURE: "clôturée",
    JournalAction.ANNULATION: "annulée",
    JournalAction.COMMENTAIRE: "commentaire",
    JournalAction.CONSTAT: "constat ajouté",
    JournalAction.PHOTO: "photo jointe",
}
FIELDS = {
    "turbine_id": "turbine",
    "state": "état",
    "assignee": "technicien",
    "planned_on": "jour prévu",
    "expected_hours": "durée prévue (h)",
    "priority": "priorité",
    "skills": "compétences",
    "checklist": "vérifications faites",
    "checklist_done": "vérifications",
    "verdict": "verdict",
    "findings": "constat",
    "downtime_hours": "arrêt de la machine (h)",
    "done_on": "jour de fin",
    "comment": "commentaire",
    "acknowledged_by": "prise en compte",
    "closed_by": "clôture",
    "photo": "photo",
}
_CODED: dict[str, dict[Any, str]] = {
    "state": STATES,
    "priority": PRIORITIES,
    "skills": {skill: skill.words for skill in Skill},
    "verdict": VERDICTS,
}
_IN_THE_ENTRY = {"closed_by", "acknowledged_by", "photo"}


def state_words(item: Intervention) -> str:
    """Write the state, with its sign; an alert that was dismissed is no cancelled work."""
    if item.dismissed_until is not None:
        return f"{SIGNS[State.ANNULEE]}{french.NBSP}Écartée"
    return f"{SIGNS[item.state]}{french.NBSP}{STATES[item.state].replace(' ', french.NBSP)}"


def when_words(item: Intervention, today: date) -> str:
    """Write the day of the end, else the planned day and how far it is from today."""
    if item.dismissed_until is not None:
        return f"jusqu’au {french.date(item.dismissed_until)}"
    if item.done_on is not None:
        return f"le {french.date(item.done_on)}"
    if item.planned_on is None:
        return "sans date"
    days = (item.planned_on - today).days
    if days == 0:
        return f"aujourd’hui, {french.date(item.planned_on)}"
    return f"{french.date(item.planned_on)} ({delay_words(days)})"


def delay_words(days: int) -> str:
    """Say how far a planned day is, in days from today."""
    if days == 0:
        return "aujourd’hui"
    return f"{'en retard de' if days < 0 else 'dans'} {french.days(abs(days))}"


def plan_words(item: Intervention, today: date) -> str:
    """Say when, who, how long and with which skills."""
    parts = [when_words(item, today)]
    if item.state in LIVING:
        parts.append(f"affectée à {item.assignee}" if item.assignee else "à affecter")
        parts.append(f"priorité {PRIORITIES[item.priority].lower()}")
        if item.expected_hours is not None:
            parts.append(f"prévue pour {french.hours(item.expected_hours)}")
        if item.skills:
            parts.append(", ".join(skill.words for skill in item.skills))
    elif item.verdict is not None:
        parts.append(VERDICTS[item.verdict].lower())
        parts.append(f"{french.hours(item.downtime_hours)} d’arrêt")
    return " · ".join(parts)


def opening_words(item: Intervention) -> str:
    """Say why it was opened, and what the ranking said then."""
    origin = ORIGINS[item.origin].capitalize()
    if item.opened_at_level is not None:
        level = fr.LEVELS[item.opened_at_level].word.lower()
        origin += f", au niveau {level}"
        if item.opened_at_probability is not None:
            origin += f" ({french.percent(item.opened_at_probability)} de probabilité de panne à 7 jours)"
    return f"{origin}{french.NBSP}: « {item.reason} »" if item.reason else f"{origin}."


def read_words(item: Intervention) -> str:
    """Say whether the assignee has acknowledged the intervention."""
    if item.acknowledged_by is None:
        return "Pas encore prise en compte."
    return f"Prise en compte par {item.acknowledged_by} le {french.date(item.acknowledged_at)}."


def effect_words(item: Intervention) -> str:
    """Say what the runs since then show; empty where there is nothing to wait for."""
    if item.effect is None:
        return ""
    meaning = {
        Effect.EFFET_CONSTATE: "les mesures qui ont suivi ne sont plus en alerte.",
        Effect.SANS_EFFET: "les mesures qui ont suivi sont restées en alerte.",
        Effect.RECHUTE: "l’alerte avait cessé, elle est revenue.",
        Effect.TROP_TOT: "il faut des mesures calmes sur toute la durée qu’annonce l’alerte.",
    }[item.effect]
    return f"{EFFECTS[item.effect]}{french.NBSP}: {meaning}"


def precision_facts(precision: InterventionPrecision) -> list[tuple[str, str, str]]:
    """List the figures of the verdicts: name, value, what it is compared with."""
    decided = precision.confirmed + precision.false_alerts
    if precision.low is None or precision.high is None:
        interval = "aucun verdict ne tranche encore"
    else:
        interval = (
            f"de {french.share(precision.low)} à {french.share(precision.high)}, "
            f"à {french.share(0.95)} de confiance"
        )
    counted = f"sur {french.counted(decided, 'verdict')} qui {'tranchent' if decided > 1 else 'tranche'}"
    return [
        ("Précision selon les verdicts", french.share(precision.precision), interval),
        ("Alertes confirmées", str(precision.confirmed), counted),
        ("Fausses alertes", str(precision.false_alerts), counted),
    ]


def verdicts_frame(precision: InterventionPrecision) -> pd.DataFrame:
    """Count each verdict: in all, and among interventions on an alert."""
    return pd.DataFrame(
        {
            "Verdict": [VERDICTS[verdict] for verdict in Verdict],
            "Sens": [VERDICT_MEANINGS[verdict] for verdict in Verdict],
            "Interventions": [str(precision.counts[verdict]) for verdict in Verdict],
            "Dont ouvertes sur une alerte": [str(precision.on_alert.counts[verdict]) for verdict in Verdict],
        }
    )


def journal_lines(entries: Sequence[JournalEntry]) -> list[str]:
    """Return every change in one line, newest first."""
    return [_line(entry) for entry in reversed(entries)]


def _line(entry: JournalEntry) -> str:
    changes = [change_words(change) for change in entry.changes if change.field not in _IN_THE_ENTRY]
    line = f"{french.date(entry.at)} · {entry.by} · {ACTIONS[entry.action]}"
    if changes:
        line += f" ({' ; '.join(changes)})"
    return f"{line} : « {entry.comment} »" if entry.comment else line


def change_words(change: FieldChange) -> str:
    """Write one field before and after a change."""
    name = FIELDS.get(change.field, change.field)
    before, after = (_value(change.field, value) for value in (change.before, change.after))
    return f"{name} : {after}" if before == french.NOTHING else f"{name} : {before} → {after}"


def _value(field: str, value: Any) -> str:
    if value is None or value in ([], ""):
        return french.NOTHING
    if isinstance(value, list):
        return ", ".join(_value(field, item) for item in value)
    if field in {"planned_on", "done_on"}:
        return french.date(date.fromisoformat(value))
    if isinstance(value, int | float):
        return french.trimmed(value)
    return _CODED.get(field, {}).get(value, str(value))
