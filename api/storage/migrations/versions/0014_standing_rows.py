"""« Does it stand » before the count of values: SQLite then goes from a turbine to its own rows"""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_TURBINE_DAY = "ix_measurements_turbine_measured_on"


def upgrade() -> None:
    _rebuild("withdrawal", "value_count")


def downgrade() -> None:
    _rebuild("value_count", "withdrawal")


def _rebuild(*columns: str) -> None:
    op.drop_index(_TURBINE_DAY, "measurements")
    op.create_index(_TURBINE_DAY, "measurements", ["turbine", "measured_on", *columns])
