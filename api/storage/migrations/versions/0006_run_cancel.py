"""What a run under way is doing, and who asked to stop it"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two columns of the runs; both stay empty for the runs that ended before."""
    op.add_column("runs", sa.Column("phase", sa.String(length=32), nullable=True))
    op.add_column("runs", sa.Column("cancel_asked_by", sa.String(length=80), nullable=True))
