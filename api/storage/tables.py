"""The one schema, for SQLite and PostgreSQL alike.

Times are UTC instants; days are calendar days in Europe/Paris. Sensor values stand in one JSON column, so
that a model with other features changes no table.
"""

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
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from api.storage.types import Json, Utc, Word

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# --- the park and its measurements ---

turbines = Table(
    "turbines",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("turbine_id", String(64), nullable=False),
    Column("source", Word(), nullable=False),
    Column("site", String(120)),
    Column("farm", String(120)),
    Column("rated_power_kw", Float),
    Column("commissioned_on", Date),
    Column("service_state", Word(), nullable=False, server_default="en_service"),
    Column("created_at", Utc, nullable=False),
    # Who last changed what is told of the machine, by hand; a register from a file leaves them empty.
    Column("changed_at", Utc),
    Column("changed_by", String(80)),
    Column("archived_at", Utc),
    # An archived simulated turbine 5 and the real turbine 5 may both exist; only one is of the living park.
    Index(
        "uq_turbines_living",
        "turbine_id",
        unique=True,
        sqlite_where=text("archived_at IS NULL"),
        postgresql_where=text("archived_at IS NULL"),
    ),
)

imports = Table(
    "imports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("filename", String(255), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("source", Word(), nullable=False),
    # Written first, so that an import that was interrupted is seen; its report comes at the end.
    Column("status", Word(), nullable=False),
    Column("report", Json),
    Column("imported_by", String(80), nullable=False),
    Column("started_at", Utc, nullable=False),
    Column("finished_at", Utc),
    Index("ix_imports_sha256", "sha256"),
)

measurements = Table(
    "measurements",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("turbine", ForeignKey("turbines.id"), nullable=False),
    Column("measured_on", Date, nullable=False),
    Column("measured_at", Utc),
    Column("values", Json, nullable=False),
    # How many sensors stand in ``values``: the index alone finds a row that comes back with more of them.
    Column("value_count", Integer, nullable=False, server_default="0"),
    Column("identity", String(64), nullable=False),
    Column("source", Word(), nullable=False),
    Column("import_id", ForeignKey("imports.id")),
    UniqueConstraint("turbine", "identity"),
    Index("ix_measurements_turbine_measured_on", "turbine", "measured_on", "value_count"),
    Index("ix_measurements_measured_on", "measured_on"),
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("measurement", ForeignKey("measurements.id"), primary_key=True),
    Column("failure_within_7d", Boolean),
    Column("time_to_failure_days", Float),
    Column("recorded_at", Utc, nullable=False),
    Column("source", Word(), nullable=False),
    Column("import_id", ForeignKey("imports.id")),
)

# What an outcome was before it was corrected; the present one stands in ``outcomes``.
outcome_versions = Table(
    "outcome_versions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("measurement", ForeignKey("measurements.id"), nullable=False),
    Column("failure_within_7d", Boolean),
    Column("time_to_failure_days", Float),
    Column("recorded_at", Utc, nullable=False),
    Column("source", Word(), nullable=False),
    Column("import_id", ForeignKey("imports.id")),
    Column("replaced_at", Utc, nullable=False),
    Column("replaced_by", String(80), nullable=False),
    Index("ix_outcome_versions_measurement", "measurement", "id"),
)

planned_visits = Table(
    "planned_visits",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("turbine", ForeignKey("turbines.id"), nullable=False),
    Column("planned_on", Date, nullable=False),
    Column("known_on", Date, nullable=False),
    Column("technician", String(64)),
    Column("source", Word(), nullable=False),
    UniqueConstraint("turbine", "planned_on", "known_on", "technician"),
)

# --- models, policy ---

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

# --- scoring runs ---

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
    UniqueConstraint("run", "turbine"),
    Index("ix_scores_turbine_run", "turbine", "run"),
    Index("ix_scores_run_level_rank", "run", "level", "rank"),
)

# The one row that says which run people see: a run is published by changing it, whole or not at all.
publication = Table(
    "publication",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run", ForeignKey("runs.id")),
    CheckConstraint("id = 1", name="single_row"),
)

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

# What one worker at a time may do; a holder that dies lets go by itself.
leases = Table(
    "leases",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("holder", String(120), nullable=False),
    Column("until", Utc, nullable=False),
)

# One row per ``Idempotency-Key``: the same key gets the same answer, whatever was lost on the way back.
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

# --- people, machines, what they did ---

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
