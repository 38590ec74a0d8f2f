"""The demonstration accounts: one per role, refused in production."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from api.domain.shared.exceptions import Conflict
from api.schemas.vocabulary import Role
from api.services.people.accounts import AccountService
from api.services.people.passwords import random_password
from api.services.shared.audit import INSTALLATION
from api.settings import Settings
from api.storage import people as store


@dataclass(frozen=True)
class DemoAccount:
    """A demonstration account; ``password`` is None where it was told at an earlier start."""

    username: str
    role: Role
    password: str | None


@dataclass(frozen=True)
class DemoAccounts:
    """Makes the demonstration accounts, and refuses them."""

    accounts: AccountService
    settings: Settings

    def ensure(self) -> list[DemoAccount]:
        """Make the demonstration accounts that are missing, one per role and named after it.

        Where ``COCKPIT_DEMO_PASSWORD`` is set it becomes the password of all of them, older ones included.

        Returns:
            The demonstration accounts that can sign in; the password only where it is known here.
        """
        with ThreadPoolExecutor() as pool:  # bcrypt takes a quarter of a second each, outside the GIL
            found = list(pool.map(self._ensured, Role))
        return [account for account in found if account is not None]

    def _ensured(self, role: Role) -> DemoAccount | None:
        name, secret = role.value, self.settings.demo_password
        common = None if secret is None else secret.get_secret_value()
        with self.accounts.database.read() as connection:
            found = store.user_by_name(connection, name)
        if found is None:
            password = random_password() if common is None else common
            hashed = self.accounts.hasher.hash(password, at_least=1)
            shown = f"{role.words} (démonstration)"
            try:
                self.accounts.insert(name, shown, role, hashed, by=INSTALLATION, demo=True)
            except Conflict:  # another process was first
                return DemoAccount(name, role, common)
            return DemoAccount(name, role, password)
        if not (found.demo and found.active):
            return None
        if common is not None and not self.accounts.hasher.matches(common, found.password_hash):
            self.accounts.set_hash(name, self.accounts.hasher.hash(common, at_least=1), INSTALLATION)
        return DemoAccount(name, role, common)

    def refuse(self) -> None:
        """Stop where demonstration accounts could sign in.

        Raises:
            Conflict: naming them, with the remedy.
        """
        with self.accounts.database.read() as connection:
            names = [row.username for row in store.active_demo_users(connection)]
        if names:
            raise Conflict(
                f"Comptes de démonstration actifs, refusés en production : {', '.join(names)}. "
                "Désactivez-les : python cockpit.py users disable NOM."
            )
