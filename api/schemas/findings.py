"""The findings that an answer's ``warnings`` may hold: each code has one French name."""

from __future__ import annotations

from collections.abc import Mapping

from api.schemas.vocabulary import INDICATIVE

FINDING_LABELS: Mapping[str, str] = {
    # Plausibility: a sensor is in doubt.
    "capteur_fige": "Capteur figé",
    "vibration_nulle": "Vibration nulle",
    "puissance_sans_vent": "Puissance sans vent",
    "vent_sans_puissance": "Vent sans puissance",
    "puissance_nulle": "Puissance nulle",
    "puissance_hors_courbe": "Puissance hors courbe",
    "temperature_inhabituelle": "Température inhabituelle",
    "saut_de_mesure": "Saut de mesure",
    "turbine_muette": "Turbine muette",
    # The machine, not its sensors.
    "machine_arretee": "Machine arrêtée",
    "arret_programme": "Arrêt programmé",
    "hors_service": "Hors service",
    # What is missing, too old or unknown.
    "sans_mesure": "Sans mesure",
    "mesure_incomplete": "Mesure incomplète",
    "mesure_perimee": "Mesure trop ancienne",
    "turbine_inconnue": "Turbine inconnue",
    "champ_inconnu": "Champ inconnu",
    # The models.
    "hors_domaine": "Modèle hors de son domaine",
    "modele_muet": "Modèle muet",
    "modele_admis": "Modèle admis par exception",
    "intervalle_peu_sur": "Intervalle peu sûr",
    "delai_negatif": "Délai négatif du modèle",
    INDICATIVE: "Coûts indicatifs",
}


def finding_label(code: str) -> str:
    """Return a finding's French name, or words made of the code where a newer API sent an unknown one."""
    return FINDING_LABELS.get(code) or code.replace("_", " ").capitalize()
