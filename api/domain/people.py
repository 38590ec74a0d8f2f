"""Who may do what: rights by the role of an account, and by the scope of an API key.

This table decides for the whole product; routes and pages name a right, never a role.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from api.domain.shared.exceptions import FieldError, InvalidInput
from api.schemas.vocabulary import Right, Role, Scope

_READING = frozenset({Right.READ, Right.READ_PREDICTIONS})
_EVERYONE = _READING | {Right.PREDICT, Right.OWN_ACCOUNT, Right.PHOTOS}
_WATCHING = frozenset({Right.SUPERVISION, Right.LOGS, Right.METRICS})

ROLE_RIGHTS: dict[Role, frozenset[Right]] = {
    Role.TECHNICIEN: _EVERYONE | {Right.WORK, Right.ASSIGNED},
    Role.MANAGER: _EVERYONE
    | _WATCHING
    | {Right.WORK, Right.START_RUN, Right.PLAN, Right.POLICY, Right.FOLLOW_MODELS}
    | {Right.INGEST, Right.CORRECT},
    Role.INGENIEUR: _EVERYONE | _WATCHING | {Right.START_RUN, Right.FOLLOW_MODELS, Right.MODELS},
    Role.ADMIN: _EVERYONE | _WATCHING | {Right.FOLLOW_MODELS, Right.ACCOUNTS, Right.AUDIT},
}

SCOPE_RIGHTS: dict[str, frozenset[Right]] = {
    Scope.READ: _READING | {Right.FOLLOW_MODELS},
    Scope.PREDICT: frozenset({Right.PREDICT, Right.READ_PREDICTIONS}),
    Scope.INGEST: frozenset({Right.INGEST}),
    Scope.METRICS: _WATCHING,
    Scope.PHOTOS: _READING | {Right.FOLLOW_MODELS, Right.PHOTOS},
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


def roles_with(right: Right) -> list[Role]:
    """Return the roles that have a right."""
    return [role for role, rights in ROLE_RIGHTS.items() if right in rights]


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
