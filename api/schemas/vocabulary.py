"""The closed vocabularies of the contract. Standard library only, so that the domain may use them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from typing import Protocol, Self


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


LOST = {DataStatus.PERIME: "Mesure trop ancienne", DataStatus.NON_EVALUE: "Mesure non évaluée"}
"""No usable measurement stands behind a score: that is why the turbine ranks where it does, and no driver."""
ALERT = "niveau élevé ou critique"
"""What « en alerte » means, in the words of every sentence that says it."""


class ChangeKind(StrEnum):
    """Changes of a turbine between two published runs, from the most to the least urgent."""

    ENTREE_CRITIQUE = "entree_critique"
    NON_EVALUE = "non_evalue"
    PERIME = "perime"
    HAUSSE = "hausse"
    RETOUR = "retour"
    SORTIE_CRITIQUE = "sortie_critique"
    BAISSE = "baisse"


class _Worded(StrEnum):
    """A vocabulary whose members carry their French words, and what they mean where that helps."""

    words: str
    meaning: str

    def __new__(
        cls, value: str, words: str = "", meaning: str = ""
    ) -> Self:  # mypy takes a look-up by value for a call of this
        """Make a member of that value, with its words."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.words = words
        member.meaning = meaning
        return member


class Freshness(_Worded):
    """How fresh the last measurement of a turbine is, from what asks for an act to what asks for none."""

    JAMAIS_MESUREE = "jamais_mesuree", "jamais mesurée"
    TROP_ANCIENNE = "trop_ancienne", "trop ancienne"
    EN_RETARD = "en_retard", "en retard"
    A_JOUR = "a_jour", "à jour"
    A_L_ARRET = "a_l_arret", "à l’arrêt"

    @property
    def overdue(self) -> bool:
        """Whether a measurement is owed."""
        return self not in {Freshness.A_JOUR, Freshness.A_L_ARRET}


class Queue(_Worded):
    """Reasons, other than its level and its situation, to look at a turbine."""

    A_VERIFIER = (
        "a_verifier",
        "À vérifier",
        "Mesure absente, trop ancienne ou douteuse : les capteurs d’abord.",
    )
    DESACCORD = (
        "desaccord",
        "Modèles en désaccord",
        "Probabilité au seuil alors que la panne paraît lointaine, ou l’inverse : un avis humain tranche.",
    )
    INTERVENTION_DEPUIS = (
        "intervention_depuis",
        "Visite depuis la mesure",
        "Le jour d’une visite prévue est passé depuis la mesure : elle ne décrit peut-être plus la machine.",
    )


class SituationCode(_Worded):
    """Situations of a turbine: what remains to be done about it."""

    A_DECIDER = "a_decider", "À décider", "En alerte ou signalée, et rien n’y répond à temps."
    TROP_TARD = "trop_tard", "Trop tard", "Ce qui est prévu vient après le dernier jour accepté."
    SANS_EFFET = "sans_effet", "Sans effet", "Mesurée depuis l’intervention, et toujours en alerte."
    RECHUTE = "rechute", "Rechute", "Redevenue calme après l’intervention, puis de nouveau en alerte."
    COUVERTE = "couverte", "Couverte", "Une intervention est prévue à temps."
    EN_COURS = "en_cours", "En cours", "L’intervention a commencé."
    MESURE_ATTENDUE = (
        "mesure_attendue", "Traitée, mesure attendue", "Intervention terminée ; rien de mesuré depuis.",
    )  # fmt: skip
    EFFET_CONSTATE = "effet_constate", "Effet constaté", "Mesurée calme depuis l’intervention."
    ECARTEE = "ecartee", "Écartée", "Alerte écartée par une personne, jusqu’à un jour ou une aggravation."
    DONNEES_A_VERIFIER = "donnees_a_verifier", "Données à vérifier", "Aucune mesure digne de confiance."
    RIEN_A_FAIRE = "rien_a_faire", "Rien à faire", "Ni alerte, ni travail en cours, ni doute."

    @property
    def to_decide(self) -> bool:
        """Whether the turbine waits for a person's decision."""
        return self in _TO_DECIDE


class Role(_Worded):
    """Roles of accounts; :mod:`api.domain.people` decides the rights of each."""

    TECHNICIEN = "technicien", "Technicien"
    MANAGER = "manager", "Responsable maintenance"
    INGENIEUR = "ingenieur", "Ingénieur"
    ADMIN = "admin", "Administrateur"


