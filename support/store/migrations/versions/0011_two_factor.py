"""A second factor for agents, and where they are signed in.

Revision: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("totp_secret", sa.String(length=64), nullable=True),
        sa.Column("totp_pending", sa.String(length=64), nullable=True),
        sa.Column("totp_step", sa.BigInteger(), nullable=True),
        sa.Column("recovery_codes", sa.JSON(), server_default="[]", nullable=False),
    ):
        op.add_column("agents", column)
    for column in (
        sa.Column("id", sa.String(length=32), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("device", sa.Text(), nullable=True),
    ):
        op.add_column("desk_logins", column)
    op.create_index("uq_desk_logins_id", "desk_logins", ["id"], unique=True)
