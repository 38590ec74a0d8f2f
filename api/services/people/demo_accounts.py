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
    """A demonstration account; ``password`` is None if an earlier start displayed it."""

    username: str
    role: Role
    password: str | None


@dataclass(frozen=True)
class DemoAccounts:
    """Makes the demonstration accounts, and refuses them."""

    accounts: AccountService
    settings: Settings

    def ensure(self) -> list[DemoAccount]:
        """Make the missing demonstration accounts, one per role and named after it.

        ``COCKPIT_DEMO_PASSWORD``, if set, becomes the password of all of them, older ones included.

        Returns:
            The demonstration accounts that can sign in; with the password if this call knows it.
        """
        with ThreadPoolExecutor() as pool:  # bcrypt takes a quarter of a second each, outside the GIL
            accounts = list(pool.map(self._ensured, Role))
        return [account for account in accounts if account is not None]

    def _ensured(self, role: Role) -> DemoAccount | None:
        name, secret = role.value, self.settings.demo_password
        common = None if secret is None else secret.get_secret_value()
        with self.accounts.database.read() as connection:
            account = store.user_by_name(connection, name)
        if account is None:
            password = random_password() if common is None else common
            hashed = self.accounts.hasher.hash(password, at_least=1)
            display_name = f"{role.words} (démonstration)"
            try:
                self.accounts.insert(name, display_name, role, hashed, by=INSTALLATION, demo=True)
            except Conflict:  # another process was first
                return DemoAccount(name, role, common)
            return DemoAccount(name, role, password)
        if not (account.demo and account.active):
            return None
        if common is not None and not self.accounts.hasher.matches(common, account.password_hash):
            self.accounts.set_hash(name, self.accounts.hasher.hash(common, at_least=1), INSTALLATION)
        return DemoAccount(name, role, common)

    def refuse(self) -> None:
        """Refuse to go on while a demonstration account can sign in.

        Raises:
            Conflict: such accounts exist; their names and the remedy are in the message.
        """
        with self.accounts.database.read() as connection:
            names = [row.username for row in store.active_demo_users(connection)]
        if names:
            raise Conflict(
                f"Comptes de démonstration actifs, refusés en production : {', '.join(names)}. "
                "Désactivez-les : python cockpit.py users disable NOM."
            )
