"""The last attempt to bring the ranking up to date."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from api.storage.tables import publication, runs

SAYS_NOTHING = ("en_attente", "en_cours", "annule")
"""States of a run that has no result yet, or never will."""


def last_attempt(connection: Connection, *, ended: bool = False) -> Row[Any] | None:
    """Return the last run of the published ranking's day or of a later one; None before the first run.

    Runs count by their day first, then by number: a recomputed earlier day says nothing of today's scoring.
    The result is the published run itself where no run was started since.

    Args:
        connection: to read with.
        ended: ignore runs that are not over, and cancelled ones.
    """
    published_day = select(runs.c.as_of).join(publication, publication.c.run == runs.c.id).scalar_subquery()
    query = select(runs).where(
        runs.c.archived_at.is_(None), published_day.is_(None) | (runs.c.as_of >= published_day)
    )
    if ended:
        query = query.where(runs.c.status.not_in(SAYS_NOTHING))
    return connection.execute(query.order_by(runs.c.as_of.desc(), runs.c.id.desc()).limit(1)).one_or_none()
