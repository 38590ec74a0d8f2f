"""The dashboard's calls about accounts, keys, the audit trail, and one's own account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from api.schemas.accounts import Account, AccountSecret, ApiKey, NewKey
from api.schemas.audit import AuditEntry, AuditVerification
from api.schemas.auth import Token
from api.schemas.common import Items, Page
from api.schemas.vocabulary import Role
from ui.client.transport import Transport


@dataclass(frozen=True)
class PeopleCalls:
    """One typed method per call.

    All but the last two answer 403 to anybody but an administrator.
    """

    transport: Transport

    def accounts(self) -> list[Account]:
        """Read every account, by name."""
        return self.transport.get("/accounts", Items[Account]).items

    def create_account(
        self, username: str, display_name: str, role: Role, password: str | None
    ) -> AccountSecret:
        """Make an account; the answer holds the password only where the API drew it.

        Raises:
            ApiError: 409 where the name is taken, 422 with one entry of ``errors`` per wrong field.
        """
        body = {"username": username, "display_name": display_name, "role": role, "password": password}
        return self.transport.write("POST", "/accounts", AccountSecret, body)

    def change_account(self, number: int, version: int, **news: str | bool) -> Account:
        """Change ``display_name``, ``role`` or ``active`` of an account that was read at ``version``.

        Raises:
            ApiError: 409 where it has changed since, for the last administrator, or one's own account; 422
                for a wrong field.
        """
        return self.transport.write("PATCH", f"/accounts/{number}", Account, {**news, "version": version})

    def reset_password(self, number: int, password: str | None) -> AccountSecret:
        """Give somebody a new password; the API draws one where ``password`` is None.

        Raises:
            ApiError: 422 where it is too weak.
        """
        body = {"password": password}
        return self.transport.write("POST", f"/accounts/{number}/password", AccountSecret, body)

    def end_sessions(self, number: int) -> None:
        """Sign somebody out everywhere."""
        self.transport.call("DELETE", f"/accounts/{number}/sessions")

    def api_keys(self) -> list[ApiKey]:
        """Read every key, revoked ones included, by name."""
        return self.transport.get("/keys", Items[ApiKey]).items

    def create_key(self, name: str, scopes: Sequence[str]) -> NewKey:
        """Make a key; only this answer ever holds it.

        Raises:
            ApiError: 409 where the name was ever used, 422 with one entry of ``errors`` per wrong field.
        """
        return self.transport.write("POST", "/keys", NewKey, {"name": name, "scopes": list(scopes)})

    def revoke_key(self, number: int) -> ApiKey:
        """Revoke a key for good."""
        return self.transport.write("DELETE", f"/keys/{number}", ApiKey)

    def audit(self, **query: Any) -> Page[AuditEntry]:
        """Read the audit trail, newest first, narrowed by ``actor``, ``action``, ``from``, ``to``…"""
        return self.transport.get("/audit", Page[AuditEntry], query)

    def verify_audit(self) -> AuditVerification:
        """Ask the API to recompute the whole chain."""
        return self.transport.get("/audit/verify", AuditVerification)

    def change_own_password(self, current: str, new: str) -> None:
        """Change the password of whoever is signed in; all their other sessions end.

        Raises:
            ApiError: 422 with ``current_password`` or ``new_password`` in ``errors``.
        """
        body = {"current_password": current, "new_password": new}
        self.transport.adopt(self.transport.write("POST", "/auth/password", Token, body))

    def sign_out_everywhere(self) -> None:
        """End every session of whoever is signed in, this one included."""
        self.transport.call("POST", "/auth/logout-everywhere")
