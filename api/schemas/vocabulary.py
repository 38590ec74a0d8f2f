"""The closed vocabularies of the contract, in the standard library alone, so that the domain may use them."""

from __future__ import annotations

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


class Role(StrEnum):
    """What an account is for; what each may do is decided by the API."""

    TECHNICIEN = "technicien"
    MANAGER = "manager"
    INGENIEUR = "ingenieur"
    ADMIN = "admin"
