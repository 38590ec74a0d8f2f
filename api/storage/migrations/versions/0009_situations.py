"""What the situation of a turbine rests on: proved bounds of the days left, the end of a dismissal"""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


DISMISSED = timedelta(days=7)  # the policy's urgent days at that time


def upgrade() -> None:
    """Dismissals so far had no last day: give them one. They were ended in the instant that opened them."""
    op.add_column("scores", sa.Column("days_proved", sa.Boolean(), nullable=True))
    op.add_column("interventions", sa.Column("dismissed_until", sa.Date(), nullable=True))
    table = sa.table(
        "interventions",
        *(sa.column(name) for name in ("id", "state", "origin", "created_at", "closed_at")),
        sa.column("done_on", sa.Date()),
        sa.column("dismissed_until", sa.Date()),
    )
    bind = op.get_bind()
    dismissed = sa.select(table.c.id, table.c.done_on).where(
        table.c.state == "annulee",
        table.c.origin == "recommandation",
        table.c.closed_at == table.c.created_at,
    )
    for number, done_on in bind.execute(dismissed).all():
        until = {"dismissed_until": done_on + DISMISSED}
        bind.execute(sa.update(table).where(table.c.id == number).values(until))


def downgrade() -> None:
    op.drop_column("interventions", "dismissed_until")
    op.drop_column("scores", "days_proved")
