"""A page of scores in the natural order of turbines, which is not SQL's."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, Select

from api.domain.measurements import natural_key
from api.storage.tables import scores, turbines


def page_by_turbine(
    connection: Connection,
    matching: Select[Any],
    scored: Select[Any],
    *,
    falling: bool,
    limit: int | None,
    offset: int,
) -> tuple[int, list[Row[Any]]]:
    """How many scores match, and one page of them, by turbine: only names are read of those off the page.

    Args:
        connection: to read with.
        matching: the scores of one run that are kept, joined with their turbines.
        scored: the whole scores of that run.
        falling: the highest turbine first.
        limit: size of the page; None for all.
        offset: scores before the page.
    """
    named = connection.execute(matching.with_only_columns(scores.c.rank, turbines.c.turbine_id)).all()
    order = sorted(named, key=lambda row: natural_key(row[1]), reverse=falling)
    end = None if limit is None else offset + limit
    ranks = [row[0] for row in order[offset:end]]
    found = {row.rank: row for row in connection.execute(scored.where(scores.c.rank.in_(ranks)))}
    return len(named), [found[rank] for rank in ranks]
