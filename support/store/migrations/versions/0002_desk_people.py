"""What agents can do and how much, which team a ticket waits for, who looks at a conversation.

Revision: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("skills", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("langs", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("team", sa.String(length=40), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("agents", column)
    op.add_column("tickets", sa.Column("team", sa.String(length=40), nullable=True))
    op.create_table(
        "presences",
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("viewing_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("typing_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_presences_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_presences_agent_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("conversation_id", "agent_id", name=op.f("pk_presences")),
    )
    op.create_index(op.f("ix_presences_agent_id"), "presences", ["agent_id"])
