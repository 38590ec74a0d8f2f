"""A model's card turned into tables and sentences: measured beside reported. No Streamlit, no HTTP.

``measured`` and ``reported`` are the manifest's own JSON, and are never mixed; estimates are
``{value, low, high, method}``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from api.schemas import french
from api.schemas.models import ModelCard, ModelSummary
from api.schemas.predictions import FeatureInfo
from ui.shared import labels as fr

Json = Mapping[str, Any]
MEASURED, INTERVAL, REPORTED = "Mesuré ici", "Intervalle à 95 %", "Annoncé par le rapport"
NOT_MEASURED, NOT_REPORTED = "non mesuré", "non annoncé"
USUAL_THRESHOLD = 0.5

# Names that reports give to the same figure.
_ALIASES = {
    "precision": ("precision", "précision"),
    "recall": ("recall", "rappel"),
    "f1": ("f1", "f1_score", "f1-score"),
    "accuracy": ("accuracy", "exactitude"),
    "roc_auc": ("roc_auc", "auc"),
    "average_precision": ("average_precision", "precision_moyenne"),
    "brier": ("brier", "brier_score"),
    "mae": ("mae",),
    "rmse": ("rmse",),
    "r2": ("r2", "r²"),
}


def models_frame(models: Sequence[ModelSummary]) -> pd.DataFrame:
    """Every stored version, as given (the active ones first)."""
    return pd.DataFrame(
        [
            {
                "Modèle": model.name,
                "Version": model.version,
                "Répond à": fr.TASKS[model.task],
                "En service": "✓ oui" if model.active else "non",
                "Contrôle de qualité": "✓ passé ou admis" if model.admitted else "✕ non passé",
                "Importé le": french.date(model.created_at),
                "État": f"✕ {model.problem}" if model.problem else "✓ utilisable",
            }
            for model in models
        ]
    )


def quality_frame(card: ModelCard) -> pd.DataFrame:
    """Measured figures with their intervals, the reported ones beside them."""
    reported = _reported_metrics(card.reported)
    rows = []
    for key, label, estimate in _measured_rows(card.measured or {}):
        said = reported.pop(key, None)
        rows.append((label, _value(estimate, key), _interval(estimate, key), _reported(said, key)))
    for key, said in reported.items():
        label = _LABELS.get(key, key)
        rows.append((label, NOT_MEASURED, french.NOTHING, _reported(said, key)))
    return pd.DataFrame(rows, columns=["Mesure de qualité", MEASURED, INTERVAL, REPORTED])


_LABELS = {
    "precision": "Précision au seuil 0,5 (part des alertes qui sont de vraies pannes)",
    "recall": "Rappel au seuil 0,5 (part des pannes qui sont annoncées)",
    "f1": "F1 au seuil 0,5",
    "accuracy": "Exactitude (flatte qui n’alerte jamais quand les pannes sont rares)",
    "roc_auc": "Aire sous la courbe ROC",
    "average_precision": "Précision moyenne",
    "brier": "Score de Brier (0 est parfait)",
    "mae": "Erreur absolue moyenne",
    "mae_short": "Erreur absolue moyenne, près de la panne",
    "bias": "Biais (positif : annonce la panne trop tard)",
    "bias_short": "Biais, près de la panne",
    "rmse": "Racine de l’erreur quadratique moyenne",
    "r2": "R² (1 est parfait, 0 n’explique rien)",
}
_IN_DAYS = {"mae", "mae_short", "bias", "bias_short", "rmse"}


def _measured_rows(measured: Json) -> list[tuple[str, str, Json]]:
    """(key, label, estimate) of what was measured, for either task."""
    if measured.get("task") == "regression":
        overall, short = measured["overall"], measured["short_horizon"]
        horizon = french.days(measured["short_horizon_days"])
        return [
            ("mae", _LABELS["mae"], overall["mae"]),
            ("rmse", _LABELS["rmse"], measured["rmse"]),
            ("r2", _LABELS["r2"], measured["r2"]),
            ("bias", _LABELS["bias"], overall["bias"]),
            ("mae_short", f"Erreur absolue moyenne à {horizon} ou moins de la panne", short["mae"]),
            ("bias_short", f"Biais à {horizon} ou moins de la panne", short["bias"]),
        ]
    usual = next((row for row in measured.get("thresholds", ()) if row["threshold"] == USUAL_THRESHOLD), None)
    found = [(key, _LABELS[key], usual[key]) for key in ("precision", "recall", "f1")] if usual else []
    ranked = ("roc_auc", "average_precision", "brier")
    return found + [(key, _LABELS[key], measured[key]) for key in ranked if key in measured]


def _reported_metrics(reported: Json | None) -> dict[str, float]:
    """Reported figures under this page's names; unknown ones keep theirs."""
    names = {alias: key for key, aliases in _ALIASES.items() for alias in aliases}
    given = (reported or {}).get("metrics", {})
    return {names.get(name.lower(), name): value for name, value in given.items()}


