"""Passwords: what a good one is, and bcrypt."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import bcrypt

from api.domain.shared.exceptions import InvalidInput
from api.settings import Environment

MIN_CHARACTERS = 12
MAX_BYTES = 72  # bcrypt reads no further: what comes after would protect nothing
COST = 12
TEST_COST = 4


def random_password() -> str:
    """A password nobody can guess: 20 characters, 120 bits."""
    return secrets.token_urlsafe(15)


@dataclass(frozen=True)
class Hasher:
    """bcrypt at one cost; a check takes as long whether or not there is anything to check against."""

    cost: int = COST

    def hash(self, password: str, *, at_least: int = MIN_CHARACTERS) -> str:
        """The hash to store.

        Args:
            password: the new password.
            at_least: characters that are demanded; demonstration accounts may have fewer.

        Raises:
            InvalidInput: too short or too long; the password itself is never shown.
        """
        if len(password) < at_least:
            raise InvalidInput.single("password", f"{at_least} caractères au moins.")
        if len(_bytes(password)) > MAX_BYTES:
            raise InvalidInput.single(
                "password", f"{MAX_BYTES} octets au plus (un caractère accentué en compte deux)."
            )
        return bcrypt.hashpw(_bytes(password), bcrypt.gensalt(self.cost)).decode("ascii")

    def matches(self, password: str, stored: str | None) -> bool:
        """Whether ``password`` is the one that was hashed; never for ``None``, in the same time."""
        given = _bytes(password)
        fits = len(given) <= MAX_BYTES
        # bcrypt refuses an oversized guess without computing, which would tell it apart by its time.
        against = f"$2b${self.cost:02d}${'.' * 53}" if stored is None else stored
        found = bcrypt.checkpw(given if fits else given[:MAX_BYTES], against.encode("ascii"))
        return found and fits and stored is not None


def hasher_for(env: Environment) -> Hasher:
    """bcrypt as strong as the environment asks; the tests sign in hundreds of times."""
    return Hasher(TEST_COST if env is Environment.TEST else COST)


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
