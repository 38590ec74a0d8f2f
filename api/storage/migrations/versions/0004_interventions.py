"""Interventions, what was found, and who did what"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from api.storage.types import Json, Utc

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_LIVING = sa.text("state IN ('proposee', 'planifiee', 'en_cours')")


def upgrade() -> None:
    op.create_table(
        "interventions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("turbine", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("run", sa.Integer(), nullable=True),
        sa.Column("measurement", sa.Integer(), nullable=True),
        sa.Column("level", sa.String(length=16), nullable=True),
        sa.Column("probability", sa.Float(), nullable=True),
        sa.Column("priority", sa.String(length=16), nullable=False),
        sa.Column("assignee", sa.String(length=64), nullable=True),
        sa.Column("skills", Json, nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=True),
        sa.Column("expected_hours", sa.Float(), nullable=True),
        sa.Column("checklist", Json, nullable=False),
        sa.Column("verdict", sa.String(length=32), nullable=True),
        sa.Column("findings", sa.Text(), nullable=True),
        sa.Column("downtime_hours", sa.Float(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("acknowledged_at", Utc(), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=80), nullable=True),
        sa.Column("started_at", Utc(), nullable=True),
        sa.Column("closed_at", Utc(), nullable=True),
        sa.Column("closed_by", sa.String(length=80), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["turbine"], ["turbines.id"], name=op.f("fk_interventions_turbine_turbines")),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_interventions_run_runs")),
        sa.ForeignKeyConstraint(
            ["measurement"], ["measurements.id"], name=op.f("fk_interventions_measurement_measurements")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interventions")),
    )
    with op.batch_alter_table("interventions", schema=None) as batch_op:
        batch_op.create_index(
            "uq_interventions_living",
            ["turbine"],
            unique=True,
            sqlite_where=_LIVING,
            postgresql_where=_LIVING,
        )
        batch_op.create_index("ix_interventions_turbine_done_on", ["turbine", "done_on"], unique=False)
        batch_op.create_index("ix_interventions_state_planned_on", ["state", "planned_on"], unique=False)
        batch_op.create_index("ix_interventions_assignee_state", ["assignee", "state"], unique=False)

    op.create_table(
        "intervention_journal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("intervention", sa.Integer(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("changes", Json, nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["intervention"],
            ["interventions.id"],
            name=op.f("fk_intervention_journal_intervention_interventions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intervention_journal")),
    )
    with op.batch_alter_table("intervention_journal", schema=None) as batch_op:
        batch_op.create_index("ix_intervention_journal_intervention", ["intervention", "id"], unique=False)

    op.create_table(
        "intervention_photos",
        sa.Column("intervention", sa.Integer(), nullable=False),
        sa.Column("content_type", sa.String(length=32), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("added_at", Utc(), nullable=False),
        sa.Column("added_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["intervention"],
            ["interventions.id"],
            name=op.f("fk_intervention_photos_intervention_interventions"),
        ),
        sa.PrimaryKeyConstraint("intervention", name=op.f("pk_intervention_photos")),
    )


def downgrade() -> None:
    op.drop_table("intervention_photos")
    with op.batch_alter_table("intervention_journal", schema=None) as batch_op:
        batch_op.drop_index("ix_intervention_journal_intervention")
    op.drop_table("intervention_journal")
    with op.batch_alter_table("interventions", schema=None) as batch_op:
        batch_op.drop_index("ix_interventions_assignee_state")
        batch_op.drop_index("ix_interventions_state_planned_on")
        batch_op.drop_index("ix_interventions_turbine_done_on")
        batch_op.drop_index("uq_interventions_living", sqlite_where=_LIVING, postgresql_where=_LIVING)
    op.drop_table("interventions")
