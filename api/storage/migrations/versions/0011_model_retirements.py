"""The model versions taken out of use"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from api.storage.types import Utc

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "model_retirements",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("retired_at", Utc(), nullable=False),
        sa.Column("retired_by", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("name", "version", name=op.f("pk_model_retirements")),
    )


def downgrade() -> None:
    op.drop_table("model_retirements")
