"""What a model's card holds beyond quality: costs, calibration, coverage, checks, history. No Streamlit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from api.schemas import french
from api.schemas.common import Figure
from api.schemas.model_card import Decision
from api.schemas.models import ModelCard
from ui.policy.figures import chosen_of
from ui.policy.views import euro_span
from ui.shared import labels as fr

Json = Mapping[str, Any]
CHOSEN = "► "
_METHODS = {"platt": "Platt", "isotonique": "isotonique"}
_EXPLAINED = {
    "exacte": "Facteurs exacts : toutes les combinaisons de variables sont comptées.",
    "estimee": "Facteurs estimés en tirant des ordres de variables ; leur somme reste exacte.",
    "aucune": "Pas de facteurs : aucune mesure étiquetée n’a été donnée à l’import.",
}


def with_interval(figure: Figure | Json, digits: int, unit: str = "") -> str:
    """« 0,980 (0,955 à 0,995) »."""
    value, low, high = _bounds(figure)
    if value is None:
        return "non défini"
    told = french.with_unit(french.number(value, digits), unit)
    if low is None or high is None:
        return told
    return f"{told} ({french.number(low, digits)} à {french.number(high, digits)})"


def share_with_interval(figure: Figure | Json) -> str:
    """« 80 % (76,3 à 83,1) »."""
    value, low, high = _bounds(figure)
    if value is None:
        return "non défini"
    if low is None or high is None:
        return french.share(value)
    return f"{french.share(value)} ({french.trimmed(100 * low, 1)} à {french.trimmed(100 * high, 1)})"


def _bounds(figure: Figure | Json) -> tuple[float | None, float | None, float | None]:
    known = figure.model_dump() if isinstance(figure, Figure) else figure
    return known["value"], known["low"], known["high"]


def decision_frame(decision: Decision) -> pd.DataFrame:
    """Each threshold with what it would have caught and cost; the policy's is marked."""
    return pd.DataFrame(
        [
            {
                "Seuil": CHOSEN * row.chosen + french.threshold(row.threshold),
                "Pannes annoncées": row.true_positives,
                "Pannes manquées": row.false_negatives,
                "Fausses alertes": row.false_positives,
                "Silences justifiés": french.number(row.true_negatives),
                "Coût": french.euros(row.cost_eur.value),
                "Coût, à 95 %": euro_span(row.cost_eur),
                "Précision": with_interval(row.precision, 3),
                "Rappel": with_interval(row.recall, 3),
            }
            for row in decision.table
        ]
    )


def decision_words(decision: Decision) -> str:
    """What the costs are counted with, and what not deciding would cost."""
    return (
        f"Politique n° {decision.policy_version} : une intervention coûte "
        f"{french.euros(decision.cost_intervention_eur)}, une panne manquée "
        f"{french.euros(decision.cost_failure_eur)}, donc seuil {french.threshold(decision.threshold)}. Sur "
        f"ces lignes jamais vues, chacune comptée pour une décision, ne jamais intervenir coûterait "
        f"{french.euros(decision.never_eur)}, toujours intervenir {french.euros(decision.always_eur)}."
    )


def confusion_frame(decision: Decision) -> pd.DataFrame:
    """The confusion matrix at the policy's threshold; no row where it was not measured."""
    row = chosen_of(decision)
    columns = ["Ce qui est arrivé", "Annoncé en panne", "Non annoncé"]
    told = [] if row is None else [
        ("Panne", french.number(row.true_positives), french.number(row.false_negatives)),
        ("Pas de panne", french.number(row.false_positives), french.number(row.true_negatives)),
    ]  # fmt: skip
    return pd.DataFrame(told, columns=columns)


def calibration_frame(card: ModelCard) -> pd.DataFrame:
    """The raw probability and each recalibration tried, judged on other turbines."""
    rows = [] if card.raw_brier is None else [("brute", french.number(card.raw_brier, 4), french.NOTHING)]
    rows += [
        (
            _METHODS.get(trial.method, trial.method),
            french.number(trial.brier, 4),
            with_interval(trial.change, 4),
        )
        for trial in card.calibration_trials
    ]
    return pd.DataFrame(rows, columns=["Probabilité", "Score de Brier", "Écart à la brute (95 %)"])


