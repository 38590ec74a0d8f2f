"""Who may do what: rights by the role of an account, and by the scope of an API key.

This table decides for the whole service; routes name a right, never a role.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from api.domain.shared.exceptions import FieldError, InvalidInput
from api.schemas.vocabulary import Role


class Right(StrEnum):
    """An action that a caller may be allowed; people read the value when they lack the right."""

    READ = "consulter le parc, les turbines et les modèles"
    PREDICT = "demander une prédiction"
    WORK = "travailler sur les interventions"
    START_RUN = "lancer un calcul du parc"
    PLAN = "planifier les interventions"
    POLICY = "modifier la politique de risque"
    INGEST = "ajouter des mesures"
    MODELS = "importer, activer ou rétablir un modèle"
    SUPERVISION = "consulter la supervision"
    LOGS = "consulter le journal des appels"
    METRICS = "lire les métriques"
    ACCOUNTS = "gérer les comptes et les clés"


_EVERYONE = frozenset({Right.READ, Right.PREDICT})
_WATCHING = frozenset({Right.SUPERVISION, Right.LOGS, Right.METRICS})

ROLE_RIGHTS: dict[Role, frozenset[Right]] = {
    Role.TECHNICIEN: _EVERYONE | {Right.WORK},
    Role.MANAGER: _EVERYONE
    | _WATCHING
    | {Right.WORK, Right.START_RUN, Right.PLAN, Right.POLICY, Right.INGEST},
    Role.INGENIEUR: _EVERYONE | _WATCHING | {Right.START_RUN, Right.MODELS},
    Role.ADMIN: _EVERYONE | _WATCHING | {Right.ACCOUNTS},
}

SCOPE_RIGHTS: dict[str, frozenset[Right]] = {
    "read": frozenset({Right.READ}),
    "predict": frozenset({Right.PREDICT}),
    "ingest": frozenset({Right.INGEST}),
    "metrics": _WATCHING,
}

ANONYMOUS = "anonyme"


@dataclass(frozen=True, slots=True)
class Principal:
    """The proven caller of a request.

    Args:
        kind: a person's account or a machine's key.
        id: row of the account or key.
        rights: of the caller.
        role: of the account; None for a key.
        session_id: session behind the access token; None for a key.
        token_version: of the account when the token was signed; None for a key.
    """

    kind: Literal["user", "key"]
    id: int
    rights: frozenset[Right]
    role: Role | None = None
    session_id: int | None = None
    token_version: int | None = None

    @property
    def name(self) -> str:
        """The identifier that logs and histories use, so that they hold no personal name."""
        return f"compte:{self.id}" if self.kind == "user" else f"cle:{self.id}"


def rights_of_scopes(scopes: list[str]) -> frozenset[Right]:
    """Return the union of the rights of the scopes.

    Raises:
        InvalidInput: no scope, or a scope that does not exist.
    """
    unknown = [scope for scope in scopes if scope not in SCOPE_RIGHTS]
    if unknown or not scopes:
        allowed = ", ".join(SCOPE_RIGHTS)
        raise InvalidInput(
            [FieldError("scopes", f"portées possibles : {allowed}.", ", ".join(unknown)[:80] or None)]
        )
    return frozenset[Right]().union(*(SCOPE_RIGHTS[scope] for scope in scopes))
