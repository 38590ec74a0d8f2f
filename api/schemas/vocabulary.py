"""The closed vocabularies of the contract, in the standard library alone, so that the domain may use them."""

from __future__ import annotations

import unicodedata
from enum import StrEnum


class RiskLevel(StrEnum):
    """Levels of risk, from the most to the least urgent."""

    CRITIQUE = "critique"
    ELEVE = "eleve"
    MODERE = "modere"
    FAIBLE = "faible"


class DataStatus(StrEnum):
    """How far the measurement behind a score can be trusted."""

    OK = "ok"
    DOUTEUX = "douteux"
    PERIME = "perime"
    NON_EVALUE = "non_evalue"


class ChangeKind(StrEnum):
    """What became of a turbine between two published runs, from the most to the least urgent."""

    ENTREE_CRITIQUE = "entree_critique"
    NON_EVALUE = "non_evalue"
    PERIME = "perime"
    HAUSSE = "hausse"
    RETOUR = "retour"
    SORTIE_CRITIQUE = "sortie_critique"
    BAISSE = "baisse"


class Queue(StrEnum):
    """Reasons to look at a turbine that its level alone does not give."""

    AVANT_VISITE = "avant_visite"
    A_VERIFIER = "a_verifier"
    DESACCORD = "desaccord"
    INTERVENTION_DEPUIS = "intervention_depuis"


class Role(StrEnum):
    """What an account is for; what each may do is decided by the API."""

    TECHNICIEN = "technicien"
    MANAGER = "manager"
    INGENIEUR = "ingenieur"
    ADMIN = "admin"


class InterventionState(StrEnum):
    """Where an intervention stands; the last two are final."""

    PROPOSEE = "proposee"
    PLANIFIEE = "planifiee"
    EN_COURS = "en_cours"
    TERMINEE = "terminee"
    ANNULEE = "annulee"


class AlertAnswer(StrEnum):
    """What already answers an alert, so that no intervention is proposed for it."""

    INTERVENTION = "intervention"
    VISITE = "visite"
    TRAITEE = "traitee"
    ECARTEE = "ecartee"


class InterventionOrigin(StrEnum):
    """What an intervention was opened for."""

    RECOMMANDATION = "recommandation"
    MANUELLE = "manuelle"
    CONSTAT = "constat"


class Priority(StrEnum):
    """How soon an intervention is wanted, the most urgent first."""

    URGENTE = "urgente"
    HAUTE = "haute"
    NORMALE = "normale"
    BASSE = "basse"


class Skill(StrEnum):
    """What the people sent must know."""

    MECANIQUE = "mecanique"
    ELECTRICITE = "electricite"
    HYDRAULIQUE = "hydraulique"
    PALES = "pales"
    AUTOMATISME = "automatisme"
    INSTRUMENTATION = "instrumentation"


class Verdict(StrEnum):
    """What closing an intervention tells of the alert behind it."""

    PANNE_CONFIRMEE = "panne_confirmee"
    DEGRADATION_TROUVEE = "degradation_trouvee"
    FAUSSE_ALERTE = "fausse_alerte"
    AUTRE_CAUSE = "autre_cause"
    NON_VERIFIABLE = "non_verifiable"


class Effect(StrEnum):
    """What the runs that follow a closed intervention say of it."""

    EFFET_CONSTATE = "effet_constate"
    SANS_EFFET = "sans_effet"
    RECHUTE = "rechute"
    TROP_TOT = "trop_tot"


class JournalAction(StrEnum):
    """What one entry of an intervention's journal tells."""

    CREATION = "creation"
    PLANIFICATION = "planification"
    MODIFICATION = "modification"
    PRISE_EN_COMPTE = "prise_en_compte"
    DEMARRAGE = "demarrage"
    SUSPENSION = "suspension"
    CLOTURE = "cloture"
    ANNULATION = "annulation"
    COMMENTAIRE = "commentaire"
    CONSTAT = "constat"
    PHOTO = "photo"


class AuditAction(StrEnum):
    """What one entry of the audit trail tells."""

    CONNEXION_BLOQUEE = "connexion_bloquee"
    COMPTE_CREE = "compte_cree"
    COMPTE_MODIFIE = "compte_modifie"
    COMPTE_DESACTIVE = "compte_desactive"
    COMPTE_REACTIVE = "compte_reactive"
    MOT_DE_PASSE_CHANGE = "mot_de_passe_change"
    SESSIONS_CLOSES = "sessions_closes"
    CLE_CREEE = "cle_creee"
    CLE_REVOQUEE = "cle_revoquee"
    POLITIQUE_ENREGISTREE = "politique_enregistree"
    MODELE_IMPORTE = "modele_importe"
    MODELE_ACTIVE = "modele_active"
    CANDIDAT_CHOISI = "candidat_choisi"
    CANDIDAT_RETIRE = "candidat_retire"
    TURBINE_MODIFIEE = "turbine_modifiee"
    IMPORT_TERMINE = "import_termine"
    CALCUL_DEMANDE = "calcul_demande"
    HISTORIQUE_DEMANDE = "historique_demande"


def folded(text: str) -> str:
    """Lower case without accents: what words are searched and sorted by."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))
