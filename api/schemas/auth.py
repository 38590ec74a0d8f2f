"""Signing in: tokens and their account."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.common import Answer
from api.schemas.vocabulary import Right, Role


class User(Answer):
    """An account, as its holder and the administrator see it."""

    username: str
    display_name: str
    role: Role
    role_name: str = Field(description="Nom du rôle, en français")
    rights: tuple[Right, ...] = Field(description="Ce que la personne peut faire")

    def may(self, right: Right) -> bool:
        """Return whether the person has the right; the API checks it again."""
        return right in self.rights


class Token(Answer):
    """A short access token and a session that renews it."""

    access_token: str
    token_type: str = "bearer"  # noqa: S105 - the scheme's name, not a secret
    expires_in: int = Field(description="Durée de vie du jeton [s]")
    refresh_token: str = Field(description="Session renouvelable et révocable ; à garder secrète")
    session_expires_at: datetime
    user: User


class RefreshRequest(BaseModel):
    """Asks for a new access token, or the end of the session."""

    model_config = ConfigDict(extra="forbid")

    refresh_token: str = Field(min_length=16, max_length=200)
