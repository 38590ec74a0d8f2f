"""Candidates in shadow and what they said of each run"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from api.storage.types import Utc

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shadow_candidates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("since", Utc(), nullable=False),
        sa.Column("set_by", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("ended_at", Utc(), nullable=True),
        sa.Column("ended_by", sa.String(length=80), nullable=True),
        sa.Column("end_reason", sa.String(length=500), nullable=True),
        sa.Column("failed_run", sa.Integer(), nullable=True),
        sa.Column("failed_at", Utc(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["failed_run"], ["runs.id"], name=op.f("fk_shadow_candidates_failed_run_runs")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shadow_candidates")),
    )
    with op.batch_alter_table("shadow_candidates", schema=None) as batch_op:
        batch_op.create_index(
            "uq_shadow_candidates_living",
            ["task"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "shadow_scores",
        sa.Column("candidate", sa.Integer(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("turbine", sa.Integer(), nullable=False),
        sa.Column("raw_output", sa.Float(), nullable=False),
        sa.Column("output", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["candidate"], ["shadow_candidates.id"], name=op.f("fk_shadow_scores_candidate_shadow_candidates")
        ),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_shadow_scores_run_runs")),
        sa.ForeignKeyConstraint(["turbine"], ["turbines.id"], name=op.f("fk_shadow_scores_turbine_turbines")),
        sa.PrimaryKeyConstraint("candidate", "run", "turbine", name=op.f("pk_shadow_scores")),
    )


def downgrade() -> None:
    op.drop_table("shadow_scores")
    with op.batch_alter_table("shadow_candidates", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_shadow_candidates_living",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.drop_table("shadow_candidates")
