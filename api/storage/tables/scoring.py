"""Models in force, the risk policy, runs and their published scores."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from api.storage.tables.base import metadata
from api.storage.types import Json, Utc, Word

model_activations = Table(
    "model_activations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("task", Word(), nullable=False),
    Column("name", String(80), nullable=False),
    Column("version", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("activated_at", Utc, nullable=False),
    Column("activated_by", String(80), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("admitted_by", String(80)),
    Index("ix_model_activations_task_id", "task", "id"),
)

policies = Table(
    "policies",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("parameters", Json, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("created_by", String(80), nullable=False),
    Column("reason", String(500), nullable=False),
)


_PRESENT = text("ended_at IS NULL")
_LIVING = text("kind = 'planifie' AND status NOT IN ('echoue', 'interrompu') AND archived_at IS NULL")

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Word(), nullable=False),
    Column("as_of", Date, nullable=False),
    Column("status", Word(), nullable=False),
    Column("requested_by", String(80), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("started_at", Utc),
    Column("finished_at", Utc),
    Column("published_at", Utc),
    # Set when real measurements replace the simulated park: its runs leave the cockpit, not the database.
    Column("archived_at", Utc),
    Column("total", Integer, nullable=False, server_default="0"),
    Column("done", Integer, nullable=False, server_default="0"),
    Column("failed", Integer, nullable=False, server_default="0"),
    Column("stale", Integer, nullable=False, server_default="0"),
    Column("counts", Json),
    Column("models", Json, nullable=False),
    Column("policy_version", ForeignKey("policies.version")),
    Column("threshold", Float),
    Column("error", Text),
    # What a run under way is doing; a run is asked to stop by naming who asks, and stops at its next look.
    Column("phase", Word()),
    Column("cancel_asked_by", String(80)),
    # One scheduled run per day, however many workers find it due at once; one that ended badly may be redone.
    Index("uq_runs_scheduled", "as_of", unique=True, sqlite_where=_LIVING, postgresql_where=_LIVING),
    Index("ix_runs_as_of_published_at", "as_of", "published_at"),
)

scores = Table(
    "scores",
    metadata,
    Column("run", ForeignKey("runs.id"), primary_key=True),
    Column("rank", Integer, primary_key=True),
    Column("turbine", ForeignKey("turbines.id"), nullable=False),
    Column("measurement", ForeignKey("measurements.id")),
    Column("measured_on", Date),
    Column("probability", Float),
    Column("days_left", Float),
    Column("days_low", Float),
    Column("days_high", Float),
    Column("level", Word(16), nullable=False),
    Column("risk_score", Float, nullable=False),
    Column("data_status", Word(16), nullable=False),
    Column("main_driver", Json),
    Column("planned_visit_on", Date),
    Column("warnings", Json),
    # One bit per queue (api/storage/park/changes.py), so that a queue is a filter like any other.
    Column("queues", Integer),
    UniqueConstraint("run", "turbine"),
    Index("ix_scores_turbine_run", "turbine", "run"),
    Index("ix_scores_run_level_rank", "run", "level", "rank"),
)

# Versions that score each run without speaking: their outputs are compared, and shown to nobody else.
shadow_candidates = Table(
    "shadow_candidates",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("task", Word(), nullable=False),
    Column("name", String(80), nullable=False),
    Column("version", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("since", Utc, nullable=False),
    Column("set_by", String(80), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("ended_at", Utc),
    Column("ended_by", String(80)),
    Column("end_reason", String(500)),
    # The last run that it could not score, forgotten when it scores one again.
    Column("failed_run", ForeignKey("runs.id")),
    Column("failed_at", Utc),
    Column("failure", Text),
    Index(
        "uq_shadow_candidates_living", "task", unique=True, sqlite_where=_PRESENT, postgresql_where=_PRESENT
    ),
)

shadow_scores = Table(
    "shadow_scores",
    metadata,
    Column("candidate", ForeignKey("shadow_candidates.id"), primary_key=True),
    Column("run", ForeignKey("runs.id"), primary_key=True),
    Column("turbine", ForeignKey("turbines.id"), primary_key=True),
    Column("raw_output", Float, nullable=False),
    Column("output", Float, nullable=False),  # the probability as it would be shown, or the days left
)

# What became of a turbine since the run before: a row only where something is to be told or remembered.
park_changes = Table(
    "park_changes",
    metadata,
    Column("run", ForeignKey("runs.id"), primary_key=True),
    Column("turbine", ForeignKey("turbines.id"), primary_key=True),
    # The change as the two rankings show it.
    Column("kind", Word(16)),
    Column("from_level", Word(16)),
    Column("to_level", Word(16)),
    Column("cause", Json),
    # The same with margins: what is told once, and the level that stands told where it is not the shown one.
    Column("event", Word(16)),
    Column("event_from", Word(16)),
    Column("told_level", Word(16)),
    Index("ix_park_changes_run_event", "run", "event"),
)

# What a published run says of the park as a whole, beside its scores.
run_summaries = Table(
    "run_summaries",
    metadata,
    Column("run", ForeignKey("runs.id"), primary_key=True),
    Column("previous", ForeignKey("runs.id")),
    Column("events", Json, nullable=False),
    Column("queues", Json, nullable=False),
    Column("interval", Json),
)

# The one row that says which run people see: a run is published by changing it, whole or not at all.
publication = Table(
    "publication",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run", ForeignKey("runs.id")),
    CheckConstraint("id = 1", name="single_row"),
)
