"""All SQL for accounts, their sessions and API keys."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, literal, or_, select, union_all, update

from api.storage.tables import api_keys, sessions, users

AnyRow = Row[Any]
_ACCOUNT, _KEY = "compte:", "cle:"


def user_by_name(connection: Connection, username: str, *, for_update: bool = False) -> AnyRow | None:
    """Return the account with that name, active or not; ``for_update`` locks it to the transaction's end."""
    query = select(users).where(users.c.username == username)
    return connection.execute(query.with_for_update() if for_update else query).one_or_none()


def user_by_id(connection: Connection, user_id: int, *, for_update: bool = False) -> AnyRow | None:
    """Return the account with that number, active or not; ``for_update`` as for :func:`user_by_name`."""
    query = select(users).where(users.c.id == user_id)
    return connection.execute(query.with_for_update() if for_update else query).one_or_none()


def names_of(connection: Connection) -> dict[int, str]:
    """Return the display name of each account, by its number."""
    return {row.id: row.display_name for row in connection.execute(select(users.c.id, users.c.display_name))}


def principal_names(connection: Connection, principals: Collection[str]) -> dict[str, str]:
    """Return the names of accounts and API keys, by identifiers such as ``compte:3`` and ``cle:2``.

    Deactivated accounts and revoked keys keep their names; unknown identifiers are left out.
    """

    def numbers(kind: str) -> list[int]:
        return [int(who.removeprefix(kind)) for who in principals if who.startswith(kind)]

    people = select(literal(_ACCOUNT).label("kind"), users.c.id, users.c.display_name.label("name"))
    machines = select(literal(_KEY).label("kind"), api_keys.c.id, api_keys.c.name)
    query = union_all(
        people.where(users.c.id.in_(numbers(_ACCOUNT))), machines.where(api_keys.c.id.in_(numbers(_KEY)))
    )
    return {f"{row.kind}{row.id}": row.name for row in connection.execute(query)}


def active_with_roles(connection: Connection, roles: Collection[str]) -> list[int]:
    """Return the numbers of the accounts of any of those roles that can sign in."""
    return list(connection.scalars(select(users.c.id).where(users.c.role.in_(roles), users.c.active)))


def every_user(connection: Connection) -> list[AnyRow]:
    """Return all accounts, by name."""
    return list(connection.execute(select(users).order_by(users.c.username)))


def sessions_by_user(connection: Connection, now: datetime) -> dict[int, AnyRow]:
    """Return, by account, the number of living sessions (``living``) and the last sign-in (``last``)."""
    living = sessions.c.revoked_at.is_(None) & (sessions.c.expires_at > now)
    query = select(
        sessions.c.user,
        func.count().filter(living).label("living"),
        func.max(sessions.c.created_at).label("last"),
    ).group_by(sessions.c.user)
    return {row.user: row for row in connection.execute(query)}


def active_demo_users(connection: Connection) -> list[AnyRow]:
    """Return the demonstration accounts that can sign in, by name."""
    query = select(users).where(users.c.demo, users.c.active).order_by(users.c.username)
    return list(connection.execute(query))


def add_user(connection: Connection, **values: Any) -> int:
    """Insert an account and return its number."""
    return _number(connection.execute(insert(users).values(**values)))


def change_user(connection: Connection, user_id: int, **values: Any) -> None:
    """Change columns of an account."""
    connection.execute(update(users).where(users.c.id == user_id).values(**values))


def invalidate_tokens(connection: Connection, user_id: int) -> None:
    """Make the account's access tokens invalid wherever they are checked against the database."""
    connection.execute(
        update(users).where(users.c.id == user_id).values(token_version=users.c.token_version + 1)
    )


def add_session(
    connection: Connection, *, token_sha256: str, user_id: int, created_at: datetime, expires_at: datetime
) -> int:
    """Insert a session and return its number."""
    values = {
        "token_sha256": token_sha256,
        "user": user_id,
        "created_at": created_at,
        "expires_at": expires_at,
    }
    return _number(connection.execute(insert(sessions).values(**values)))


def session_by_token(connection: Connection, token_sha256: str, now: datetime) -> AnyRow | None:
    """Return the living session behind a token, with its account's columns; None where either is dead."""
    query = _living_session(now).where(sessions.c.token_sha256 == token_sha256)
    return connection.execute(query).one_or_none()


def session_by_id(connection: Connection, session_id: int, now: datetime) -> AnyRow | None:
    """Return the living session with that number, with its account's columns; None where either is dead."""
    return connection.execute(_living_session(now).where(sessions.c.id == session_id)).one_or_none()


def forget_ended_sessions(connection: Connection, user_id: int, now: datetime) -> None:
    """Delete the account's expired sessions, so that the table stays small."""
    connection.execute(delete(sessions).where(sessions.c.user == user_id, sessions.c.expires_at <= now))


def revoke_session(connection: Connection, token_sha256: str, now: datetime) -> None:
    """End one session; do nothing where it has ended or does not exist."""
    connection.execute(
        update(sessions)
        .where(sessions.c.token_sha256 == token_sha256, sessions.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def revoke_sessions_of(connection: Connection, user_id: int, now: datetime) -> None:
    """End all sessions of an account."""
    connection.execute(
        update(sessions)
        .where(sessions.c.user == user_id, sessions.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def add_key(connection: Connection, **values: Any) -> int:
    """Insert an API key and return its number."""
    return _number(connection.execute(insert(api_keys).values(**values)))


def key_by_hash(connection: Connection, key_sha256: str) -> AnyRow | None:
    """Return the key in force with that hash."""
    query = select(api_keys).where(api_keys.c.key_sha256 == key_sha256, api_keys.c.revoked_at.is_(None))
    return connection.execute(query).one_or_none()


def key_by_name(connection: Connection, name: str) -> AnyRow | None:
    """Return the key with that name, revoked or not."""
    return connection.execute(select(api_keys).where(api_keys.c.name == name)).one_or_none()


def key_by_id(connection: Connection, key_id: int) -> AnyRow | None:
    """Return the key with that number, revoked or not."""
    return connection.execute(select(api_keys).where(api_keys.c.id == key_id)).one_or_none()


def note_key_use(connection: Connection, key_id: int, now: datetime, before: datetime) -> None:
    """Record that a key was used, unless a use after ``before`` is recorded."""
    connection.execute(
        update(api_keys)
        .where(
            api_keys.c.id == key_id,
            or_(api_keys.c.last_used_at.is_(None), api_keys.c.last_used_at <= before),
        )
        .values(last_used_at=now)
    )


def every_key(connection: Connection) -> list[AnyRow]:
    """Return all keys, revoked ones included, by name."""
    return list(connection.execute(select(api_keys).order_by(api_keys.c.name)))


def revoke_key(connection: Connection, key_id: int, now: datetime) -> None:
    """End a key."""
    connection.execute(update(api_keys).where(api_keys.c.id == key_id).values(revoked_at=now))


def _living_session(now: datetime) -> Select[Any]:
    """Return the query for sessions, neither revoked nor expired, of active accounts."""
    return (
        select(
            sessions.c.id.label("session_id"),
            sessions.c.expires_at,
            users.c.id.label("user_id"),
            users.c.username,
            users.c.display_name,
            users.c.role,
            users.c.token_version,
        )
        .join(users, users.c.id == sessions.c.user)
        .where(sessions.c.revoked_at.is_(None), sessions.c.expires_at > now, users.c.active)
    )


def _number(result: Any) -> int:
    return int(result.inserted_primary_key[0])
