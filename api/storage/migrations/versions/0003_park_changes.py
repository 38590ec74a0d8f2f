"""What changed in the park from one run to the next"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from api.storage.types import Json

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "park_changes",
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("turbine", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=True),
        sa.Column("from_level", sa.String(length=16), nullable=True),
        sa.Column("to_level", sa.String(length=16), nullable=True),
        sa.Column("cause", Json, nullable=True),
        sa.Column("event", sa.String(length=16), nullable=True),
        sa.Column("event_from", sa.String(length=16), nullable=True),
        sa.Column("told_level", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_park_changes_run_runs")),
        sa.ForeignKeyConstraint(["turbine"], ["turbines.id"], name=op.f("fk_park_changes_turbine_turbines")),
        sa.PrimaryKeyConstraint("run", "turbine", name=op.f("pk_park_changes")),
    )
    with op.batch_alter_table("park_changes", schema=None) as batch_op:
        batch_op.create_index("ix_park_changes_run_event", ["run", "event"], unique=False)

    op.create_table(
        "run_summaries",
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("previous", sa.Integer(), nullable=True),
        sa.Column("events", Json, nullable=False),
        sa.Column("queues", Json, nullable=False),
        sa.Column("interval", Json, nullable=True),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_run_summaries_run_runs")),
        sa.ForeignKeyConstraint(["previous"], ["runs.id"], name=op.f("fk_run_summaries_previous_runs")),
        sa.PrimaryKeyConstraint("run", name=op.f("pk_run_summaries")),
    )
    op.add_column("scores", sa.Column("queues", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("scores", schema=None) as batch_op:
        batch_op.drop_column("queues")
    op.drop_table("run_summaries")
    with op.batch_alter_table("park_changes", schema=None) as batch_op:
        batch_op.drop_index("ix_park_changes_run_event")
    op.drop_table("park_changes")
