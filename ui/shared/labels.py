"""French words, numbers and dates; levels with their word, sign and colour. No Streamlit here."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from api.schemas.park import ParkItem
from api.schemas.predictions import Driver
from api.schemas.vocabulary import DataStatus, RiskLevel

PARIS = ZoneInfo("Europe/Paris")
_PARTS = {
    "planification": "calcul quotidien",
    "rattrapage": "rattrapage des jours manqués",
    "installation": "premier démarrage",
}
NBSP, THIN = "\u00a0", "\u202f"
NOTHING = "–"
MINUS = "−"
_WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip


@dataclass(frozen=True)
class Level:
    """How one level of risk is written and drawn.

    Signs differ in shape, so that a level is told without its colour; their code points follow the urgency,
    so that sorting the written levels sorts by urgency. Colours carry white text at 4.5:1 or better;
    ``light`` and ``dark`` are for lines and text on the light and the dark background.
    """

    word: str
    sign: str
    chip: str
    light: str
    dark: str
    meaning: str

    @property
    def text(self) -> str:
        """Sign and word."""
        return f"{self.sign} {self.word}"


LEVELS: dict[RiskLevel, Level] = {
    RiskLevel.CRITIQUE: Level("Critique", "■", "#B42318", "#B42318", "#F97066", "Intervenir en priorité"),
    RiskLevel.ELEVE: Level("Élevé", "▲", "#B54708", "#B54708", "#FDB022", "Intervenir sous 7 jours"),
    RiskLevel.MODERE: Level(
        "Modéré", "◆", "#7A5E00", "#7A5E00", "#E5C84B", "Contrôler à la prochaine visite"
    ),
    RiskLevel.FAIBLE: Level("Faible", "○", "#17693F", "#17693F", "#47CD89", "Aucune action particulière"),
}

DATA_STATUS: dict[DataStatus, str] = {
    DataStatus.OK: "fiable",
    DataStatus.DOUTEUX: "douteuse",
    DataStatus.PERIME: "trop ancienne",
    DataStatus.NON_EVALUE: "non évaluée",
}
RUN_STATUS = {
    "en_attente": "En attente",
    "en_cours": "En cours",
    "termine": "Terminé",
    "termine_avec_erreurs": "Terminé avec erreurs",
    "echoue": "Échoué",
    "interrompu": "Interrompu",
    "annule": "Annulé",
}
RUN_KIND = {"planifie": "Planifié", "manuel": "À la demande", "reprise": "Reprise"}
STATES = {
    "ok": ("✓", "En ordre"),
    "attention": ("!", "À surveiller"),
    "erreur": ("✕", "En défaut"),
    "inconnu": ("?", "Inconnu"),
}
POLICY_PARAMETERS = {
    "cost_intervention_eur": "intervention",
    "cost_failure_eur": "panne",
    "critical_factor": "critique ×",
    "critical_cap": "critique dès",
    "moderate_divisor": "modéré ÷",
    "urgent_days": "délai urgent",
    "max_age_days": "âge limite",
}
PURPOSES = {"unitaire": "Prédiction", "et_si": "Et si…", "lot": "Lot"}
SERVICE_STATES = {
    "en_service": "en service",
    "arret_programme": "en arrêt programmé",
    "hors_service": "hors service",
}
CALIBRATIONS = {
    "non_calibree": "non calibrée",
    "platt": "calibrée, méthode de Platt",
    "isotonique": "calibrée, régression isotonique",
}
TASKS = {"classification": "Panne dans les 7 jours", "regression": "Jours avant panne"}


def fr_number(value: float | None, digits: int = 1) -> str:
    """``1234.5`` as « 1 234,5 »; « – » for nothing, NaN or an infinity."""
    if value is None or not math.isfinite(value):
        return NOTHING
    text = f"{abs(value):,.{digits}f}".replace(",", THIN).replace(".", ",")
    negative = value < 0 and any(c in "123456789" for c in text)
    return f"{MINUS}{text}" if negative else text


def fr_trimmed(value: float | None, digits: int = 2) -> str:
    """A number with as many decimals as it needs, ``digits`` at most."""
    text = fr_number(value, digits)
    return text.rstrip("0").rstrip(",") if "," in text else text


def fr_percent(probability: float | None) -> str:
    """A probability in per cent; never « 0 % » nor « 100 % », which would claim certainty.

    One decimal below ten per cent, where thresholds are: 5.5 % must not read as the 6 % that it is under.
    """
    if probability is None or not math.isfinite(probability):
        return NOTHING
    if probability < 0.01:
        return f"<{NBSP}1{THIN}%"
    if probability > 0.99:
        return f">{NBSP}99{THIN}%"
    return f"{fr_trimmed(100 * probability, 1 if probability < 0.1 else 0)}{THIN}%"


def fr_share(share: float | None, digits: int = 1) -> str:
    """An exact share, such as a threshold, in per cent with the decimals that it needs."""
    return NOTHING if share is None else f"{fr_trimmed(100 * share, digits)}{THIN}%"


def fr_points(difference: float | None) -> str:
    """A difference between probabilities, signed, in points (0.01 = 1 point)."""
    if difference is None or not math.isfinite(difference):
        return NOTHING
    points = round(100 * difference, 1)
    return f"{_signed(points)}{NBSP}{plural(abs(points), 'point')}"


def fr_days(days: float | None) -> str:
    """A duration in days: one decimal below ten, none above."""
    if days is None or not math.isfinite(days):
        return NOTHING
    shown = fr_trimmed(days, 1 if abs(days) < 10 else 0)
    return f"{shown}{NBSP}{plural(abs(days), 'jour')}"


def fr_day_difference(difference: float | None) -> str:
    """A signed difference between durations in days."""
    if difference is None or not math.isfinite(difference):
        return NOTHING
    return f"{_signed(difference)}{NBSP}{plural(abs(difference), 'jour')}"


def fr_interval(interval: tuple[float, float] | None) -> str:
    """An interval of days, « de 2 à 9 jours »."""
    if interval is None:
        return NOTHING
    low, high = (fr_trimmed(v, 1 if abs(v) < 10 else 0) for v in interval)
    return f"de {low} à {high}{NBSP}{plural(abs(interval[1]), 'jour')}"


def fr_euros(amount: float | None) -> str:
    """A whole amount of euros."""
    return NOTHING if amount is None else f"{fr_number(amount, 0)}{THIN}€"


def fr_date(day: date | datetime | None) -> str:
    """« 30/12/2024 »; a datetime is told in Paris time, with its hour."""
    if day is None:
        return NOTHING
    if isinstance(day, datetime):
        local = day.astimezone(PARIS)
        return f"{local:%d/%m/%Y} à {local:%H:%M}"
    return f"{day:%d/%m/%Y}"


def fr_long_date(day: date) -> str:
    """« lundi 30 décembre 2024 »."""
    ordinal = "1er" if day.day == 1 else str(day.day)
    return f"{_WEEKDAYS[day.weekday()]} {ordinal} {_MONTHS[day.month - 1]} {day.year}"


def fr_duration(seconds: float | None) -> str:
    """A computing time."""
    if seconds is None:
        return NOTHING
    if seconds < 1:
        return f"{fr_number(1000 * seconds, 0)}{NBSP}ms"
    return f"{fr_number(seconds, 1)}{NBSP}s"


def age_words(age_days: int | None) -> str:
    """How old the measurement was on the day of the run."""
    if age_days is None:
        return "jamais mesurée"
    if age_days <= 0:
        return "mesurée le jour même"
    return f"mesurée il y a {age_days}{NBSP}{plural(age_days, 'jour')}"


def principal_words(principal: str, name: str | None = None) -> str:
    """Who asked.

    Args:
        principal: identifier, as the histories hold it.
        name: of the account or the key, where the API knows one.
    """
    if name:
        return name
    kind, _, number = principal.partition(":")
    kinds = {"compte": "compte", "cle": "clé"}
    return f"{kinds[kind]} n°{NBSP}{number}" if kind in kinds and number else _PARTS.get(principal, principal)


def plural(count: float, word: str) -> str:
    """The word as French counts it: plural from two."""
    return f"{word}s" if count >= 2 else word


def counted(count: int, word: str) -> str:
    """« 3 turbines »."""
    return f"{fr_number(count, 0)}{NBSP}{plural(count, word)}"


def with_unit(value: float | None, unit: str) -> str:
    """A measured value and its unit."""
    shown = fr_trimmed(value)
    return f"{shown}{NBSP}{unit}" if unit and unit not in {"-", "–", "0/1"} and shown != NOTHING else shown


def driver_value(driver: Driver) -> str:
    """The value behind a driver; a yes or no when it is one."""
    if driver.dtype == "binary" and driver.value is not None:
        return "oui" if driver.value else "non"
    return with_unit(driver.value, driver.unit)


def driver_words(driver: Driver | None) -> str:
    """The main driver in a table cell: name, value, and that it is only a sign when it is one."""
    if driver is None:
        return NOTHING
    arrow = {"hausse": "↑", "baisse": "↓", "neutre": "→"}[driver.direction]
    sign = " (indice)" if driver.marker else ""
    return f"{arrow} {driver.label} : {driver_value(driver)}{sign}"


def verdict(item: ParkItem, threshold: float | None) -> str:
    """The state of a turbine in one sentence, to be read after its level."""
    if item.failure_probability is None:
        return "Aucune probabilité n’a pu être calculée pour cette turbine."
    said = f"{fr_percent(item.failure_probability)} de probabilité de panne dans les 7 jours"
    if threshold is not None:
        side = "au-dessus du" if item.failure_probability >= threshold else "sous le"
        said += f", {side} seuil de décision de {fr_share(threshold)}"
    if item.time_to_failure_days is not None:
        said += f"{NBSP}; panne estimée dans {fr_days(item.time_to_failure_days)}"
    return said + "."


def _signed(value: float) -> str:
    shown = fr_trimmed(value, 1)
    if shown == "0":
        return "0"
    return shown if shown.startswith(MINUS) else f"+{shown}"
