"""The audit trail as the administrator reads it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from api.schemas.common import Answer


class AuditEntry(Answer):
    """One act: who did what, when, on which object. Identifiers only, no name and no secret."""

    id: int = Field(description="Numéro dans la chaîne, sans trou")
    at: datetime
    actor: str = Field(description="compte:N, cle:N, ligne de commande, installation…")
    action: str
    object_kind: str = Field(description="Nature de ce qui a changé : compte, cle, politique…")
    object_id: str
    details: dict[str, Any]
    previous_hash: str = Field(description="Empreinte de l’entrée précédente")
    hash: str = Field(description="SHA-256 de cette entrée, empreinte précédente comprise")


class AuditVerification(Answer):
    """Whether the chain holds from its first entry to its last."""

    intact: bool
    entries: int = Field(description="Entrées relues, jusqu’à la rupture s’il y en a une")
    head: str | None = Field(
        description="Empreinte de la dernière entrée intacte ; notée ailleurs, elle prouve la suite"
    )
    broken_at: int | None = Field(None, description="Première entrée qui ne suit plus la chaîne")
    reason: str | None = Field(None, description="Ce qui ne va pas")
