"""What signed-in people change of their own account."""

from __future__ import annotations

from dataclasses import dataclass

from api.domain.people import Principal
from api.domain.shared.exceptions import InvalidInput
from api.schemas.auth import Token
from api.services.people.accounts import AccountService
from api.services.people.authentication import Authentication


@dataclass(frozen=True)
class OwnAccount:
    """Changes the caller's password and ends the caller's sessions."""

    authentication: Authentication
    accounts: AccountService

    def change_password(self, principal: Principal, current: str, new: str) -> Token:
        """Change the caller's password; all sessions end, and a new one begins for the caller.

        Raises:
            NotAllowed: the caller is a machine.
            InvalidInput: the current password is wrong, or the new one does not fit or is the same.
        """
        username = self.authentication.prove(principal, current)
        if new == current:
            raise InvalidInput.single("new_password", "choisissez un autre mot de passe que l’actuel.")
        try:
            self.accounts.reset_password(principal.id, new, principal.name)
        except InvalidInput as error:
            raise InvalidInput.single("new_password", error.errors[0].message) from error
        return self.authentication.login(username, new)

    def sign_out_everywhere(self, principal: Principal) -> None:
        """End every session of the caller, the present one included.

        Raises:
            NotAllowed: the caller is a machine.
        """
        self.authentication.user(principal)
        self.accounts.end_sessions(principal.id, principal.name)
