"""All SQL for the versions of the risk policy."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from api.domain.policy.risk_policy import RiskPolicy
from api.storage.tables import policies


def current(connection: Connection) -> tuple[int, RiskPolicy]:
    """Return the newest version and its policy; every installation has at least version 1."""
    row = connection.execute(select(policies).order_by(policies.c.version.desc()).limit(1)).one()
    return row.version, RiskPolicy.of_parameters(row.parameters)


def add(connection: Connection, policy: RiskPolicy, *, by: str, reason: str, now: datetime) -> int:
    """Store a new version and return its number."""
    newest = connection.scalar(select(policies.c.version).order_by(policies.c.version.desc()).limit(1)) or 0
    connection.execute(
        insert(policies).values(
            version=newest + 1,
            parameters=policy.as_parameters(),
            created_at=now,
            created_by=by,
            reason=reason,
        )
    )
    return newest + 1


def ensure_first(connection: Connection, *, now: datetime) -> None:
    """Give a new installation the default policy as version 1."""
    if connection.scalar(select(policies.c.version).limit(1)) is None:
        add(connection, RiskPolicy(), by="installation", reason="Politique de départ", now=now)


def version(connection: Connection, number: int) -> RiskPolicy:
    """Return the policy of one version."""
    parameters = connection.scalar(select(policies.c.parameters).where(policies.c.version == number))
    return RiskPolicy.of_parameters(parameters or {})


def every(connection: Connection) -> list[Row[Any]]:
    """Return all versions with their author, date and reason, newest first."""
    return list(connection.execute(select(policies).order_by(policies.c.version.desc())))
