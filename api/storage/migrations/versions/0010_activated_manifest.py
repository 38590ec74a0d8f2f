"""The fingerprint of the manifest that was activated, and so of every file of the version"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("model_activations", sa.Column("manifest_sha256", sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column("model_activations", "manifest_sha256")
