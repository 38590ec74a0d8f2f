"""The versions of accounts and turbines, which a change must have read"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None
_VERSIONED = ("turbines", "users")


def upgrade() -> None:
    for table in _VERSIONED:
        op.add_column(table, sa.Column("version", sa.Integer(), nullable=False, server_default="1"))


def downgrade() -> None:
    for table in _VERSIONED:
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column("version")
