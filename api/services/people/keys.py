"""The life of API keys: made, listed and ended by the administrator or the command line."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from api.domain.people import rights_of_scopes
from api.domain.shared.exceptions import Conflict, InvalidInput, NotFound
from api.schemas.accounts import ApiKey, NewKey
from api.schemas.vocabulary import AuditAction
from api.services.people.authentication import sha256
from api.services.shared.audit import COMMAND_LINE, record
from api.storage import people as store
from api.storage.shared.database import Database

KEY_PREFIX = "ck_"
KIND = "cle"
log = logging.getLogger(__name__)


class KeyService:
    """Keys of machines."""

    database: Database
    now: Callable[[], datetime]

    def create_key(self, name: str, scopes: Sequence[str], created_by: str = COMMAND_LINE) -> str:
        """Make an API key and return it: this once, for only its SHA-256 is kept.

        Raises:
            InvalidInput: the name or a scope does not fit.
            Conflict: the name is taken, were it by a revoked key.
        """
        return self.new_key(name, scopes, created_by).secret

    def new_key(self, name: str, scopes: Sequence[str], created_by: str) -> NewKey:
        """The same, with what is kept of it.

        Raises:
            InvalidInput: the name or a scope does not fit.
            Conflict: the name is taken, were it by a revoked key.
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
                created_by=created_by[:80],
            )
            made = store.key_by_id(connection, number)
            self._record(connection, AuditAction.CLE_CREEE, number, created_by, scopes=wanted)
        log.info("key created", extra={"key": f"cle:{number}", "scopes": wanted})
        return NewKey(key=_shown(made), secret=secret)

    def list_keys(self) -> list[ApiKey]:
        """All keys, revoked ones included, by name."""
        with self.database.read() as connection:
            return [_shown(row) for row in store.every_key(connection)]

    def revoke_key(self, name: str, by: str = COMMAND_LINE) -> None:
        """End a key; API processes forget it within seconds.

        Raises:
            NotFound: no such key.
            Conflict: it was revoked before.
        """
        with self.database.write() as connection:
            self._revoke(connection, store.key_by_name(connection, name.strip()), name, by)

    def revoke_key_number(self, number: int, by: str) -> ApiKey:
        """The same, by the key's number.

        Raises:
            NotFound: no such key.
            Conflict: it was revoked before.
        """
        with self.database.write() as connection:
            self._revoke(connection, store.key_by_id(connection, number), number, by)
            return _shown(store.key_by_id(connection, number))

    def _revoke(self, connection: Connection, found: Row[Any] | None, asked: object, by: str) -> None:
        if found is None:
            raise NotFound("Clé", asked)
        if found.revoked_at is not None:
            raise Conflict(f"La clé « {found.name} » est déjà révoquée.")
        store.revoke_key(connection, found.id, self.now())
        self._record(connection, AuditAction.CLE_REVOQUEE, found.id, by)
        log.info("key revoked", extra={"key": f"cle:{found.id}"})

    def _record(
        self, connection: Connection, action: AuditAction, number: int, by: str, **details: object
    ) -> None:
        record(self.database, connection, action, KIND, number, by=by, details=details)


def _shown(row: Row[Any] | None) -> ApiKey:
    assert row is not None  # noqa: S101 - read in the transaction that found or made it
    return ApiKey(**{name: row._mapping[name] for name in ApiKey.model_fields if name in row._mapping})
