"""Proving who calls: passwords, sessions, access tokens and API keys.

People: a password opens a session of 8 hours, whose opaque token (kept as SHA-256) renews access tokens of 10
minutes. Access tokens are read without the database; sensitive calls check session and account again.
Machines: a key is looked up by its SHA-256 and remembered for a few seconds.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from api.domain.people import ANONYMOUS, ROLE_RIGHTS, Principal, rights_of_scopes
from api.domain.shared.exceptions import DatabaseUnavailable, InvalidInput, NotAllowed, NotAuthenticated
from api.schemas.auth import Token, User
from api.schemas.vocabulary import AuditAction, Right, Role
from api.services.people.passwords import Hasher
from api.services.people.tokens import LIFETIME, AccessTokens
from api.services.shared.audit import record
from api.storage import people as store
from api.storage.shared.database import Database

SESSION = timedelta(hours=8)
MAX_FAILURES = 5
LOCK = timedelta(minutes=15)
KEY_MEMORY_S = 10.0  # a revoked key is refused everywhere within this time
KEY_USE_NOTED_EVERY = timedelta(minutes=1)
WRONG = "Identifiant ou mot de passe incorrect, ou compte indisponible."
log = logging.getLogger(__name__)


def real_now() -> datetime:
    """The real instant: a fixed ``COCKPIT_CLOCK`` must not keep a session or a lock alive."""
    return datetime.now(UTC)


def sha256(secret: str) -> str:
    """What is stored of a random secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class Authentication:
    """Signs people in and tells who a request comes from."""

    def __init__(
        self,
        database: Database,
        tokens: AccessTokens,
        hasher: Hasher,
        now: Callable[[], datetime] = real_now,
    ) -> None:
        self.database, self.tokens, self.hasher, self.now = database, tokens, hasher, now
        self._keys: dict[str, tuple[Principal, float]] = {}
        # One thread, started at the first note: a call never waits for what is only worth knowing.
        self._behind = ThreadPoolExecutor(1, thread_name_prefix="key-use")

    def close(self) -> None:
        """Finish what is being noted."""
        self._behind.shutdown()

    def login(self, username: str, password: str) -> Token:
        """Open a session.

        Raises:
            NotAuthenticated: unknown, wrong, locked or inactive; always in the same words.
        """
        user = self._proven(username.strip().casefold(), password)
        if user is None:
            raise NotAuthenticated(WRONG)
        now, secret = self.now(), secrets.token_urlsafe(32)
        with self.database.write() as connection:
            store.change_user(connection, user.id, failed_attempts=0, locked_until=None)
            store.forget_ended_sessions(connection, user.id, now)
            store.add_session(
                connection,
                token_sha256=sha256(secret),
                user_id=user.id,
                created_at=now,
                expires_at=now + SESSION,
            )
        log.info("signed in", extra={"principal": f"compte:{user.id}"})
        return self.refresh(secret)

    def prove(self, principal: Principal, password: str) -> str:
        """Make sure that whoever is signed in knows the account's password too; returns the account's name.

        Wrong guesses count as those of the login form do, so a stolen session cannot be used to guess it.

        Raises:
            NotAllowed: the caller is a machine.
            NotAuthenticated: the account is gone or inactive.
            InvalidInput: wrong, or tried too often.
        """
        username = self.user(principal).username
        if self._proven(username, password) is None:
            raise InvalidInput.single(
                "current_password",
                "mot de passe actuel incorrect ; après cinq erreurs, il faut attendre 15 minutes.",
            )
        with self.database.write() as connection:
            store.change_user(connection, principal.id, failed_attempts=0, locked_until=None)
        return username

    def _proven(self, username: str, password: str) -> store.AnyRow | None:
        """The account, if it may be tried and the password is its own; as slow for nobody as for somebody."""
        user = self._admitted(username)
        if self.hasher.matches(password, user.password_hash if user else None) and user is not None:
            return user
        log.warning("sign-in refused", extra={"principal": f"compte:{user.id}" if user else ANONYMOUS})
        if user is not None and _attempts(user) >= MAX_FAILURES:
            with self.database.write() as connection:
                action = AuditAction.CONNEXION_BLOQUEE
                record(self.database, connection, action, "compte", user.id, by=f"compte:{user.id}")
        return None

    def _admitted(self, username: str) -> store.AnyRow | None:
        """The account, if a password may be tried on it; the attempt is counted first.

        Counting before checking makes the bound hold however many guesses arrive at once.
        """
        now = self.now()
        with self.database.write() as connection:
            user = store.user_by_name(connection, username, for_update=True)
            if user is None or not user.active:
                return None
            if user.locked_until is not None and user.locked_until > now:
                return None
            attempts = _attempts(user)
            locked_until = now + LOCK if attempts >= MAX_FAILURES else None
            store.change_user(connection, user.id, failed_attempts=attempts, locked_until=locked_until)
            return user

    def refresh(self, refresh_token: str) -> Token:
        """A new access token for a living session, with the role that the account has now.

        Raises:
            NotAuthenticated: the session ended, or its account was deactivated.
        """
        now = self.now()
        with self.database.read() as connection:
            found = store.session_by_token(connection, sha256(refresh_token), now)
        if found is None:
            raise NotAuthenticated("Session terminée : reconnectez-vous.")
        role = Role(found.role)
        access_token = self.tokens.sign(
            user_id=found.user_id,
            session_id=found.session_id,
            role=role,
            version=found.token_version,
            now=now,
        )
        return Token(
            access_token=access_token,
            expires_in=int(LIFETIME.total_seconds()),
            refresh_token=refresh_token,
            session_expires_at=found.expires_at,
            user=_shown(found),
        )

    def logout(self, refresh_token: str) -> None:
        """End a session; asking twice, or for one that never was, changes nothing."""
        with self.database.write() as connection:
            store.revoke_session(connection, sha256(refresh_token), self.now())

    def user(self, principal: Principal) -> User:
        """The account behind a caller.

        Raises:
            NotAllowed: the caller is a machine.
            NotAuthenticated: the account is gone or inactive.
        """
        if principal.kind != "user":
            raise NotAllowed("être une personne connectée")
        with self.database.read() as connection:
            found = store.user_by_id(connection, principal.id)
        if found is None or not found.active:
            raise NotAuthenticated
        return _shown(found)

    def by_token(self, token: str) -> Principal:
        """Who an access token stands for, without the database.

        Raises:
            NotAuthenticated: the token does not hold.
        """
        return self.tokens.read(token)

    def remembered(self, key: str) -> Principal | None:
        """Who a key stands for, if it was looked up a moment ago; touches no database."""
        found = self._keys.get(sha256(key))
        return found[0] if found is not None and time.monotonic() < found[1] else None

    def by_key(self, key: str) -> Principal:
        """Who a key stands for, from the database; remembered for :data:`KEY_MEMORY_S`.

        Raises:
            NotAuthenticated: unknown or revoked.
        """
        hashed = sha256(key)
        with self.database.read() as connection:
            found = store.key_by_hash(connection, hashed)
        if found is None:
            self._keys.pop(hashed, None)  # only keys that hold are kept: as many as were ever made
            raise NotAuthenticated
        principal = Principal(kind="key", id=found.id, rights=rights_of_scopes(found.scopes))
        self._keys[hashed] = (principal, time.monotonic() + KEY_MEMORY_S)
        now = self.now()
        if found.last_used_at is None or now - found.last_used_at >= KEY_USE_NOTED_EVERY:
            self._behind.submit(self._note_use, found.id, now)
        return principal

    def _note_use(self, key_id: int, now: datetime) -> None:
        try:
            with self.database.write() as connection:
                store.note_key_use(connection, key_id, now, now - KEY_USE_NOTED_EVERY)
        except DatabaseUnavailable:  # the next call says the same
            log.warning("use of a key not noted", extra={"key": f"cle:{key_id}"})

    def recheck(self, principal: Principal) -> Principal:
        """The caller as the database has it now: key, session, account, role and token version.

        Raises:
            NotAuthenticated: anything of it ended since the credentials were given.
        """
        with self.database.read() as connection:
            if principal.kind == "key":
                key = store.key_in_force(connection, principal.id)
                if key is None:
                    raise NotAuthenticated
                return replace(principal, rights=rights_of_scopes(key.scopes))
            found = store.session_by_id(connection, principal.session_id or 0, self.now())
        if found is None or found.user_id != principal.id or found.token_version != principal.token_version:
            raise NotAuthenticated("Session terminée ou droits modifiés : reconnectez-vous.")
        role = Role(found.role)
        return replace(principal, role=role, rights=ROLE_RIGHTS[role])


def _attempts(user: store.AnyRow) -> int:
    """Wrong passwords in a row, the one being tried included; a lock that ran out starts anew."""
    return 1 if user.locked_until is not None else int(user.failed_attempts) + 1


def _shown(account: store.AnyRow) -> User:
    role = Role(account.role)
    return User(
        username=account.username,
        display_name=account.display_name,
        role=role,
        role_name=role.words,
        rights=tuple(right for right in Right if right in ROLE_RIGHTS[role]),
    )
