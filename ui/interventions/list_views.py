"""Lists of interventions as tables. No Streamlit, no HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd

from api.schemas import french
from api.schemas.interventions import Intervention
from api.schemas.vocabulary import Priority
from ui.interventions.views import (
    EFFECTS,
    LIVING,
    PRIORITIES,
    VERDICTS,
    delay_words,
    state_words,
)
from ui.shared import labels as fr
from ui.shared.table import Column

# A new column is a line here and a cell in ``_row``; one that is empty in every row is left out.
LIST_COLUMNS: dict[str, Column] = {
    "N°": Column(narrow="first"),
    "Turbine": Column(narrow="first"),
    "Niveau": Column(lambda level: fr.LEVELS[level].text, "À l’ouverture", narrow="first"),
    "État": Column(narrow="first"),
    "Jour": Column(french.date, "De la fin, sinon le jour prévu"),
    "Délai": Column(delay_words),
    "Technicien": Column(),
    "Priorité": Column(lambda priority: PRIORITIES[list(Priority)[priority]].lower()),
    "Durée prévue": Column(french.hours),
    "Compétences": Column(),
    "Verdict": Column(),
    "Arrêt": Column(french.hours, "De la machine"),
    "Effet": Column(help="Ce que montrent les mesures qui ont suivi"),
    "Motif ou constat": Column(),
}


def list_frame(items: Sequence[Intervention], today: date) -> pd.DataFrame:
    """Tabulate interventions, in the API's order; ``today`` is the park's day."""
    frame = pd.DataFrame([_row(item, today) for item in items], columns=list(LIST_COLUMNS), dtype=object)
    return frame.dropna(axis="columns", how="all")


def _row(item: Intervention, today: date) -> dict[str, object]:
    living = item.state in LIVING
    return {
        "N°": str(item.id),
        "Turbine": item.turbine_id,
        "Niveau": item.opened_at_level,
        "État": state_words(item),
        "Jour": item.done_on or item.planned_on,
        "Délai": (item.planned_on - today).days if living and item.planned_on else None,
        "Technicien": item.assignee or ("à affecter" if living else None),
        "Priorité": list(Priority).index(item.priority) if living else None,
        "Durée prévue": item.expected_hours if living else None,
        "Compétences": ", ".join(skill.words for skill in item.skills) or None if living else None,
        "Verdict": None if item.verdict is None else VERDICTS[item.verdict],
        "Arrêt": item.downtime_hours,
        "Effet": None if item.effect is None else EFFECTS[item.effect],
        "Motif ou constat": item.findings or item.reason or None,
    }
