"""Rows that a person takes out: who, when and why; what undoing an import gives back; contradictions"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from api.storage.types import Json, Utc

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_TURBINE_DAY, _DAY = "ix_measurements_turbine_measured_on", "ix_measurements_measured_on"


def upgrade() -> None:
    op.create_table(
        "withdrawals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("withdrawn_by", sa.String(length=80), nullable=False),
        sa.Column("withdrawn_at", Utc(), nullable=False),
        sa.Column("effect", Json, nullable=False),
        sa.Column("restored_by", sa.String(length=80), nullable=True),
        sa.Column("restored_at", Utc(), nullable=True),
        sa.Column("restored_reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_withdrawals_import_id_imports")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withdrawals")),
    )
    op.create_index("ix_withdrawals_import_id", "withdrawals", ["import_id"])
    op.create_table(
        "measurement_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("measurement", sa.Integer(), nullable=False),
        sa.Column("values", Json, nullable=False),
        sa.Column("value_count", sa.Integer(), nullable=False),
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["measurement"],
            ["measurements.id"],
            name=op.f("fk_measurement_versions_measurement_measurements"),
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_measurement_versions_import_id_imports")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measurement_versions")),
    )
    op.create_index("ix_measurement_versions_import_id", "measurement_versions", ["import_id"])
    op.create_index("ix_measurement_versions_measurement", "measurement_versions", ["measurement"])
    op.create_table(
        "contradictions",
        sa.Column("turbine", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("measured_at", Utc(), nullable=False),
        sa.Column("measured_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["turbine"], ["turbines.id"], name=op.f("fk_contradictions_turbine_turbines")
        ),
        sa.PrimaryKeyConstraint("turbine", "measured_at", name=op.f("pk_contradictions")),
    )
    _add_reference("measurements", "withdrawal", "withdrawals")
    _add_reference("outcome_versions", "withdrawal", "withdrawals")
    _add_reference("planned_visits", "import_id", "imports")
    op.drop_index(_TURBINE_DAY, "measurements")
    op.drop_index(_DAY, "measurements")
    op.create_index(_TURBINE_DAY, "measurements", ["turbine", "measured_on", "value_count", "withdrawal"])
    op.create_index(_DAY, "measurements", ["measured_on", "withdrawal"])
    _note_contradictions_so_far()


def _add_reference(table: str, column: str, to: str) -> None:
    key = sa.ForeignKey(f"{to}.id", name=op.f(f"fk_{table}_{column}_{to}"))
    op.add_column(table, sa.Column(column, sa.Integer(), key, nullable=True), inline_references=True)


def _note_contradictions_so_far() -> None:
    """List the instants at which one turbine has rows with different values."""
    rows = sa.table(
        "measurements",
        sa.column("turbine"),
        sa.column("measured_at"),
        sa.column("measured_on"),
        sa.column("values"),
    )
    several = (
        sa.select(rows.c.turbine, rows.c.measured_at, sa.func.min(rows.c.measured_on))
        .where(rows.c.measured_at.is_not(None))
        .group_by(rows.c.turbine, rows.c.measured_at)
        .having(sa.func.count(sa.distinct(rows.c["values"])) > 1)
    )
    target = sa.table(
        "contradictions", sa.column("turbine"), sa.column("measured_at"), sa.column("measured_on")
    )
    op.get_bind().execute(sa.insert(target).from_select(["turbine", "measured_at", "measured_on"], several))


def downgrade() -> None:
    """Rows that were taken out stand again: the former version knows no other kind."""
    op.drop_index(_TURBINE_DAY, "measurements")
    op.drop_index(_DAY, "measurements")
    for table, column in (
        ("planned_visits", "import_id"),
        ("outcome_versions", "withdrawal"),
        ("measurements", "withdrawal"),
    ):
        with op.batch_alter_table(table) as batch:
            batch.drop_column(column)
    op.create_index(_TURBINE_DAY, "measurements", ["turbine", "measured_on", "value_count"])
    op.create_index(_DAY, "measurements", ["measured_on"])
    op.drop_table("contradictions")
    op.drop_table("measurement_versions")
    op.drop_table("withdrawals")