def measured_on(card: ModelCard) -> str:
    """What the measured figures rest on, in one sentence."""
    measured = card.measured
    if measured is None:
        return "Ce modèle n’a pas été mesuré ici : on ne sait pas quelles lignes il n’a jamais vues."
    rows = f"{french.counted(measured['rows'], 'ligne')} que le modèle n’a jamais vues"
    turbines = french.counted(measured["turbines"], "turbine")
    if measured.get("task") == "regression":
        return f"Mesuré sur {rows}, de {turbines}."
    failures = french.counted(measured["failures"], "panne")
    warning = " Avec si peu de pannes, chaque chiffre est incertain : lisez les intervalles." * (
        measured["failures"] < 50
    )
    return f"Mesuré sur {rows}, de {turbines}, dont {failures}.{warning}"


def calibration_word(status: str) -> str:
    """Whether the probability shown is the model's own."""
    known = {"platt": "calibrée (Platt)", "isotonique": "calibrée (isotonique)"}
    return known.get(status) or fr.CALIBRATIONS.get(status, status)


def why_not_activated(model: ModelSummary) -> str:
    """Why a version cannot be put into service from the page; empty where it can."""
    if model.problem:
        return model.problem
    if not model.admitted:
        return (
            "Ne passe pas le contrôle de qualité. Une personne peut l’admettre sous son nom, avec un motif, "
            "par « python cockpit.py models activate » et --admit."
        )
    return ""


def activation_words(chosen: ModelSummary, serving: ModelSummary | None) -> str:
    """What putting a version into service changes."""
    if serving is None:
        return (
            f"{chosen.name} v{chosen.version} répondra : aucun modèle ne sert aujourd’hui pour cette tâche."
        )
    return (
        f"{chosen.name} v{chosen.version} remplacera {serving.name} v{serving.version} pour toutes les "
        "réponses, sans interruption. Le prochain calcul du parc s’en servira."
    )


def median_words(measured: Json | None) -> str:
    """How a regressor compares with always answering the median; empty for other models."""
    if not measured or measured.get("task") != "regression":
        return ""
    without = measured["overall"]["mae_of_median"]
    if without is None:
        return ""
    return (
        f"Sans modèle, répondre toujours la médiane ({french.days(measured['training_median'])}) "
        f"se tromperait de {french.days(without)} en moyenne."
    )


def reported_words(reported: Json | None) -> str:
    """Who announces the reported figures, and on what."""
    if not reported:
        return "Aucun chiffre n’est annoncé par un rapport."
    said = f"Annoncé par : {reported['source']}"
    if reported.get("rows"):
        said += f", sur {french.counted(reported['rows'], 'ligne')}"
    confusion = reported.get("confusion")
    if confusion:
        said += (
            f" ({confusion['true_positives']} pannes annoncées, {confusion['false_negatives']} manquées, "
            f"{confusion['false_positives']} fausses alertes, "
            f"{confusion['true_negatives']} silences justifiés)"
        )
    comment = f" {reported['comment']}" if reported.get("comment") else ""
    return f"{said}.{comment} Ces chiffres ne sont jamais mêlés à ceux mesurés ici."


def features_frame(features: Sequence[FeatureInfo]) -> pd.DataFrame:
    """What the model reads, in its order."""
    return pd.DataFrame(
        [
            {
                "Mesure": feature.label,
                "Colonne": feature.name,
                "Unité": feature.unit or french.NOTHING,
                "Plage apprise": _range(feature.training_minimum, feature.training_maximum),
                "Plage possible": _range(feature.minimum, feature.maximum),
                "Rôle": "indice, pas une cause" if feature.marker else "mesure",
            }
            for feature in features
        ]
    )


def data_words(data: Json) -> list[str]:
    """What the model was fitted on."""
    said = [f"Fichier : {data['source']}."] if data.get("source") else []
    if data.get("first_day") and data.get("last_day"):
        first, last = (french.date(date.fromisoformat(data[name])) for name in ("first_day", "last_day"))
        said.append(f"Période : du {first} au {last}.")
    counts = [
        french.counted(data[name], "ligne") + words
        for name, words in (
            ("training_rows", " pour l’ajuster"),
            ("unseen_rows", " jamais vues"),
            ("left_out", " écartées"),
        )
        if data.get(name) is not None
    ]
    said += [", ".join(counts) + "."] if counts else []
    said += [f"Lignes jamais vues : {data['split']}"] if data.get("split") else []
    return said + ([f"Empreinte SHA-256 des données : {data['sha256']}."] if data.get("sha256") else [])


def _range(low: float | None, high: float | None) -> str:
    return (
        french.NOTHING
        if low is None or high is None
        else f"de {french.trimmed(low)} à {french.trimmed(high)}"
    )


def _value(estimate: Json, key: str) -> str:
    value = estimate["value"]
    if value is None:
        return "non défini"
    return french.quantity(value, "j", 1) if key in _IN_DAYS else french.number(value, 3)


def _interval(estimate: Json, key: str) -> str:
    low, high = estimate["low"], estimate["high"]
    if low is None or high is None:
        return "trop peu de données"
    digits, unit = (1, "j") if key in _IN_DAYS else (3, "")
    return french.with_unit(f"de {french.number(low, digits)} à {french.number(high, digits)}", unit)


def _reported(value: float | None, key: str) -> str:
    if value is None:
        return NOT_REPORTED
    return french.quantity(value, "j", 1) if key in _IN_DAYS else french.trimmed(value, 3)
