"""Alembic's entry point; the connection comes from :mod:`api.storage.migrate`."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

from api.storage.tables import metadata
from api.storage.types import Json, Utc


def _render(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Write the project's own types by their names, so that a migration reads like the tables."""
    if kind == "type" and isinstance(item, Utc):
        return "Utc()"
    if kind == "type" and item is Json:
        return "Json"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    render_item=_render,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
