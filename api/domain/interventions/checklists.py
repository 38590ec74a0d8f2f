"""What to check on site, by the sensor that weighed most in the score; also the skills and the priority.

The lists name the usual origins of such a reading; they are a start, which the manager completes in the
comment. A sensor that this file does not know gets the same three questions with its own name.
"""

from __future__ import annotations

from api.domain.interventions.interventions import CheckItem
from api.schemas.vocabulary import Priority, RiskLevel, Skill

SAFETY = "Consigner la machine et vérifier l’absence de tension avant d’entrer."
_BY_FEATURE: dict[str, tuple[str, ...]] = {
    "vibration_level": (
        "Écouter et mesurer le multiplicateur, le palier principal et la génératrice.",
        "Contrôler l’équilibrage et l’état des pales (givre, fissure, érosion).",
        "Vérifier le serrage des boulons de la chaîne cinématique et de la couronne d’orientation.",
        "Contrôler la fixation et le câble du capteur de vibration.",
    ),
    "temperature": (
        "Contrôler le niveau et l’état de l’huile du multiplicateur, et son circuit de refroidissement.",
        "Nettoyer les échangeurs, les filtres et les entrées d’air de la nacelle.",
        "Relever la température des paliers et de la génératrice.",
        "Comparer la sonde de température à un thermomètre de référence.",
    ),
    "power_output": (
        "Relever les alarmes et les bridages du contrôleur-commande.",
        "Contrôler le convertisseur, les contacteurs et les connexions de puissance.",
        "Vérifier le calage des pales et l’orientation de la nacelle.",
        "Comparer la puissance mesurée au compteur.",
    ),
    "wind_speed": (
        "Contrôler l’anémomètre et la girouette (givre, jeu, fixation, câble).",
        "Vérifier l’orientation de la nacelle face au vent.",
        "Comparer la vitesse du vent à celle des turbines voisines.",
    ),
    "maintenance_done": (
        "Relire le compte rendu de la dernière intervention : c’est un indice, pas une cause.",
        "Vérifier que ce qui avait été relevé alors est réglé.",
    ),
}
_SKILLS = {
    "vibration_level": (Skill.MECANIQUE,),
    "temperature": (Skill.MECANIQUE, Skill.HYDRAULIQUE),
    "power_output": (Skill.ELECTRICITE, Skill.AUTOMATISME),
    "wind_speed": (Skill.INSTRUMENTATION,),
}
_GENERAL = (
    "Relever les alarmes du contrôleur-commande.",
    "Faire le tour de la machine : bruit, odeur, fuite, échauffement.",
)
_PRIORITIES = {
    RiskLevel.CRITIQUE: Priority.URGENTE,
    RiskLevel.ELEVE: Priority.HAUTE,
    RiskLevel.MODERE: Priority.NORMALE,
    RiskLevel.FAIBLE: Priority.BASSE,
}


def checklist_for(feature: str | None, label: str | None = None) -> tuple[CheckItem, ...]:
    """Return the items to check.

    Args:
        feature: sensor that weighed most; None where it is not known.
        label: its French name, for a sensor without a list of its own.
    """
    if feature is None:
        items = [CheckItem(text) for text in _GENERAL]
    else:
        items = [
            CheckItem(text, feature=feature)
            for text in _BY_FEATURE.get(feature) or _unknown(label or feature)
        ]
    return (CheckItem(SAFETY), *items)


def _unknown(label: str) -> tuple[str, ...]:
    return (
        f"« {label} » : comparer la valeur à une mesure de référence et à celle des turbines voisines.",
        f"« {label} » : contrôler l’organe mesuré.",
        f"« {label} » : contrôler le capteur (fixation, câble, étalonnage).",
    )


def skills_for(feature: str | None) -> tuple[Skill, ...]:
    """Return the skills of the people to send; none where the sensor does not tell."""
    return _SKILLS.get(feature or "", ())


def priority_for(level: RiskLevel | None) -> Priority:
    """Return the priority of a level of risk."""
    return Priority.NORMALE if level is None else _PRIORITIES[level]