def reliability_frame(bins: list[Json]) -> pd.DataFrame:
    """Each bin of announced probability: rows, failures, what was said and what happened."""
    return pd.DataFrame(
        [
            {
                "Annoncé": f"{french.share(each['low'])} à {french.share(each['high'])}",
                "Lignes": french.number(each["rows"]),
                "Pannes": each["failures"],
                "Moyenne annoncée": french.share(each["mean_probability"]),
                "Observé (95 %)": share_with_interval(each["observed"]),
            }
            for each in bins
        ]
    )


def days_frame(measured: Json) -> pd.DataFrame:
    """Errors of a regressor by the days that really remained."""
    return pd.DataFrame(
        [
            {
                "Il restait": days_span(each["low"], each["high"]),
                "Lignes": french.number(each["error"]["rows"]),
                "Erreur absolue moyenne": with_interval(each["error"]["mae"], 1, "j"),
                "Biais (positif : trop tard)": with_interval(each["error"]["bias"], 1, "j"),
            }
            for each in measured.get("by_days_left", ())
        ]
    )


def coverage_frame(interval: Json) -> pd.DataFrame:
    """Coverage of the interval by predicted, then by true horizon."""
    lows = [0.0, *(group["upper"] for group in interval["groups"][:-1])]
    predicted = [
        (
            f"estimé {days_span(low, each['upper'])}",
            french.number(each["rows"]),
            french.with_unit(f"de {french.number(each['low'], 1)} à {french.number(each['high'], 1)}", "j"),
            share_with_interval(each["coverage"]),
            "✓ fiable" if each["reliable"] else "⚠ la réponse avertit",
        )
        for low, each in zip(lows, interval["groups"], strict=True)
    ]
    true = [
        (
            f"il restait {days_span(each['low'], each['high'])}",
            french.number(each["rows"]),
            french.NOTHING,
            share_with_interval(each["coverage"]),
            "✓ atteinte" if each["reached"] else "✕ non atteinte",
        )
        for each in interval["by_true_horizon"]
    ]
    columns = ["Lignes où", "Nombre", "Bornes autour de l’estimation", "Couverture (95 %)", "Verdict"]
    return pd.DataFrame(predicted + true, columns=columns)


def days_span(low: float, high: float | None) -> str:
    """« 7 à 14 jours », « plus de 60 jours »."""
    if high is None:
        return f"plus de {french.days(low)}"
    return f"{french.trimmed(low)} à {french.days(high)}"


def check_words(card: ModelCard) -> list[str]:
    """What was checked when the file was brought in."""
    runtime = card.runtime
    said = [f"Calcul par {runtime.get('engine', '?')}. {runtime.get('reason', '')}"]
    if "largest_difference" in runtime:
        said.append(
            f"Plus grand écart avec scikit-learn : {french.scientific(runtime['largest_difference'])}, sur "
            f"{french.counted(runtime['rows_compared'], 'ligne')} comparées."
        )
    golden = card.golden
    if golden is not None:
        said.append(
            f"Écrit par scikit-learn {golden.written_by} : ses {golden.rows} sorties enregistrées là-bas "
            "sont retrouvées ici."
        )
    said.append(_EXPLAINED[card.explained])
    libraries = ", ".join(f"{name} {version}" for name, version in sorted(card.libraries.items()))
    return [*said, f"Bibliothèques : {libraries}."] if libraries else said


def history_frame(card: ModelCard) -> pd.DataFrame:
    """When this version served, who decided it and why."""
    return pd.DataFrame(
        [
            {
                "Du": french.date(change.activated_at),
                "Au": "en service" if change.replaced_at is None else french.date(change.replaced_at),
                "Par": fr.principal_words(change.activated_by, change.activated_by_name),
                "Motif": change.reason,
                "Admis sans contrôle": fr.principal_words(change.admitted_by, change.admitted_by_name)
                if change.admitted_by
                else "non",
            }
            for change in card.activations
        ]
    )
