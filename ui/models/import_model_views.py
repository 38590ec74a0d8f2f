"""Words of a model's import: its checks, its outcome, and the fields to correct."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from api.schemas import french
from api.schemas.common import FieldProblem, principal_words
from api.schemas.model_imports import ModelImport, ModelImportStep

ACTIVE = frozenset({"en_attente", "en_cours"})
FIELDS = {
    "file": "Fichier du modèle",
    "name": "Nom du modèle",
    "task": "Ce qu’il prédit",
    "positive": "Classe qui désigne la panne",
    "features": "Variables, dans l’ordre",
    "labelled": "Mesures étiquetées",
    "split": "Lignes jamais vues",
    "reported": "Chiffres annoncés",
    "golden": "Sorties enregistrées",
    "manifest": "Manifeste",
    "reason": "Motif",
}
_STATES = {
    "en_attente": ("○", "en attente"),
    "en_cours": ("…", "en cours"),
    "reussi": ("✓", "réussi"),
    "refuse": ("✕", "refusé"),
    "non_fait": ("–", "non fait"),
}
_STATUS = {
    "en_attente": "En attente",
    "en_cours": "En cours",
    "termine": "Rangé",
    "refuse": "Refusé",
    "echoue": "Échoué",
    "interrompu": "Interrompu",
}


def step_words(step: ModelImportStep) -> tuple[str, str, str]:
    """Return the sign and the name of a check, and its state in words with its detail."""
    sign, word = _STATES[step.state]
    state = f"{word} ; {step.detail}" if step.detail and step.state == "reussi" else word
    return sign, step.name, state


def passed(job: ModelImport) -> float:
    """Return the share of the checks that have passed, from 0 to 1."""
    return sum(step.state == "reussi" for step in job.steps) / max(1, len(job.steps))


def progress_words(job: ModelImport) -> str:
    """Say where the import is."""
    if job.status == "en_attente":
        return f"{job.filename} : attend que le calculateur soit libre."
    current = next((step.name for step in job.steps if step.state == "en_cours"), "")
    return f"{job.filename} : {current}" if current else job.filename


def outcome_words(job: ModelImport) -> str:
    """Say how the import ended."""
    if job.status == "termine":
        return job.message or f"{job.name} version {job.version} est rangé."
    if job.status == "refuse":
        return f"Fichier refusé, rien n’a été rangé. {job.refusal or ''}"
    return f"L’import n’a pas abouti ({job.refusal or 'interrompu'}) : envoyez le fichier à nouveau."


def field_words(problems: Sequence[FieldProblem]) -> list[tuple[str, str]]:
    """Return each wrong field by its name on the form, and its error."""
    return [(FIELDS.get(p.field.partition(".")[0], p.field) or "Formulaire", p.message) for p in problems]


def imports_frame(items: Sequence[ModelImport]) -> pd.DataFrame:
    """Tabulate the last imports, one a row."""
    return pd.DataFrame(
        [
            {
                "Date": french.date(item.created_at),
                "Fichier": item.filename,
                "Modèle": f"{item.name} v{item.version}" if item.version else item.name,
                "Résultat": _STATUS[item.status],
                "Par": principal_words(item.requested_by, item.requested_by_name),
                "Motif": item.reason or "",
            }
            for item in items
        ]
    )