class Right(_Worded):
    """An action that a caller may be allowed; people read the words when they lack the right."""

    READ = "read", "consulter le parc, les turbines et les modèles"
    PREDICT = "predict", "demander une prédiction"
    READ_PREDICTIONS = "read_predictions", "relire une prédiction"
    OWN_ACCOUNT = "own_account", "être une personne connectée"
    PHOTOS = "photos", "voir les photos des interventions"
    WORK = "work", "travailler sur les interventions"
    ASSIGNED = "assigned", "recevoir des interventions à faire"
    START_RUN = "start_run", "lancer un calcul du parc"
    PLAN = "plan", "planifier les interventions"
    POLICY = "policy", "modifier la politique de risque"
    INGEST = "ingest", "ajouter des mesures"
    CORRECT = "correct", "corriger ou retirer des mesures, annuler un import"
    FOLLOW_MODELS = "follow_models", "suivre les imports, les candidats et les comparaisons de modèles"
    MODELS = "models", "importer, activer ou rétablir un modèle"
    SUPERVISION = "supervision", "consulter la supervision"
    LOGS = "logs", "consulter le journal des appels"
    METRICS = "metrics", "lire les métriques"
    ACCOUNTS = "accounts", "gérer les comptes et les clés"
    AUDIT = "audit", "lire le journal d’audit"


class Scope(_Worded):
    """What an API key may be made for."""

    READ = "read", "lire le parc, les turbines, les modèles et les prédictions"
    PREDICT = "predict", "demander des prédictions et les relire"
    INGEST = "ingest", "envoyer des mesures"
    METRICS = "metrics", "lire la supervision, le journal des appels et les métriques"
    PHOTOS = "photos", "lire comme « read », et les photos des interventions"


class InterventionState(StrEnum):
    """States of an intervention; the last two are final."""

    PROPOSEE = "proposee"
    PLANIFIEE = "planifiee"
    EN_COURS = "en_cours"
    TERMINEE = "terminee"
    ANNULEE = "annulee"


class InterventionOrigin(StrEnum):
    """Reasons to open an intervention."""

    RECOMMANDATION = "recommandation"
    MANUELLE = "manuelle"
    CONSTAT = "constat"


class Priority(StrEnum):
    """Priorities of an intervention, the most urgent first."""

    URGENTE = "urgente"
    HAUTE = "haute"
    NORMALE = "normale"
    BASSE = "basse"


class Skill(_Worded):
    """Skills that an intervention needs."""

    MECANIQUE = "mecanique", "mécanique"
    ELECTRICITE = "electricite", "électricité"
    HYDRAULIQUE = "hydraulique", "hydraulique"
    PALES = "pales", "pales"
    AUTOMATISME = "automatisme", "automatisme"
    INSTRUMENTATION = "instrumentation", "instrumentation"


class Verdict(StrEnum):
    """Verdicts on the alert behind an intervention, entered when it is closed."""

    PANNE_CONFIRMEE = "panne_confirmee"
    DEGRADATION_TROUVEE = "degradation_trouvee"
    FAUSSE_ALERTE = "fausse_alerte"
    AUTRE_CAUSE = "autre_cause"
    NON_VERIFIABLE = "non_verifiable"


class Effect(StrEnum):
    """Effects of a closed intervention, as later runs show them."""

    EFFET_CONSTATE = "effet_constate"
    SANS_EFFET = "sans_effet"
    RECHUTE = "rechute"
    TROP_TOT = "trop_tot"


class JournalAction(StrEnum):
    """Actions in an intervention's journal."""

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
    """Actions in the audit trail."""

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
    MODELE_ALTERE = "modele_altere"
    MODELE_RETABLI = "modele_retabli"
    MODELE_RETIRE = "modele_retire"
    MODELE_SIGNE = "modele_signe"
    CANDIDAT_CHOISI = "candidat_choisi"
    CANDIDAT_RETIRE = "candidat_retire"
    TURBINE_MODIFIEE = "turbine_modifiee"
    IMPORT_TERMINE = "import_termine"
    IMPORT_ANNULE = "import_annule"
    MESURES_RETIREES = "mesures_retirees"
    MESURES_RETABLIES = "mesures_retablies"
    CONTRADICTION_TRANCHEE = "contradiction_tranchee"
    CALCUL_DEMANDE = "calcul_demande"
    HISTORIQUE_DEMANDE = "historique_demande"


_TO_DECIDE = frozenset(
    {SituationCode.A_DECIDER, SituationCode.TROP_TARD, SituationCode.SANS_EFFET, SituationCode.RECHUTE}
)


def folded(text: str) -> str:
    """Return the text in lower case without accents, for searching and sorting."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


INDICATIVE = "couts_indicatifs"
"""Code of the finding that the probability behind the euros is not calibrated."""


class Coded(Protocol):
    """Whatever has the code of a finding."""

    @property
    def code(self) -> str:
        """The code."""


def indicative(findings: Iterable[Coded]) -> bool:
    """Tell whether the euros beside these findings rest on an uncalibrated probability."""
    return any(finding.code == INDICATIVE for finding in findings)
