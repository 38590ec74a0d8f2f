"""Figures of a model's card as French texts, to the digits in which they are quoted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from api.schemas import french
from api.schemas.common import Figure

Json = Mapping[str, Any]
TASKS = {
    "classification": "Probabilité de panne dans les 7 jours",
    "regression": "Jours avant panne",
}
CALIBRATIONS = {
    "non_calibree": "brute, non calibrée",
    "platt": "calibrée (Platt)",
    "isotonique": "calibrée (isotonique)",
    "sans_objet": "sans objet",
}


def with_interval(estimate: Json, digits: int, unit: str = "") -> str:
    """``0,980 [0,961 – 0,995]``; says so where there is no interval."""
    if estimate["value"] is None:
        return "non défini"
    told = french.with_unit(french.number(estimate["value"], digits), unit)
    return told + _between(estimate, lambda bound: french.number(bound, digits))


def share(estimate: Json) -> str:
    """A proportion in percent with its interval, ``98 % [96,1 – 99,5]``."""
    if estimate["value"] is None:
        return "non défini"
    told = french.share(estimate["value"])
    return told + _between(estimate, lambda bound: french.trimmed(100 * bound, 1))


def _between(estimate: Json, write: Callable[[float], str]) -> str:
    low, high = estimate["low"], estimate["high"]
    if low is None or high is None:
        return " (trop peu de données pour un intervalle)"
    return f" [{write(low)} – {write(high)}]"


def euros(figure: Figure) -> str:
    """An amount with its interval."""
    if figure.low is None or figure.high is None:
        return french.euros(figure.value)
    return f"{french.euros(figure.value)} [{french.number(figure.low)} – {french.number(figure.high)}]"


def span(low: float | None, high: float | None) -> str:
    """A range of values; an absent bound is said."""
    if low is None:
        return french.NOTHING if high is None else f"jusqu’à {french.trimmed(high)}"
    return (
        f"à partir de {french.trimmed(low)}"
        if high is None
        else f"{french.trimmed(low)} à {french.trimmed(high)}"
    )


def days_span(low: float, high: float | None) -> str:
    """A range of days left."""
    return f"plus de {french.days(low)}" if high is None else f"{french.trimmed(low)} à {french.days(high)}"


def difference(value: float) -> str:
    """A tiny difference, in powers of ten as people read them."""
    return french.scientific(value) if value else "aucun écart"
