"""Writes the figures of a model's card with their intervals, rounded for reading."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from api.domain.models.statistics import Estimate
from api.schemas import french
from api.schemas.common import Figure

LABELS = {
    "roc_auc": "Aire sous la courbe ROC",
    "average_precision": "Précision moyenne",
    "prevalence": "Part de pannes (précision moyenne du hasard)",
    "lift": "Précision moyenne ÷ part de pannes",
    "skill": "Gain sur la meilleure réponse constante (0 : aucun)",
    "brier": "Score de Brier (0 est parfait)",
    "precision": "Précision (part des alertes qui sont de vraies pannes)",
    "recall": "Rappel (part des pannes qui sont annoncées)",
    "f1": "F1",
    "accuracy": "Exactitude (trompeuse quand les pannes sont rares)",
    "mae": "Erreur absolue moyenne (MAE)",
    "rmse": "Racine de l’erreur quadratique moyenne (RMSE)",
    "r2": "R² (1 est parfait, 0 n’explique rien)",
    "bias": "Biais (positif : annonce la panne trop tard)",
}


class Measure(NamedTuple):
    """One figure of quality: its name in reports, the figure, its scope, whether reports give it."""

    name: str
    figure: str
    where: str = ""
    in_reports: bool = True

    @property
    def label(self) -> str:
        """French name of the figure with its scope."""
        return LABELS[self.name] + self.where


def with_interval(estimate: Estimate | Figure, digits: int, unit: str = "") -> str:
    """Write « 0,980 [0,961 à 0,995] », or that there is no interval."""
    value = french.with_unit(french.number(estimate.value, digits), unit)
    return _with_bounds(value, estimate, lambda bound: french.number(bound, digits))


def _with_bounds(value: str, estimate: Estimate | Figure, write: Callable[[float], str]) -> str:
    if estimate.value is None:
        return "non défini"
    if estimate.low is None or estimate.high is None:
        return f"{value} (trop peu de données pour un intervalle)"
    return f"{value} {_bracketed(write(estimate.low), write(estimate.high))}"


def _bracketed(low: str, high: str) -> str:
    """Write both bounds, never on two lines."""
    return f"[{low}{french.NBSP}à{french.NBSP}{high}]"


def days(estimate: Estimate) -> str:
    """Write an error in days with its interval."""
    return with_interval(estimate, 1, "j")


def share(estimate: Estimate | Figure) -> str:
    """Write a proportion in per cent with its interval: « 80 % [76,3 à 83,1] »."""
    return _with_bounds(french.share(estimate.value), estimate, lambda bound: french.trimmed(100 * bound, 1))


def euros(figure: Figure) -> str:
    """Write an amount with its interval."""
    if figure.low is None or figure.high is None:
        return french.euros(figure.value)
    bounds = _bracketed(french.number(figure.low), french.number(figure.high))
    return f"{french.euros(figure.value)} {bounds}"


def span(low: float | None, high: float | None) -> str:
    """Write a range of values; a missing bound leaves it open."""
    if low is None:
        return french.NOTHING if high is None else f"jusqu’à {french.trimmed(high)}"
    if high is None:
        return f"à partir de {french.trimmed(low)}"
    return f"de {french.trimmed(low)} à {french.trimmed(high)}"


def days_span(low: float, high: float | None) -> str:
    """Write a range of days left."""
    if high is None:
        return f"plus de {french.days(low)}"
    return f"{french.trimmed(low)} à {french.days(high)}"


def difference(value: float) -> str:
    """Write a tiny difference, in powers of ten."""
    return "aucun écart" if value == 0 else french.scientific(value)


def blocks_words(blocks: int | None) -> str:
    """Say what the intervals of a small farm rest on; empty where they rest on whole turbines."""
    if blocks is None:
        return ""
    return (
        f" Moins de cinq turbines : les intervalles rééchantillonnent {french.counted(blocks, 'bloc')} "
        "(une turbine et un mois, ou une panne si elles sont moins nombreuses), moins indépendants que des "
        "turbines."
    )
