"""The inputs of the last week plan."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table

from api.storage.tables.base import metadata
from api.storage.types import Json, Utc

# One row per installation: crews change little from week to week, whoever plans.
week_plan_inputs = Table(
    "week_plan_inputs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("inputs", Json, nullable=False),
    Column("saved_at", Utc, nullable=False),
    Column("saved_by", String(80), nullable=False),
)
