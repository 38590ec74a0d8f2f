"""Creates, changes and ends accounts, for the administrator and the command line."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from api.domain.people import roles_with
from api.domain.shared.exceptions import Conflict, InvalidInput, NotFound, Superseded
from api.schemas.accounts import Account, AccountSecret
from api.schemas.vocabulary import AuditAction, Right, Role
from api.services.people.authentication import real_now
from api.services.people.names import with_names
from api.services.people.passwords import Hasher, random_password
from api.services.shared.audit import COMMAND_LINE, changes_since, record
from api.storage import people as store
from api.storage.shared.database import Database

KIND = "compte"
_BOOKKEEPING = frozenset({"failed_attempts", "locked_until"})
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")
log = logging.getLogger(__name__)


class AccountService:
    """Accounts of people, looked up by number or by name.

    ``by`` is who asks: a principal's name, or the command line. The command line may end the last
    administrator, for it can make another one at any time.
    """

    def __init__(self, database: Database, hasher: Hasher, now: Callable[[], datetime] = real_now) -> None:
        self.database, self.hasher, self.now = database, hasher, now

    def create(
        self,
        username: str,
        display_name: str,
        role: Role,
        password: str | None = None,
        by: str = COMMAND_LINE,
    ) -> AccountSecret:
        """Make an account; the answer holds the password only if it was drawn here.

        Raises:
            InvalidInput: the name or the password does not fit.
            Conflict: the name is taken.
        """
        name, display = _username(username), _display_name(display_name)
        chosen = random_password() if password is None else password
        number = self.insert(name, display, role, self.hasher.hash(chosen), by=by, demo=False)
        return AccountSecret(account=self.account(number), password=chosen if password is None else None)

    def reset_password(
        self, who: str | int, password: str | None = None, by: str = COMMAND_LINE
    ) -> AccountSecret:
        """Change a password, unlock the account and end its sessions; answer as :meth:`create` does.

        Raises:
            NotFound: no such account.
            InvalidInput: the password does not fit.
        """
        chosen = random_password() if password is None else password
        number = self.set_hash(who, self.hasher.hash(chosen), by)
        return AccountSecret(account=self.account(number), password=chosen if password is None else None)

    def change(
        self,
        who: str | int,
        *,
        by: str = COMMAND_LINE,
        display_name: str | None = None,
        role: Role | None = None,
        active: bool | None = None,
        version: int | None = None,
    ) -> Account:
        """Change the fields of an account that are not None; a change of rights ends its sessions.

        Args:
            who: number or name of the account.
            by: who asks.
            display_name, role, active: what changes.
            version: the one that the caller has read; None changes any.

        Raises:
            Superseded: it has changed since that version.
            InvalidInput: nothing to change, or a name that does not fit.
            NotFound: no such account.
            Conflict: the last administrator, or the caller, would lose access.
        """
        if display_name is None and role is None and active is None:
            raise InvalidInput.single("", "rien à modifier : donnez au moins un champ.")
        news: dict[str, Any] = {}
        if display_name is not None:
            news["display_name"] = _display_name(display_name)
        if role is not None:
            news["role"] = role.value
        if active is not None:
            news |= {"active": active, "failed_attempts": 0, "locked_until": None}
        action = AuditAction.COMPTE_MODIFIE if active is None else _action(active)
        return self.account(self._change(who, by, action, read=version, **news))

    def end_sessions(self, who: str | int, by: str) -> None:
        """End all sessions of an account; its access tokens fail at the next check against the database.

        Raises:
            NotFound: no such account.
        """
        self._change(who, by, AuditAction.SESSIONS_CLOSES)

    def all(self) -> list[Account]:
        """Return all accounts, by name."""
        with self.database.read() as connection:
            sessions = store.sessions_by_user(connection, self.now())
            return [_answer(row, sessions.get(row.id)) for row in store.every_user(connection)]

    def account(self, number: int) -> Account:
        """Return one account.

        Raises:
            NotFound: no such account.
        """
        with self.database.read() as connection:
            row = store.user_by_id(connection, number)
            if row is None:
                raise NotFound("Compte", number)
            return _answer(row, store.sessions_by_user(connection, self.now()).get(row.id))

    def insert(self, name: str, display_name: str, role: Role, hashed: str, *, by: str, demo: bool) -> int:
        """Store an account whose names and password were checked; return its number.

        Raises:
            Conflict: the name is taken.
        """
        with self.database.write() as connection:
            self.database.lock(connection, "accounts")
            if store.user_by_name(connection, name) is not None:
                raise Conflict(f"Le compte « {name} » existe déjà : choisissez un autre identifiant.")
            number = store.add_user(
                connection,
                username=name,
                display_name=display_name,
                role=role.value,
                password_hash=hashed,
                active=True,
                demo=demo,
                created_at=self.now(),
            )
            details = {"role": role.value, "demo": demo}
            record(self.database, connection, AuditAction.COMPTE_CREE, KIND, number, by=by, details=details)
        log.info("account created", extra={"account": f"compte:{number}", "role": role.value})
        return number

    def set_hash(self, who: str | int, hashed: str, by: str) -> int:
        """Store the hash of a checked password, as :meth:`reset_password` does; return the account's number.

        Raises:
            NotFound: no such account.
        """
        action = AuditAction.MOT_DE_PASSE_CHANGE
        return self._change(who, by, action, password_hash=hashed, failed_attempts=0, locked_until=None)

    def _change(
        self, who: str | int, by: str, action: AuditAction, *, read: int | None = None, **values: object
    ) -> int:
        """Change an account; unless only its display name changes, its tokens and sessions end."""
        with self.database.write() as connection:
            self.database.lock(connection, "accounts")  # or two administrators could end each other at once
            account = _account_row(connection, who)
            if read is not None and read != account.version:
                since = with_names(connection, changes_since(connection, KIND, account.id, read))
                raise Superseded(f"Le compte « {account.username} »", account.version, read, since)
            self._keep_an_administrator(connection, account, by, values)
            version = account.version + 1
            store.change_user(connection, account.id, version=version, **values)
            if set(values) != {"display_name"}:
                store.invalidate_tokens(connection, account.id)
                store.revoke_sessions_of(connection, account.id, self.now())
            details = {**_trail_details(account, values), "version": version}
            record(self.database, connection, action, KIND, account.id, by=by, details=details)
        log.info("account changed", extra={"account": f"compte:{account.id}", "changed": sorted(values)})
        return int(account.id)

    def _keep_an_administrator(
        self, connection: Connection, account: Row[Any], by: str, values: dict[str, Any]
    ) -> None:
        shut_out = values.get("active") is False
        if shut_out and by == f"compte:{account.id}":
            raise Conflict("On ne désactive pas son propre compte : demandez-le à un autre administrateur.")
        administrators = roles_with(Right.ACCOUNTS)
        loses = shut_out or values.get("role", account.role) not in administrators
        if (
            loses
            and by != COMMAND_LINE
            and store.active_with_roles(connection, administrators) == [account.id]
        ):
            raise Conflict(
                f"« {account.username} » est le dernier administrateur actif : nommez-en d’abord un autre."
            )


def _account_row(connection: Connection, who: str | int) -> Row[Any]:
    if isinstance(who, int):
        row = store.user_by_id(connection, who, for_update=True)
    else:
        row = store.user_by_name(connection, who.strip().casefold(), for_update=True)
    if row is None:
        raise NotFound("Compte", who)
    return row


def _trail_details(account: Row[Any], values: dict[str, Any]) -> dict[str, Any]:
    """Return the details for the trail: changed fields, the role before and after; no name, no hash."""
    fields = sorted({"password" if name == "password_hash" else name for name in values} - _BOOKKEEPING)
    roles = {"role": [account.role, values["role"]]} if "role" in values else {}
    return {"fields": fields, **roles}


def _answer(row: Row[Any], sessions: Row[Any] | None) -> Account:
    own = set(Account.model_fields) - {"sessions", "last_signed_in_at"}
    return Account(
        **{name: getattr(row, name) for name in own},
        sessions=0 if sessions is None else sessions.living,
        last_signed_in_at=None if sessions is None else sessions.last,
    )


def _action(active: bool) -> AuditAction:
    return AuditAction.COMPTE_REACTIVE if active else AuditAction.COMPTE_DESACTIVE


def _display_name(raw: str) -> str:
    name = raw.strip()
    if not (1 <= len(name) <= 120 and name.isprintable()):
        raise InvalidInput.single("display_name", "de 1 à 120 caractères imprimables.")
    return name


def _username(raw: str) -> str:
    name = raw.strip().casefold()
    if not _USERNAME.fullmatch(name):
        raise InvalidInput.single(
            "username", "de 2 à 64 caractères parmi a–z, 0–9, point, tiret, souligné et @.", raw
        )
    return name
