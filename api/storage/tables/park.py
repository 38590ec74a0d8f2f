"""The park, its imports, measurements, outcomes and planned visits."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    text,
)

from api.storage.tables.base import metadata
from api.storage.types import Json, Utc, Word

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
    # Who last changed the turbine's facts by hand; a register from a file leaves these columns empty.
    Column("changed_at", Utc),
    Column("changed_by", String(80)),
    # Grows with each change of the facts, so that nobody overwrites one that they have not read.
    Column("version", Integer, nullable=False, server_default="1"),
    Column("archived_at", Utc),
    # An archived simulated turbine 5 and the real turbine 5 may both exist; the living park has at most one.
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
    # Written at the start, so that an interruption shows; the report comes at the end.
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
    # Number of sensors in ``values``: the index alone finds the row that a fuller one replaces.
    Column("value_count", Integer, nullable=False, server_default="0"),
    # Where the values were made of ten-minute records: how many there were, expected and valid. The raw
    # records are not kept.
    Column("basis", Json),
    Column("identity", String(64), nullable=False),
    Column("source", Word(), nullable=False),
    Column("import_id", ForeignKey("imports.id")),
    # The withdrawal that took the row out; NULL while it stands. Whatever reads rows asks for NULL.
    Column("withdrawal", ForeignKey("withdrawals.id")),
    UniqueConstraint("turbine", "identity"),
    # « Does it stand » is answered from the index alone. It comes before the count: three equalities make
    # SQLite prefer this index to the next one, which would walk every turbine's rows of a day.
    Index("ix_measurements_turbine_measured_on", "turbine", "measured_on", "withdrawal", "value_count"),
    Index("ix_measurements_measured_on", "measured_on", "withdrawal"),
)

# Acts by which a person takes rows out: one row, the losers of a contradiction, or a whole import.
withdrawals = Table(
    "withdrawals",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Word(), nullable=False),
    Column("import_id", ForeignKey("imports.id")),
    Column("reason", String(500), nullable=False),
    Column("withdrawn_by", String(80), nullable=False),
    Column("withdrawn_at", Utc, nullable=False),
    # What it took out: rows, turbines, first and last day, and for an import labels, visits, completed rows.
    Column("effect", Json, nullable=False),
    Column("restored_by", String(80)),
    Column("restored_at", Utc),
    Column("restored_reason", String(500)),
    Index("ix_withdrawals_import_id", "import_id"),
)

# What a row held before an import completed it with more sensors.
measurement_versions = Table(
    "measurement_versions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("measurement", ForeignKey("measurements.id"), nullable=False),
    Column("values", Json, nullable=False),
    Column("value_count", Integer, nullable=False),
    Column("identity", String(64), nullable=False),
    # The import that completed the row.
    Column("import_id", ForeignKey("imports.id"), nullable=False),
    Index("ix_measurement_versions_import_id", "import_id"),
    Index("ix_measurement_versions_measurement", "measurement"),
)

# Instants at which rows of one turbine say different things; settled once one of them stands alone.
contradictions = Table(
    "contradictions",
    metadata,
    Column("turbine", ForeignKey("turbines.id"), primary_key=True),
    Column("measured_at", Utc, primary_key=True),
    Column("measured_on", Date, nullable=False),
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

# Outcomes that a correction replaced; the present one is in ``outcomes``.
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
    # The undone import that it came from: such an outcome never comes back.
    Column("withdrawal", ForeignKey("withdrawals.id")),
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
    Column("import_id", ForeignKey("imports.id")),
    UniqueConstraint("turbine", "planned_on", "known_on", "technician"),
)
