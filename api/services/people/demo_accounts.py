"""The demonstration accounts: one per role, refused in production."""

from __future__ import annotations

from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from api.domain.shared.exceptions import Conflict
from api.schemas.vocabulary import Role
from api.services.people.passwords import Hasher, random_password
from api.services.shared.audit import INSTALLATION
from api.settings import Settings
from api.storage import people as store
from api.storage.shared.database import Database

DEMO_NAMES = {
    Role.MANAGER: "Responsable maintenance (démonstration)",
    Role.TECHNICIEN: "Technicien (démonstration)",
    Role.INGENIEUR: "Ingénieur R&D (démonstration)",
    Role.ADMIN: "Administrateur (démonstration)",
}


@dataclass(frozen=True)
class DemoAccount:
    """A demonstration account; ``password`` is None where it was told at an earlier start."""

    username: str
    role: Role
    password: str | None


class DemoAccounts(ABC):
    """Makes the demonstration accounts, and refuses them; how an account is made is left to who inherits."""

    database: Database
    settings: Settings
    hasher: Hasher

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
                self._insert(name, DEMO_NAMES[role], role, hashed, by=INSTALLATION, demo=True)
            except Conflict:  # another process was first
                return DemoAccount(name, role, common)
            return DemoAccount(name, role, password)
        if not (found.demo and found.active):
            return None
        if common is not None and not self.hasher.matches(common, found.password_hash):
            self._set_hash(name, self.hasher.hash(common, at_least=1), INSTALLATION)
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

    @abstractmethod
    def _insert(self, name: str, shown: str, role: Role, hashed: str, *, by: str, demo: bool) -> int: ...

    @abstractmethod
    def _set_hash(self, who: str | int, hashed: str, by: str) -> None: ...
