"""What was given for the last plan of a week"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from api.storage.types import Json, Utc

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "week_plan_inputs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("inputs", Json, nullable=False),
        sa.Column("saved_at", Utc(), nullable=False),
        sa.Column("saved_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_week_plan_inputs")),
    )


def downgrade() -> None:
    op.drop_table("week_plan_inputs")
