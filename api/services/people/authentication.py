"""Proving who calls: passwords, sessions, access tokens and API keys.

People: a password opens a session of 8 hours, whose opaque token (kept as SHA-256) renews access tokens of 10
minutes. Machines: a key is looked up by its SHA-256. What the database said of a caller is remembered for
:data:`MEMORY_S`; sensitive calls ask it each time.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
from collections.abc import Callable, Hashable
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
MEMORY_S = 1.0  # a revoked key, an ended session or a changed role counts everywhere within this time
MAX_REMEMBERED = 10_000
KEY_USE_NOTED_EVERY = timedelta(minutes=1)
WRONG = "Identifiant ou mot de passe incorrect, ou compte indisponible."
log = logging.getLogger(__name__)


def real_now() -> datetime:
    """Return the real instant: a fixed ``COCKPIT_CLOCK`` must not keep a session or a lock alive."""
    return datetime.now(UTC)


def sha256(secret: str) -> str:
    """Return the hash under which a random secret is stored."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class Authentication:
    """Signs people in and identifies who sends a request."""

    def __init__(
        self,
        database: Database,
        tokens: AccessTokens,
        hasher: Hasher,
        now: Callable[[], datetime] = real_now,
    ) -> None:
        self.database, self.tokens, self.hasher, self.now = database, tokens, hasher, now
        self._memory: dict[Hashable, tuple[Principal, float]] = {}
        # The last use of a key is written in this thread: a call never waits for it.
        self._behind = ThreadPoolExecutor(1, thread_name_prefix="key-use")

    def close(self) -> None:
        """Wait until the last uses of keys are written."""
        self._behind.shutdown()

    def login(self, username: str, password: str) -> Token:
        """Open a session.

        Raises:
            NotAuthenticated: unknown, wrong, locked or inactive; always the same message.
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
        """Check that the signed-in caller knows the account's password; return the account's name.

        Wrong guesses count as on the login form, so a stolen session cannot be used to guess it.

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
        """Return the account if the password is right; an unknown name takes as long as a known one."""
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
        """Return the account if a password may be tried on it, and count the attempt.

        The attempt is counted before the check, so that many guesses at once cannot pass the limit.
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
        """Sign a new access token for a living session, with the account's present role.

        Raises:
            NotAuthenticated: the session ended, or its account was deactivated.
        """
        now = self.now()
        with self.database.read() as connection:
            session = store.session_by_token(connection, sha256(refresh_token), now)
        if session is None:
            raise NotAuthenticated("Session terminée : reconnectez-vous.")
        role = Role(session.role)
        access_token = self.tokens.sign(
            user_id=session.user_id,
            session_id=session.session_id,
            role=role,
            version=session.token_version,
            now=now,
        )
        return Token(
            access_token=access_token,
            expires_in=int(LIFETIME.total_seconds()),
            refresh_token=refresh_token,
            session_expires_at=session.expires_at,
            user=_user(session),
        )

    def logout(self, refresh_token: str) -> None:
        """End a session; one that is over or unknown changes nothing."""
        with self.database.write() as connection:
            store.revoke_session(connection, sha256(refresh_token), self.now())

    def user(self, principal: Principal) -> User:
        """Return the account of a caller.

        Raises:
            NotAllowed: the caller is a machine.
            NotAuthenticated: the account is gone or inactive.
        """
        if principal.kind != "user":
            raise NotAllowed("être une personne connectée")
        with self.database.read() as connection:
            account = store.user_by_id(connection, principal.id)
        if account is None or not account.active:
            raise NotAuthenticated
        return _user(account)

    def by_token(self, token: str) -> Principal:
        """Return whom an access token names, without the database: then :meth:`recheck`.

        Raises:
            NotAuthenticated: the token is not valid.
        """
        return self.tokens.read(token)

    def remembered(self, key: str) -> Principal | None:
        """Return the principal of a key that was looked up a moment ago; reads no database."""
        return self._recall(sha256(key))

    def lately(self, principal: Principal) -> Principal | None:
        """Return the caller as :meth:`recheck` found them a moment ago; reads no database."""
        return self._recall(principal)

    def _recall(self, credential: Hashable) -> Principal | None:
        principal, until = self._memory.get(credential, (None, 0.0))
        return principal if time.monotonic() < until else None

    def _remember(self, credential: Hashable, principal: Principal) -> None:
        if len(self._memory) >= MAX_REMEMBERED:
            self._memory.clear()
        self._memory[credential] = (principal, time.monotonic() + MEMORY_S)

    def by_key(self, key: str) -> Principal:
        """Look up the principal of a key in the database; remember it for :data:`MEMORY_S`.

        Raises:
            NotAuthenticated: unknown or revoked.
        """
        hashed = sha256(key)
        with self.database.read() as connection:
            row = store.key_by_hash(connection, hashed)
        if row is None:
            self._memory.pop(hashed, None)
            raise NotAuthenticated
        principal = Principal(kind="key", id=row.id, rights=rights_of_scopes(row.scopes))
        self._remember(hashed, principal)
        now = self.now()
        if row.last_used_at is None or now - row.last_used_at >= KEY_USE_NOTED_EVERY:
            self._behind.submit(self._note_use, row.id, now)
        return principal

    def _note_use(self, key_id: int, now: datetime) -> None:
        try:
            with self.database.write() as connection:
                store.note_key_use(connection, key_id, now, now - KEY_USE_NOTED_EVERY)
        except DatabaseUnavailable:  # the next call will note it
            log.warning("use of a key not noted", extra={"key": f"cle:{key_id}"})

    def recheck(self, principal: Principal) -> Principal:
        """Check session, account and token version in the database; return the present rights.

        Raises:
            NotAuthenticated: one of these ended or changed since the credentials were issued.
        """
        with self.database.read() as connection:
            session = store.session_by_id(connection, principal.session_id or 0, self.now())
        if (
            session is None
            or session.user_id != principal.id
            or session.token_version != principal.token_version
        ):
            raise NotAuthenticated("Session terminée ou droits modifiés : reconnectez-vous.")
        role = Role(session.role)
        present = replace(principal, role=role, rights=ROLE_RIGHTS[role])
        self._remember(principal, present)
        return present


def _attempts(user: store.AnyRow) -> int:
    """Count attempts in a row, the present one included; after a lock the count starts at 1."""
    return 1 if user.locked_until is not None else int(user.failed_attempts) + 1


def _user(account: store.AnyRow) -> User:
    role = Role(account.role)
    return User(
        username=account.username,
        display_name=account.display_name,
        role=role,
        role_name=role.words,
        rights=tuple(right for right in Right if right in ROLE_RIGHTS[role]),
    )
