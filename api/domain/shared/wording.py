"""French sentences that the API writes: numbers as France writes them, and what to do at each level."""

from __future__ import annotations

from api.schemas.vocabulary import DataStatus, RiskLevel, Skill

_NBSP = "\u202f"  # narrow no-break space, between thousands and before units

LEVEL_WORDS = {
    RiskLevel.CRITIQUE: "critique",
    RiskLevel.ELEVE: "élevé",
    RiskLevel.MODERE: "modéré",
    RiskLevel.FAIBLE: "faible",
}
SKILL_WORDS = {
    Skill.MECANIQUE: "mécanique",
    Skill.ELECTRICITE: "électricité",
    Skill.HYDRAULIQUE: "hydraulique",
    Skill.PALES: "pales",
    Skill.AUTOMATISME: "automatisme",
    Skill.INSTRUMENTATION: "instrumentation",
}
WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


def fr_number(value: float, digits: int = 0) -> str:
    """``12345.6`` → ``12 345,6`` with narrow no-break spaces."""
    return f"{value:,.{digits}f}".replace(",", _NBSP).replace(".", ",")


def fr_percent(probability: float) -> str:
    """A probability in percent; never « 0 % » nor « 100 % », which no model can promise."""
    if probability < 0.01:
        return f"< 1{_NBSP}%"
    if probability > 0.99:
        return f"> 99{_NBSP}%"
    if probability < 0.0995:  # « 6 % » for 5.5 % would seem to reach a threshold of 6 %
        return f"{fr_number(100 * probability, 1)}{_NBSP}%"
    return f"{fr_number(100 * probability)}{_NBSP}%"


def fr_euros(amount: float) -> str:
    """A whole number of euros."""
    return f"{fr_number(amount)}{_NBSP}€"


def fr_hours(hours: float) -> str:
    """« 7 h », « 7,5 h »."""
    return f"{fr_number(hours, 2).rstrip('0').rstrip(',')}{_NBSP}h"


_BY_LEVEL = {
    RiskLevel.CRITIQUE: "Intervenir en priorité",
    RiskLevel.ELEVE: "Planifier une intervention dans les 7 jours",
    RiskLevel.MODERE: "Surveiller et contrôler à la prochaine visite",
    RiskLevel.FAIBLE: "Aucune action particulière",
}
_BY_STATUS = {
    DataStatus.DOUTEUX: "Vérifier d’abord les capteurs : la mesure est douteuse.",
    DataStatus.PERIME: "Rétablir la remontée des mesures : la dernière est trop ancienne pour conclure.",
    DataStatus.NON_EVALUE: "Vérifier la turbine et ses capteurs : aucun score n’a pu être calculé.",
}


def recommendation(
    level: RiskLevel, status: DataStatus, probability: float | None, benefit_eur: float
) -> str:
    """What to do, in one or two sentences.

    Args:
        level: of risk.
        status: of the data behind it; anything but ``ok`` puts the sensors first.
        probability: of a failure within 7 days; None where nothing could be scored.
        benefit_eur: expected gain of intervening now [€].
    """
    if probability is None:
        return _BY_STATUS.get(status, _BY_STATUS[DataStatus.NON_EVALUE])
    gain = f" : gain attendu {fr_euros(benefit_eur)}" if benefit_eur > 0 else ""
    advice = f"{_BY_LEVEL[level]}{gain}."
    return f"{_BY_STATUS[status]} {advice}" if status in _BY_STATUS else advice
