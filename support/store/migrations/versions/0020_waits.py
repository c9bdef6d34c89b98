"""When each wait in the queue began, beside what the place in it is counted from, and until when a
person had been promised, whatever was said of it later.

Revision: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tickets", sa.Column("began_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE tickets SET began_at = queued_at")
    # Without one: a ticket from before, whose range was told last at `estimated_at`.
    op.add_column("tickets", sa.Column("told_until", sa.DateTime(timezone=True)))
