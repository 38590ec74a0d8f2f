"""Figures of a model's card as French texts, to the digits in which they are quoted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from api.domain.shared.wording import fr_euros
from api.domain.shared.wording import fr_number as _plain_number
from api.schemas.common import Figure

Json = Mapping[str, Any]
NOTHING = "–"
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
_PARIS = ZoneInfo("Europe/Paris")


def fr_number(value: float, digits: int = 0) -> str:
    """A number as France prints it, its minus sign as wide as a plus."""
    return _plain_number(value, digits).replace("-", "−")


def with_interval(estimate: Json, digits: int, unit: str = "", factor: float = 1.0) -> str:
    """``0,980 [0,961 – 0,995]``; says so where there is no interval."""
    value, low, high = (estimate[name] for name in ("value", "low", "high"))
    if value is None:
        return "non défini"
    told = f"{fr_number(factor * value, digits)}{unit}"
    if low is None or high is None:
        return f"{told} (trop peu de données pour un intervalle)"
    return f"{told} [{fr_number(factor * low, digits)} – {fr_number(factor * high, digits)}]"


def share(estimate: Json) -> str:
    """A proportion in percent with its interval."""
    return with_interval(estimate, 1, " %", 100.0)


def euros(figure: Figure) -> str:
    """An amount with its interval."""
    if figure.value is None:
        return NOTHING
    if figure.low is None or figure.high is None:
        return fr_euros(figure.value)
    return f"{fr_euros(figure.value)} [{fr_number(figure.low)} – {fr_number(figure.high)}]"


def threshold(value: float) -> str:
    """A threshold in percent, with the decimals that it needs."""
    text = fr_number(100 * value, 2).rstrip("0").rstrip(",")
    return f"{text} %"


def count(number: int | None) -> str:
    """A number of rows."""
    return NOTHING if number is None else fr_number(number)


def span(low: float | None, high: float | None, digits: int = 2) -> str:
    """A range of values; an absent bound is said."""
    low_text, high_text = (None if bound is None else trimmed(bound, digits) for bound in (low, high))
    if low_text is None and high_text is None:
        return NOTHING
    if low_text is None:
        return f"jusqu’à {high_text}"
    return f"à partir de {low_text}" if high_text is None else f"{low_text} à {high_text}"


def trimmed(value: float, digits: int = 2) -> str:
    """A number without useless decimals."""
    text = fr_number(value, digits)
    return text.rstrip("0").rstrip(",") if "," in text else text


def days_span(low: float, high: float | None) -> str:
    """A range of days left."""
    return (
        f"plus de {fr_number(low)} jours" if high is None else f"{fr_number(low)} à {fr_number(high)} jours"
    )


def day(text: str | date | None) -> str:
    """A calendar day, given as a date or in ISO form."""
    if text is None:
        return NOTHING
    known = date.fromisoformat(text) if isinstance(text, str) else text
    return f"{known:%d/%m/%Y}"


def moment(instant: datetime | None) -> str:
    """An instant in Paris time."""
    if instant is None:
        return NOTHING
    local = instant.astimezone(_PARIS)
    return f"{local:%d/%m/%Y} à {local:%H:%M}"


def difference(value: float) -> str:
    """A tiny difference, in powers of ten as people read them."""
    if value == 0:
        return "aucun écart"
    mantissa, exponent = f"{value:.1e}".split("e")
    power = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{mantissa.replace('.', ',')} × 10{power}"
