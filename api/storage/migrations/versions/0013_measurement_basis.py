"""What the values of a measurement rest on, where records were joined into a day"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from api.storage.types import Json

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("measurements", sa.Column("basis", Json, nullable=True))


def downgrade() -> None:
    op.drop_column("measurements", "basis")
