"""Access tokens of people: signed, short, checked without the database."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

import jwt

from api.domain.people import ROLE_RIGHTS, Principal
from api.domain.shared.exceptions import NotAuthenticated
from api.schemas.vocabulary import Role
from api.settings import MIN_SECRET

ALGORITHM = "HS256"
ISSUER = "cockpit"
AUDIENCE = "cockpit-api"
LIFETIME = timedelta(minutes=10)
_CLAIMS = ["sub", "sid", "role", "ver", "iss", "aud", "exp", "iat", "jti"]


class AccessTokens:
    """Signs and reads access tokens (JWT, HS256) with the API's own key."""

    def __init__(self, secret: str) -> None:
        if len(secret) < MIN_SECRET:
            raise ValueError(f"COCKPIT_SECRET_KEY : {MIN_SECRET} caractères au moins.")
        self._secret = secret

    def sign(self, *, user_id: int, session_id: int, role: Role, version: int, now: datetime) -> str:
        """Sign a token that is valid for :data:`LIFETIME` from ``now``."""
        claims = {
            "sub": str(user_id),
            "sid": session_id,
            "role": role.value,
            "ver": version,
            "iss": ISSUER,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + LIFETIME,
            "jti": secrets.token_hex(8),
        }
        return jwt.encode(claims, self._secret, ALGORITHM)

    def read(self, token: str) -> Principal:
        """Return the principal of a token.

        Raises:
            NotAuthenticated: malformed, forged, expired, or of another issuer or audience.
        """
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                options={"require": _CLAIMS},
            )
            role = Role(claims["role"])
            return Principal(
                kind="user",
                id=int(claims["sub"]),
                rights=ROLE_RIGHTS[role],
                role=role,
                session_id=int(claims["sid"]),
                token_version=int(claims["ver"]),
            )
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise NotAuthenticated from error
