"""Which run counts as the last attempt to bring the cockpit up to date."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from api.storage.tables import publication, runs

SAYS_NOTHING = ("en_attente", "en_cours", "annule")
"""States of a run that tell nothing yet, or nothing at all, of how scorings go."""


def last_attempt(connection: Connection, *, ended: bool = False) -> Row[Any] | None:
    """The last attempt at the published ranking's day or at a later one; None before the first run.

    A former day that is scored again hides nothing of today's scoring and tells nothing of it, however recent
    its number: runs count by their day first, and those of a day before the published ranking's do not count.
    The result is the published run itself where nothing was tried since.

    Args:
        connection: to read with.
        ended: leave out the runs that are not over, and those that somebody cancelled.
    """
    shown_day = select(runs.c.as_of).join(publication, publication.c.run == runs.c.id).scalar_subquery()
    query = select(runs).where(
        runs.c.archived_at.is_(None), shown_day.is_(None) | (runs.c.as_of >= shown_day)
    )
    if ended:
        query = query.where(runs.c.status.not_in(SAYS_NOTHING))
    return connection.execute(query.order_by(runs.c.as_of.desc(), runs.c.id.desc()).limit(1)).one_or_none()
