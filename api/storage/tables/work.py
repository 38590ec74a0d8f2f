"""Jobs, the workers that take them, leases, and idempotency keys."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from api.storage.tables.base import metadata
from api.storage.types import Json, Utc, Word

jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Word(), nullable=False),
    Column("payload", Json, nullable=False),
    Column("status", Word(), nullable=False),
    Column("requested_by", String(80), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("leased_by", String(120)),
    Column("leased_until", Utc),
    Column("finished_at", Utc),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("total", Integer, nullable=False, server_default="0"),
    Column("done", Integer, nullable=False, server_default="0"),
    Column("result", Json),
    Column("error", Text),
    Index("ix_jobs_status_id", "status", "id"),
)

workers = Table(
    "workers",
    metadata,
    Column("name", String(120), primary_key=True),
    Column("started_at", Utc, nullable=False),
    Column("seen_at", Utc, nullable=False),
)

# Work that one worker at a time may do; the lease of a dead holder ends by itself.
leases = Table(
    "leases",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("holder", String(120), nullable=False),
    Column("until", Utc, nullable=False),
)

# One row per ``Idempotency-Key``: the same key gets the same answer, even if the first answer was lost.
intake_keys = Table(
    "intake_keys",
    metadata,
    Column("principal", String(80), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("job", ForeignKey("jobs.id")),
    Column("answer", Json),
    Index("ix_intake_keys_created_at", "created_at"),
)
