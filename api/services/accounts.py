"""The life of accounts and API keys: made, changed and ended by the administrator or the command line."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from api.domain.exceptions import Conflict, InvalidInput, NotFound
from api.domain.rights import rights_of_scopes
from api.schemas.vocabulary import Role
from api.services.authentication import real_now, sha256
from api.services.passwords import hasher_for, random_password
from api.settings import Settings
from api.storage import accounts as store
from api.storage.database import Database

KEY_PREFIX = "ck_"
COMMAND_LINE = "ligne de commande"
DEMO_NAMES = {
    Role.MANAGER: "Responsable maintenance (démonstration)",
    Role.TECHNICIEN: "Technicien (démonstration)",
    Role.INGENIEUR: "Ingénieur R&D (démonstration)",
    Role.ADMIN: "Administrateur (démonstration)",
}
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Account:
    """An account as the administrator sees it."""

    id: int
    username: str
    display_name: str
    role: Role
    active: bool
    demo: bool
    locked_until: datetime | None
    created_at: datetime


@dataclass(frozen=True)
class Key:
    """An API key as the administrator sees it: never the key itself."""

    id: int
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    created_by: str
    revoked_at: datetime | None


@dataclass(frozen=True)
class DemoAccount:
    """A demonstration account; ``password`` is None where it was told at an earlier start."""

    username: str
    role: Role
    password: str | None


class AccountService:
    """Accounts of people and keys of machines."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.settings = settings
        self.hasher = hasher_for(settings.env)
        self.now = real_now

    def create_user(self, username: str, display_name: str, role: Role, password: str | None = None) -> str:
        """Make an account and return its password: the one given, else a random one.

        Raises:
            InvalidInput: the name or the password does not fit.
            Conflict: the name is taken.
        """
        name, chosen = _username(username), password if password is not None else random_password()
        shown = display_name.strip()
        if not 1 <= len(shown) <= 120:
            raise InvalidInput.single("display_name", "de 1 à 120 caractères.")
        self._insert(name, shown, role, self.hasher.hash(chosen), demo=False)
        return chosen

    def set_password(self, username: str, password: str | None = None) -> str:
        """Change a password, unlock the account, end its sessions; returns the password as `create_user`.

        Raises:
            NotFound: no such account.
            InvalidInput: the password does not fit.
        """
        chosen = password if password is not None else random_password()
        self._set_hash(username, self.hasher.hash(chosen))
        return chosen

    def set_active(self, username: str, active: bool) -> None:
        """Let an account in, or shut it out and end its sessions.

        Raises:
            NotFound: no such account.
        """
        self._change(username, active=active, failed_attempts=0, locked_until=None)

    def set_role(self, username: str, role: Role) -> None:
        """Change what an account may do; its sessions end, so that it holds at once.

        Raises:
            NotFound: no such account.
        """
        self._change(username, role=role.value)

    def list_users(self) -> list[Account]:
        """All accounts, by name."""
        with self.database.read() as connection:
            rows = store.every_user(connection)
        return [
            Account(
                id=row.id,
                username=row.username,
                display_name=row.display_name,
                role=Role(row.role),
                active=row.active,
                demo=row.demo,
                locked_until=row.locked_until,
                created_at=row.created_at,
            )
            for row in rows
        ]

    def create_key(self, name: str, scopes: Sequence[str], created_by: str = COMMAND_LINE) -> str:
        """Make an API key and return it: this once, for only its SHA-256 is kept.

        Raises:
            InvalidInput: the name or a scope does not fit.
            Conflict: the name is taken, were it by a revoked key.
        """
        name, wanted = name.strip(), sorted(set(scopes))
        if not 1 <= len(name) <= 80:
            raise InvalidInput.single("name", "de 1 à 80 caractères.")
        rights_of_scopes(wanted)
        key = KEY_PREFIX + secrets.token_urlsafe(32)
        with self.database.write() as connection:
            self.database.lock(connection, "accounts")
            if store.key_by_name(connection, name) is not None:
                raise Conflict(f"La clé « {name} » existe ou a existé : choisissez un autre nom.")
            number = store.add_key(
                connection,
                name=name,
                key_sha256=sha256(key),
                scopes=wanted,
                created_at=self.now(),
                created_by=created_by[:80],
            )
        log.info("key created", extra={"key": f"cle:{number}", "scopes": wanted})
        return key

    def list_keys(self) -> list[Key]:
        """All keys, revoked ones included, by name."""
        with self.database.read() as connection:
            rows = store.every_key(connection)
        return [
            Key(
                id=row.id,
                name=row.name,
                scopes=tuple(row.scopes),
                created_at=row.created_at,
                created_by=row.created_by,
                revoked_at=row.revoked_at,
            )
            for row in rows
        ]

    def revoke_key(self, name: str) -> None:
        """End a key; API processes forget it within seconds.

        Raises:
            NotFound: no such key.
            Conflict: it was revoked before.
        """
        with self.database.write() as connection:
            found = store.key_by_name(connection, name.strip())
            if found is None:
                raise NotFound("Clé", name)
            if found.revoked_at is not None:
                raise Conflict(f"La clé « {found.name} » est déjà révoquée.")
            store.revoke_key(connection, found.id, self.now())
        log.info("key revoked", extra={"key": f"cle:{found.id}"})

    def ensure_demo_accounts(self) -> list[DemoAccount]:
        """Make the demonstration accounts that are missing, one per role and named after it.

        Where ``COCKPIT_DEMO_PASSWORD`` is set it becomes the password of all of them, older ones included.

        Returns:
            The demonstration accounts that can sign in; the password only where it is known here.
        """
        with ThreadPoolExecutor() as pool:  # bcrypt takes a quarter of a second each, outside the GIL
            found = list(pool.map(self._demo_account, DEMO_NAMES))
        return [account for account in found if account is not None]

    def _demo_account(self, role: Role) -> DemoAccount | None:
        name, secret = role.value, self.settings.demo_password
        common = None if secret is None else secret.get_secret_value()
        with self.database.read() as connection:
            found = store.user_by_name(connection, name)
        if found is None:
            password = random_password() if common is None else common
            hashed = self.hasher.hash(password, at_least=1)
            try:
                self._insert(name, DEMO_NAMES[role], role, hashed, demo=True)
            except Conflict:  # another process was first
                return DemoAccount(name, role, common)
            return DemoAccount(name, role, password)
        if not (found.demo and found.active):
            return None
        if common is not None and not self.hasher.matches(common, found.password_hash):
            self._set_hash(name, self.hasher.hash(common, at_least=1))
        return DemoAccount(name, role, common)

    def refuse_demo_accounts(self) -> None:
        """Stop where demonstration accounts could sign in.

        Raises:
            Conflict: naming them, with the remedy.
        """
        with self.database.read() as connection:
            names = [row.username for row in store.active_demo_users(connection)]
        if names:
            raise Conflict(
                f"Comptes de démonstration actifs, refusés en production : {', '.join(names)}. "
                "Désactivez-les : python cockpit.py users disable NOM."
            )

    def _insert(self, name: str, shown: str, role: Role, hashed: str, *, demo: bool) -> None:
        with self.database.write() as connection:
            self.database.lock(connection, "accounts")
            if store.user_by_name(connection, name) is not None:
                raise Conflict(f"Le compte « {name} » existe déjà : choisissez un autre identifiant.")
            number = store.add_user(
                connection,
                username=name,
                display_name=shown,
                role=role.value,
                password_hash=hashed,
                active=True,
                demo=demo,
                created_at=self.now(),
            )
        log.info("account created", extra={"account": f"compte:{number}", "role": role.value})

    def _set_hash(self, username: str, hashed: str) -> None:
        self._change(username, password_hash=hashed, failed_attempts=0, locked_until=None)

    def _change(self, username: str, **values: object) -> None:
        """Change an account; whatever it was let do before must be asked for again."""
        with self.database.write() as connection:
            found = store.user_by_name(connection, username.strip().casefold(), for_update=True)
            if found is None:
                raise NotFound("Compte", username)
            store.change_user(connection, found.id, **values)
            store.invalidate_tokens(connection, found.id)
            store.revoke_sessions_of(connection, found.id, self.now())
        log.info("account changed", extra={"account": f"compte:{found.id}", "changed": sorted(values)})


def _username(raw: str) -> str:
    name = raw.strip().casefold()
    if not _USERNAME.fullmatch(name):
        raise InvalidInput.single(
            "username", "de 2 à 64 caractères parmi a–z, 0–9, point, tiret, souligné et @.", raw
        )
    return name
