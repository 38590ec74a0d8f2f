"""French words that pages share; levels with their word, sign and colour. No Streamlit here."""

from __future__ import annotations

from dataclasses import dataclass

from api.schemas import french
from api.schemas.interventions import Proposal
from api.schemas.park import ParkItem
from api.schemas.predictions import Driver
from api.schemas.vocabulary import LOST, DataStatus, Freshness, RiskLevel


@dataclass(frozen=True)
class Level:
    """How one level of risk is written and drawn.

    Signs differ in shape, so that a level is known without its colour. Their code points follow the urgency,
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
    RiskLevel.ELEVE: Level("Élevé", "▲", "#B54708", "#B54708", "#FDB022", "Planifier une intervention"),
    RiskLevel.MODERE: Level(
        "Modéré", "◆", "#7A5E00", "#7A5E00", "#E5C84B", "Contrôler à la prochaine visite"
    ),
    RiskLevel.FAIBLE: Level("Faible", "○", "#17693F", "#17693F", "#47CD89", "Aucune action particulière"),
}

DATA_STATUS: dict[DataStatus, str] = {
    DataStatus.OK: "fiable",
    DataStatus.DOUTEUX: "douteuse",
    DataStatus.PERIME: Freshness.TROP_ANCIENNE.words,
    DataStatus.NON_EVALUE: "non évaluée",
}
RUN_STATUS = {
    "en_attente": "En attente",
    "en_cours": "En cours",
    "termine": "Terminé",
    "termine_avec_erreurs": "Terminé avec erreurs",
    "echoue": "Échoué",
    "interrompu": "Interrompu",
    "refuse": "Refusé",
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
    "answer_days_high": "répondre à élevé",
    "answer_days_critical": "répondre à critique",
}
PURPOSES = {"unitaire": "Prédiction", "et_si": "Et si…", "lot": "Lot"}
SERVICE_STATES = {
    "en_service": "en service",
    "arret_programme": "en arrêt programmé",
    "hors_service": "hors service",
}


def age_words(age_days: int | None) -> str:
    """Write how old a measurement is, or was on the day of the run, for a cell or a short fact."""
    if age_days is None:
        return french.NOTHING
    return "jour même" if age_days <= 0 else french.quantity(age_days, "j", 0)


def measurement_words(item: ParkItem) -> str:
    """Say how old the measurement behind the score was, and what it is worth."""
    if item.measured_on is None:
        return Freshness.JAMAIS_MESUREE.words
    return f"âge : {age_words(item.age_days)}, {DATA_STATUS[item.data_status]}"


def driver_value(driver: Driver) -> str:
    """Write the value behind a driver; a yes or no when it is one."""
    if driver.dtype == "binary" and driver.value is not None:
        return "oui" if driver.value else "non"
    return french.quantity(driver.value, driver.unit)


def reason_words(item: ParkItem | Proposal) -> str:
    """Write why a turbine ranks where it does: its main driver, or what its measurement lacks."""
    return LOST.get(item.data_status) or driver_words(item.main_driver)


def driver_words(driver: Driver | None) -> str:
    """Write the main driver in a table cell: name, value, and « indice » for a marker."""
    if driver is None:
        return french.NOTHING
    arrow = {"hausse": "↑", "baisse": "↓", "neutre": "→"}[driver.direction]
    sign = " (indice)" if driver.marker else ""
    return f"{arrow} {driver.label} : {driver_value(driver)}{sign}"


def verdict(item: ParkItem, threshold: float | None) -> str:
    """Write the state of a turbine in one sentence, to be read after its level."""
    if item.failure_probability is None:
        return "Aucune probabilité n’a pu être calculée pour cette turbine."
    sentence = f"{french.percent(item.failure_probability)} de probabilité de panne dans les 7 jours"
    if threshold is not None:
        side = "au-dessus du" if item.failure_probability >= threshold else "sous le"
        sentence += f", {side} seuil de décision de {french.threshold(threshold)}"
    if item.time_to_failure_days is not None:
        sentence += f"{french.NBSP}; panne estimée dans {french.days(item.time_to_failure_days)}"
    return sentence + "."
