"""The audit trail: who did what, in a hash chain, so that a later change shows."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, String, Table, Text

from api.storage.tables.base import metadata
from api.storage.types import Utc, Word

# Each change appends its entry in its own transaction; entries are never changed nor purged.
audit_trail = Table(
    "audit_trail",
    metadata,
    # The chain numbers entries without gaps: a missing number is a removed entry.
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("at", Utc, nullable=False),
    Column("actor", String(80), nullable=False),
    Column("action", Word(), nullable=False),
    Column("object_kind", Word(), nullable=False),
    Column("object_id", String(120), nullable=False),
    # Text and not JSON: a database that rewrites numbers or order would change what was hashed.
    Column("details", Text, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ix_audit_trail_at", "at"),
    Index("ix_audit_trail_actor", "actor", "id"),
    Index("ix_audit_trail_object_kind_object_id", "object_kind", "object_id", "id"),
)

# One row with the end of the chain: without it, nobody would see that the last entries were removed.
audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("entry", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
    CheckConstraint("id = 1", name="single_row"),
)
