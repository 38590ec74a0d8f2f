"""Passwords: their rules, and bcrypt."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import bcrypt

from api.domain.shared.exceptions import InvalidInput
from api.schemas import french
from api.settings import Environment

MIN_CHARACTERS = 12
MAX_BYTES = 72  # bcrypt ignores the bytes after these
COST = 12
TEST_COST = 4


def random_password() -> str:
    """Draw a password: 20 characters, 120 bits."""
    return secrets.token_urlsafe(15)


@dataclass(frozen=True)
class Hasher:
    """bcrypt at one cost; a check takes as long without a stored hash as with one."""

    cost: int = COST

    def hash(self, password: str, *, at_least: int = MIN_CHARACTERS) -> str:
        """Hash a password to store it.

        Args:
            password: the new password.
            at_least: fewest characters; demonstration accounts may have fewer than others.

        Raises:
            InvalidInput: too short or too long; the message never repeats the password.
        """
        if len(password) < at_least:
            raise InvalidInput.single("password", f"{french.counted(at_least, 'caractère')} au moins.")
        if len(_bytes(password)) > MAX_BYTES:
            raise InvalidInput.single(
                "password",
                f"{french.counted(MAX_BYTES, 'octet')} au plus (un caractère accentué en compte deux).",
            )
        return bcrypt.hashpw(_bytes(password), bcrypt.gensalt(self.cost)).decode("ascii")

    def matches(self, password: str, stored: str | None) -> bool:
        """Tell whether ``password`` has this hash; False without a hash, after the same time."""
        candidate = _bytes(password)
        fits = len(candidate) <= MAX_BYTES
        # bcrypt refuses an oversized guess at once: the shorter time would betray it.
        against = f"$2b${self.cost:02d}${'.' * 53}" if stored is None else stored
        equal = bcrypt.checkpw(candidate if fits else candidate[:MAX_BYTES], against.encode("ascii"))
        return equal and fits and stored is not None


def hasher_for(env: Environment) -> Hasher:
    """Return the hasher of an environment: a low cost in tests, which sign in hundreds of times."""
    return Hasher(TEST_COST if env is Environment.TEST else COST)


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
