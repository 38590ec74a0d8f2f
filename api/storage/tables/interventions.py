"""Interventions, their photos and their journal."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    text,
)

from api.storage.tables.base import metadata
from api.storage.types import Json, Utc, Word

_LIVING = text("state IN ('proposee', 'planifiee', 'en_cours')")

interventions = Table(
    "interventions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("turbine", ForeignKey("turbines.id"), nullable=False),
    Column("state", Word(16), nullable=False),
    # Why it was opened, and the turbine's score in the published run of that moment.
    Column("origin", Word(16), nullable=False),
    Column("reason", Text),
    Column("run", ForeignKey("runs.id")),
    Column("measurement", ForeignKey("measurements.id")),
    Column("level", Word(16)),
    Column("probability", Float),
    Column("priority", Word(16), nullable=False),
    Column("assignee", String(64)),
    Column("skills", Json, nullable=False),
    Column("planned_on", Date),
    Column("expected_hours", Float),
    Column("checklist", Json, nullable=False),
    Column("verdict", Word()),
    Column("findings", Text),
    Column("downtime_hours", Float),
    # Day of the park's calendar on which it ended, to compare with runs and measurements.
    Column("done_on", Date),
    # Of a dismissed recommendation: its last day.
    Column("dismissed_until", Date),
    Column("created_at", Utc, nullable=False),
    Column("created_by", String(80), nullable=False),
    Column("acknowledged_at", Utc),
    Column("acknowledged_by", String(80)),
    Column("started_at", Utc),
    Column("closed_at", Utc),
    Column("closed_by", String(80)),
    # Grows with each change, so that nobody overwrites a change that they have not read.
    Column("version", Integer, nullable=False, server_default="1"),
    # A lasting alarm never opens a second intervention.
    Index("uq_interventions_living", "turbine", unique=True, sqlite_where=_LIVING, postgresql_where=_LIVING),
    Index("ix_interventions_turbine_done_on", "turbine", "done_on"),
    Index("ix_interventions_state_planned_on", "state", "planned_on"),
    Index("ix_interventions_assignee_state", "assignee", "state"),
)

# Each change appends its entry in its own transaction; entries are never changed.
intervention_journal = Table(
    "intervention_journal",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("intervention", ForeignKey("interventions.id"), nullable=False),
    Column("at", Utc, nullable=False),
    Column("by", String(80), nullable=False),
    Column("action", Word(), nullable=False),
    Column("changes", Json, nullable=False),
    Column("comment", Text),
    Index("ix_intervention_journal_intervention", "intervention", "id"),
)

# In a table of their own, so that no list reads them.
intervention_photos = Table(
    "intervention_photos",
    metadata,
    Column("intervention", ForeignKey("interventions.id"), primary_key=True),
    Column("content_type", Word(), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("added_at", Utc, nullable=False),
    Column("added_by", String(80), nullable=False),
)
