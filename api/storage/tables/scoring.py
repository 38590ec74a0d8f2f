"""Models in service, the risk policy, runs and their published scores."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
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
    # Of the manifest, and so of every file; unknown for what was activated before it was kept.
    Column("manifest_sha256", String(64)),
    Index("ix_model_activations_task_id", "task", "id"),
)

model_retirements = Table(
    "model_retirements",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("retired_at", Utc, nullable=False),
    Column("retired_by", String(80), nullable=False),
    Column("reason", String(500), nullable=False),
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
    # Set when real measurements replace the simulated park: its runs leave the pages, not the database.
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
    # The step of a run under way. A run stops at its next step once ``cancel_asked_by`` is set.
    Column("phase", Word()),
    Column("cancel_asked_by", String(80)),
    # One scheduled run per day, however many workers see it due at once; a failed run may be redone.
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
    # Whether decisions may rest on days_low.
    Column("days_proved", Boolean),
    Column("level", Word(16), nullable=False),
    Column("risk_score", Float, nullable=False),
    Column("data_status", Word(16), nullable=False),
    Column("main_driver", Json),
    Column("planned_visit_on", Date),
    Column("warnings", Json),
    # One bit per queue (api/storage/park/scores.py), so that a queue is a plain filter.
    Column("queues", Integer),
    UniqueConstraint("run", "turbine"),
    Index("ix_scores_turbine_run", "turbine", "run"),
    Index("ix_scores_run_level_rank", "run", "level", "rank"),
)

# Versions that score each run in shadow: their outputs are compared with the published ones, never published.
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
    # The last run that it could not score; emptied when it scores a run again.
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
    Column("output", Float, nullable=False),  # the probability that would be published, or the days left
)

# Changes since the run before: a row only for a turbine with a change, or a level to remember.
park_changes = Table(
    "park_changes",
    metadata,
    Column("run", ForeignKey("runs.id"), primary_key=True),
    Column("turbine", ForeignKey("turbines.id"), primary_key=True),
    # The plain difference between the two rankings.
    Column("kind", Word(16)),
    Column("from_level", Word(16)),
    Column("to_level", Word(16)),
    Column("cause", Json),
    # The event, with margins, and the last announced level where it differs from the present one.
    Column("event", Word(16)),
    Column("event_from", Word(16)),
    Column("told_level", Word(16)),
    Index("ix_park_changes_run_event", "run", "event"),
)

# Figures of a published run about the park as a whole.
run_summaries = Table(
    "run_summaries",
    metadata,
    Column("run", ForeignKey("runs.id"), primary_key=True),
    Column("previous", ForeignKey("runs.id")),
    Column("events", Json, nullable=False),
    Column("queues", Json, nullable=False),
    Column("interval", Json),
)

# One row: the run that people see. Changing it publishes a run, whole or not at all.
publication = Table(
    "publication",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run", ForeignKey("runs.id")),
    CheckConstraint("id = 1", name="single_row"),
)
