"""The audit trail: who did what, chained so that a later change of it shows."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, String, Table, Text

from api.storage.tables.base import metadata
from api.storage.types import Utc, Word

# Appended to in the transaction of each change, never changed, never purged.
audit_trail = Table(
    "audit_trail",
    metadata,
    # Given by the chain, one after the other: a number that is missing is an entry that was taken away.
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("at", Utc, nullable=False),
    Column("actor", String(80), nullable=False),
    Column("action", Word(), nullable=False),
    Column("object_kind", Word(), nullable=False),
    Column("object_id", String(120), nullable=False),
    # JSON as it was hashed: a database that rewrites numbers or order would break the chain by itself.
    Column("details", Text, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ix_audit_trail_at", "at"),
    Index("ix_audit_trail_actor", "actor", "id"),
    Index("ix_audit_trail_object_kind_object_id", "object_kind", "object_id", "id"),
)

# The one row that knows where the chain ends: without it, entries taken from the end would not be missed.
audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("entry", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
    CheckConstraint("id = 1", name="single_row"),
)
