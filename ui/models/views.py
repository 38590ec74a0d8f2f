"""The stored versions in a table, and what putting one into service changes. No Streamlit, no HTTP."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from api.schemas import french
from api.schemas.models import TASKS, ModelSummary


def models_frame(models: Sequence[ModelSummary]) -> pd.DataFrame:
    """Tabulate every stored version, in the API's order (active ones first)."""
    return pd.DataFrame(
        [
            {
                "Modèle": model.name,
                "Version": model.version,
                "Répond à": TASKS[model.task],
                "En service": "✓ oui" if model.active else "non",
                "Contrôle de qualité": _gate(model),
                "Importé le": french.date(model.created_at),
                "État": f"✕ {model.problem}" if model.problem else "✓ utilisable",
            }
            for model in models
        ]
    )


def _gate(model: ModelSummary) -> str:
    if model.admission is not None:
        return f"✕ admis malgré lui : {model.admission.reason}"
    return "✓ admis" if model.admitted else "✕ non admis"


def why_not_activated(model: ModelSummary) -> str:
    """Say why the page cannot put a version into service; empty where it can."""
    if model.problem:
        return model.problem
    if not model.admitted:
        return (
            "Ne passe pas le contrôle de qualité. Une personne peut l’admettre sous son nom, avec un motif, "
            "par « python cockpit.py models activate » et --admit."
        )
    return ""


def activation_words(chosen: ModelSummary, serving: ModelSummary | None) -> str:
    """Say what putting a version into service changes."""
    if serving is None:
        return (
            f"{chosen.name} v{chosen.version} répondra : aucun modèle ne sert aujourd’hui pour cette tâche."
        )
    return (
        f"{chosen.label} remplacera {serving.label} pour toutes les réponses, sans interruption. Le prochain "
        "calcul du parc s’en servira."
    )
