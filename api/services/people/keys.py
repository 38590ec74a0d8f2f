"""Creates, lists and revokes API keys, for the administrator and the command line."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from api.domain.people import rights_of_scopes
from api.domain.shared.exceptions import Conflict, InvalidInput, NotFound
from api.schemas.accounts import ApiKey, NewKey
from api.schemas.vocabulary import AuditAction
from api.services.people.authentication import real_now, sha256
from api.services.shared.audit import COMMAND_LINE, record
from api.storage import people as store
from api.storage.shared.database import Database

KEY_PREFIX = "ck_"
KIND = "cle"
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class KeyService:
    """Keys of machines."""

    database: Database
    now: Callable[[], datetime] = real_now

    def create(self, name: str, scopes: Sequence[str], by: str = COMMAND_LINE) -> NewKey:
        """Make an API key; only this answer holds the secret, for its SHA-256 alone is stored.

        Raises:
            InvalidInput: the name or a scope does not fit.
            Conflict: the name is taken, even by a revoked key.
        """
        name, wanted = name.strip(), sorted(set(scopes))
        if not (1 <= len(name) <= 80 and name.isprintable()):
            raise InvalidInput.single("name", "de 1 à 80 caractères imprimables.")
        rights_of_scopes(wanted)
        secret = KEY_PREFIX + secrets.token_urlsafe(32)
        with self.database.write() as connection:
            self.database.lock(connection, "accounts")
            if store.key_by_name(connection, name) is not None:
                raise Conflict(f"La clé « {name} » existe ou a existé : choisissez un autre nom.")
            number = store.add_key(
                connection,
                name=name,
                key_sha256=sha256(secret),
                scopes=wanted,
                created_at=self.now(),
                created_by=by[:80],
            )
            made = store.key_by_id(connection, number)
            self._record(connection, AuditAction.CLE_CREEE, number, by, scopes=wanted)
        log.info("key created", extra={"key": f"cle:{number}", "scopes": wanted})
        return NewKey(key=_answer(made), secret=secret)

    def all(self) -> list[ApiKey]:
        """Return all keys, revoked ones included, by name."""
        with self.database.read() as connection:
            return [_answer(row) for row in store.every_key(connection)]

    def revoke(self, who: str | int, by: str = COMMAND_LINE) -> ApiKey:
        """Revoke a key, by its number or its name; API processes forget it within seconds.

        Raises:
            NotFound: no such key.
            Conflict: it was revoked before.
        """
        with self.database.write() as connection:
            if isinstance(who, int):
                row = store.key_by_id(connection, who)
            else:
                row = store.key_by_name(connection, who.strip())
            if row is None:
                raise NotFound("Clé", who)
            if row.revoked_at is not None:
                raise Conflict(f"La clé « {row.name} » est déjà révoquée.")
            store.revoke_key(connection, row.id, self.now())
            self._record(connection, AuditAction.CLE_REVOQUEE, row.id, by)
            log.info("key revoked", extra={"key": f"cle:{row.id}"})
            return _answer(store.key_by_id(connection, row.id))

    def _record(
        self, connection: Connection, action: AuditAction, number: int, by: str, **details: object
    ) -> None:
        record(self.database, connection, action, KIND, number, by=by, details=details)


def _answer(row: Row[Any] | None) -> ApiKey:
    assert row is not None  # noqa: S101 - read in the transaction that found or made it
    return ApiKey(**{name: row._mapping[name] for name in ApiKey.model_fields if name in row._mapping})
