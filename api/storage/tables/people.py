"""Accounts, sessions, API keys, and the call log."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, LargeBinary, String, Table

from api.storage.tables.base import metadata
from api.storage.types import Json, Utc, Word

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("username", String(64), nullable=False, unique=True),
    Column("display_name", String(120), nullable=False),
    Column("role", Word(), nullable=False),
    Column("password_hash", String(100), nullable=False),
    Column("failed_attempts", Integer, nullable=False, server_default="0"),
    Column("locked_until", Utc),
    Column("active", Boolean, nullable=False),
    Column("demo", Boolean, nullable=False),
    Column("token_version", Integer, nullable=False, server_default="1"),
    Column("created_at", Utc, nullable=False),
    # Grows with each change that somebody makes, so that nobody overwrites one that they have not read.
    Column("version", Integer, nullable=False, server_default="1"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("token_sha256", String(64), nullable=False, unique=True),
    Column("user", ForeignKey("users.id"), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("revoked_at", Utc),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(80), nullable=False, unique=True),
    Column("key_sha256", String(64), nullable=False, unique=True),
    Column("scopes", Json, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("created_by", String(80), nullable=False),
    Column("revoked_at", Utc),
    Column("last_used_at", Utc),
)

call_log = Table(
    "call_log",
    metadata,
    Column("request_id", String(64), primary_key=True),
    Column("at", Utc, nullable=False),
    Column("method", String(8), nullable=False),
    Column("endpoint", String(200), nullable=False),
    Column("purpose", Word(16)),
    Column("principal", String(80), nullable=False),
    Column("status", Integer, nullable=False),
    Column("duration_ms", Float, nullable=False),
    Column("rows", Integer),
    Column("turbine_id", String(64)),
    Column("error", String(200)),
    Column("inputs", LargeBinary),
    Column("outputs", LargeBinary),
    # Covers the statistics of the supervision page.
    Index("ix_call_log_at", "at", "status", "duration_ms"),
)
