"""Accounts, keys and the audit trail in words and tables. No Streamlit, no HTTP."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pandas as pd

from api.schemas import french
from api.schemas.accounts import Account, ApiKey
from api.schemas.audit import AuditEntry, AuditVerification
from api.schemas.common import principal_words
from api.schemas.models import TASKS
from api.schemas.vocabulary import AuditAction, Role
from ui.shared import labels as fr

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_PERIOD = re.compile(rf"{_DAY.pattern}/{_DAY.pattern}")
ACTIONS = {
    AuditAction.CONNEXION_BLOQUEE: "Compte bloqué après cinq mots de passe erronés",
    AuditAction.COMPTE_CREE: "Compte créé",
    AuditAction.COMPTE_MODIFIE: "Compte modifié",
    AuditAction.COMPTE_DESACTIVE: "Compte désactivé",
    AuditAction.COMPTE_REACTIVE: "Compte réactivé",
    AuditAction.MOT_DE_PASSE_CHANGE: "Mot de passe changé",
    AuditAction.SESSIONS_CLOSES: "Sessions closes",
    AuditAction.CLE_CREEE: "Clé créée",
    AuditAction.CLE_REVOQUEE: "Clé révoquée",
    AuditAction.POLITIQUE_ENREGISTREE: "Politique enregistrée",
    AuditAction.MODELE_IMPORTE: "Modèle importé",
    AuditAction.MODELE_ACTIVE: "Modèle mis en service",
    AuditAction.MODELE_ALTERE: "Modèle altéré, refusé",
    AuditAction.MODELE_RETABLI: "Modèle altéré, remis en état",
    AuditAction.MODELE_RETIRE: "Modèle retiré",
    AuditAction.MODELE_SIGNE: "Modèle signé",
    AuditAction.CANDIDAT_CHOISI: "Candidat mis en observation",
    AuditAction.CANDIDAT_RETIRE: "Candidat retiré",
    AuditAction.TURBINE_MODIFIEE: "Turbine modifiée",
    AuditAction.IMPORT_TERMINE: "Mesures importées",
    AuditAction.IMPORT_ANNULE: "Import annulé",
    AuditAction.MESURES_RETIREES: "Mesures retirées",
    AuditAction.MESURES_RETABLIES: "Mesures rétablies",
    AuditAction.CONTRADICTION_TRANCHEE: "Contradiction de mesures tranchée",
    AuditAction.CALCUL_DEMANDE: "Calcul du parc demandé",
    AuditAction.HISTORIQUE_DEMANDE: "Recalcul de l’historique demandé",
}
_KINDS = {
    "compte": "compte",
    "cle": "clé",
    "politique": "politique, version",
    "modele": "modèle",
    "turbine": "turbine",
    "import": "import n°",
    "retrait": "retrait n°",
    "calcul": "calcul n°",
    "historique": "jours",
}
_FIELDS = {
    "display_name": "nom affiché",
    "role": "rôle",
    "active": "activation",
    "password": "mot de passe",
    "demo": "démonstration :",
    "scopes": "portées",
    "admitted": "admis hors contrôle :",
    "task": "tâche",
    "sha256": "empreinte",
    "base": "à partir de la version",
    "restored": "reprend la version",
    "as_of": "jour",
    "again": "jours déjà publiés refaits :",
    "kind": "nature",
    "rows": "lignes",
    "inserted": "ajoutées",
    "enriched": "complétées",
    "labels_corrected": "étiquettes corrigées",
    "rejected": "rejetées",
    "confirmed": "valeurs confirmées :",
    "site": "site",
    "farm": "parc éolien",
    "rated_power_kw": "puissance (kW)",
    "commissioned_on": "mise en service",
    "service_state": "état",
    **fr.POLICY_PARAMETERS,
}
_WORDS = {
    **{role.value: role.words for role in Role},
    **fr.SERVICE_STATES,
    **{task: words.lower() for task, words in TASKS.items()},
    **{kind: words.lower() for kind, words in fr.RUN_KIND.items()},
}


def account_state(account: Account) -> str:
    """Say whether somebody can sign in."""
    if not account.active:
        return "Désactivé"
    if account.locked_until is not None:
        return f"Bloqué jusqu’au {french.date(account.locked_until)}"
    return "Actif"


def accounts_frame(accounts: list[Account]) -> pd.DataFrame:
    """Tabulate every account."""
    return pd.DataFrame(
        [
            (
                account.username,
                account.role.words,
                account_state(account),
                account.display_name,
                french.date(account.last_signed_in_at) if account.last_signed_in_at else "jamais",
                account.sessions,
            )
            for account in accounts
        ],
        columns=["Identifiant", "Rôle", "État", "Nom", "Dernière connexion", "Sessions"],
    )


def in_force_first(keys: list[ApiKey]) -> list[ApiKey]:
    """Return the keys, those that are revoked last."""
    return sorted(keys, key=lambda key: key.revoked_at is not None)


def keys_frame(keys: list[ApiKey]) -> pd.DataFrame:
    """Tabulate every key."""
    return pd.DataFrame(
        [
            (
                key.name,
                ", ".join(key.scopes),
                french.date(key.created_at),
                principal_words(key.created_by, key.created_by_name),
                french.date(key.last_used_at) if key.last_used_at else "jamais",
                "Active" if key.revoked_at is None else f"Révoquée le {french.date(key.revoked_at)}",
            )
            for key in keys
        ],
        columns=["Nom", "Portées", "Créée le", "Par", "Dernier usage", "État"],
    )


def known_names(accounts: list[Account], keys: list[ApiKey]) -> dict[str, str]:
    """Return the names of accounts and keys by their identifiers in the trail."""
    people = {f"compte:{account.id}": account.display_name for account in accounts}
    return people | {f"cle:{key.id}": key.name for key in keys}


def actor_words(actor: str, names: dict[str, str]) -> str:
    """Name who acted: the account or the key where it is known, else its number."""
    return principal_words(actor, names.get(actor))


def object_words(entry: AuditEntry, names: dict[str, str]) -> str:
    """Name the object of an act."""
    known = names.get(f"{entry.object_kind}:{entry.object_id}")
    kind = _KINDS.get(entry.object_kind, entry.object_kind)
    if entry.object_kind == "modele":
        known = entry.object_id.replace(":", " v")  # as every page names a version
    return f"{kind} {known or _period_words(entry.object_id)}"


def _period_words(key: str) -> str:
    """Write « 01/01/2024 – 31/01/2024 » for two days of the calendar, any other key as it is."""
    return " – ".join(map(_day_words, key.split("/"))) if _PERIOD.fullmatch(key) else key


def _day_words(text: str) -> str:
    return french.date(date.fromisoformat(text)) if _DAY.fullmatch(text) else text


def details_words(details: dict[str, Any]) -> str:
    """Write the facts of an act in one line."""
    facts = [(name, fact) for name, fact in details.items() if fact not in ([], {}, None)]
    if "role" in details:  # the role before and after already says it
        facts = [(name, fact) for name, fact in facts if (name, fact) != ("fields", ["role"])]
    return f"{french.NBSP}; ".join(_fact(name, fact) for name, fact in facts)


def _fact(name: str, fact: Any) -> str:
    if name == "fields":
        return ", ".join(_FIELDS.get(field, field) for field in fact)
    if name == "changed" and isinstance(fact, dict):
        return ", ".join(_fact(each, pair) for each, pair in fact.items())
    if isinstance(fact, list) and len(fact) == 2 and name != "scopes":
        return change_words(name, fact[0], fact[1])
    if isinstance(fact, list):
        return f"{_FIELDS.get(name, name)} {', '.join(map(str, fact))}"
    return f"{_FIELDS.get(name, name)} {_word(fact)}"


def change_words(name: str, before: Any, after: Any) -> str:
    """Write one field before and after a change; its name alone where the values are not kept."""
    label = _FIELDS.get(name, name)
    return label if before is after is None else f"{label} {_word(before)} → {_word(after)}"


def _word(fact: Any) -> str:
    if fact is None:
        return "rien"
    if isinstance(fact, bool):
        return "oui" if fact else "non"
    if isinstance(fact, float | int):
        return french.trimmed(fact)
    text = _WORDS.get(str(fact), _day_words(str(fact)))
    return f"{text[:12]}…" if len(text) == 64 else text  # a SHA-256 is recognised by its beginning


def audit_frame(entries: list[AuditEntry], names: dict[str, str]) -> pd.DataFrame:
    """Tabulate the trail, newest first."""
    return pd.DataFrame(
        [
            (
                str(entry.id),
                french.date(entry.at),
                actor_words(entry.actor, names),
                ACTIONS.get(AuditAction(entry.action), entry.action)
                if entry.action in set(AuditAction)
                else entry.action,
                object_words(entry, names),
                details_words(entry.details),
            )
            for entry in entries
        ],
        columns=["N°", "Quand", "Qui", "Quoi", "Sur", "Détail"],
    )


def verification_words(verification: AuditVerification) -> str:
    """Say what the recomputation of the chain found."""
    if not verification.intact:
        return f"Chaîne rompue à l’entrée n°{french.NBSP}{verification.broken_at} : {verification.reason}"
    entries = french.counted(verification.entries, "entrée relue")
    return f"{entries} : aucune n’a été changée, ajoutée ni retirée."
