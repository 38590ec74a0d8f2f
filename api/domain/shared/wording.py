"""French words that the API writes: levels, and what to do at each level."""

from __future__ import annotations

from api.schemas import french
from api.schemas.vocabulary import DataStatus, RiskLevel

LEVEL_WORDS = {
    RiskLevel.CRITIQUE: "critique",
    RiskLevel.ELEVE: "élevé",
    RiskLevel.MODERE: "modéré",
    RiskLevel.FAIBLE: "faible",
}
_BY_LEVEL = {
    RiskLevel.CRITIQUE: "Intervenir en priorité",
    RiskLevel.ELEVE: "Planifier une intervention",
    RiskLevel.MODERE: "Surveiller et contrôler à la prochaine visite",
    RiskLevel.FAIBLE: "Aucune action particulière",
}
_BY_STATUS = {
    DataStatus.DOUTEUX: "Vérifier d’abord les capteurs : la mesure est douteuse.",
    DataStatus.PERIME: "Rétablir la remontée des mesures : la dernière est trop ancienne pour conclure.",
    DataStatus.NON_EVALUE: "Vérifier la turbine et ses capteurs : aucun score n’a pu être calculé.",
}


def recommendation(
    level: RiskLevel,
    status: DataStatus,
    probability: float | None,
    benefit_eur: float,
    *,
    indicative: bool = False,
) -> str:
    """Say what to do, in one or two French sentences.

    Args:
        level: of risk.
        status: of the data behind it; anything but ``ok`` puts the sensors first.
        probability: of a failure within 7 days; None where nothing could be scored.
        benefit_eur: expected gain of intervening now [€].
        indicative: whether it rests on an uncalibrated probability.
    """
    if probability is None:
        return _BY_STATUS.get(status, _BY_STATUS[DataStatus.NON_EVALUE])
    gain = f" : gain attendu {french.euros(benefit_eur, indicative=indicative)}" if benefit_eur > 0 else ""
    advice = f"{_BY_LEVEL[level]}{gain}."
    return f"{_BY_STATUS[status]} {advice}" if status in _BY_STATUS else advice
