"""Accounts of people and keys of machines, as the administrator sees them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.common import Answer, Name, ReadVersion
from api.schemas.vocabulary import Role, Scope

MAX_TYPED = 200
_PASSWORD = "Mot de passe : 12 caractères au moins, 72 octets au plus"  # noqa: S105 - a description


class Account(Answer):
    """An account; never its password."""

    id: int
    username: str
    display_name: str
    role: Role
    active: bool
    demo: bool = Field(description="Compte de démonstration, refusé en production")
    locked_until: datetime | None = Field(description="Bloqué jusque-là après cinq mots de passe erronés")
    created_at: datetime
    version: int = Field(description="À renvoyer avec chaque modification")
    sessions: int = Field(0, description="Sessions ouvertes")
    last_signed_in_at: datetime | None = Field(None, description="Dernière connexion connue")


class ApiKey(Answer):
    """An API key; never the key itself."""

    id: int
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    created_by: str = Field(description="compte:N ou ligne de commande")
    created_by_name: Name = None
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(None, description="Dernier usage connu, à la minute près")


class AccountRequest(BaseModel):
    """A new account; without a password, a random one is made and shown once."""

    model_config = ConfigDict(extra="forbid")

    username: str = Field(max_length=MAX_TYPED, description="2 à 64 caractères : a–z, 0–9, . - _ @")
    display_name: str = Field(max_length=MAX_TYPED, description="Nom affiché")
    role: Role
    password: str | None = Field(None, max_length=MAX_TYPED, description=_PASSWORD)


class AccountChange(BaseModel):
    """Changes of an account; an omitted field stays."""

    model_config = ConfigDict(extra="forbid")

    display_name: str | None = Field(None, max_length=MAX_TYPED, description="Nom affiché")
    role: Role | None = Field(None, description="Ses sessions sont closes")
    active: bool | None = Field(None, description="false : désactivé, ses sessions sont closes")
    version: ReadVersion = None


class PasswordReset(BaseModel):
    """A new password for somebody else's account; without one, a random one is made and shown once."""

    model_config = ConfigDict(extra="forbid")

    password: str | None = Field(None, max_length=MAX_TYPED, description=_PASSWORD)


class OwnPassword(BaseModel):
    """A new password for one's own account."""

    model_config = ConfigDict(extra="forbid")

    current_password: str = Field(max_length=MAX_TYPED, description="Mot de passe actuel")
    new_password: str = Field(max_length=MAX_TYPED, description=_PASSWORD)


class AccountSecret(Answer):
    """An account with its random password, shown this once."""

    account: Account
    password: str | None = Field(
        None, description="Mot de passe tiré au hasard, affiché cette seule fois ; null s’il a été choisi"
    )


class KeyRequest(BaseModel):
    """A new key."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=MAX_TYPED, description="Nom, jamais réutilisé")
    scopes: list[str] = Field(max_length=10, description=f"Portées : {', '.join(Scope)}")


class NewKey(Answer):
    """A new key with its secret, shown this once."""

    key: ApiKey
    secret: str = Field(description="À envoyer dans X-API-Key ; affichée cette seule fois")
