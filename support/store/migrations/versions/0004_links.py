"""One conversation on several channels: links, their codes, and each message's channel.

Revision: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, length in (("used_channel", 16), ("preferred_channel", 16), ("joined_to", 32)):
        op.add_column("threads", sa.Column(name, sa.String(length=length), nullable=True))
    op.create_index(op.f("ix_threads_joined_to"), "threads", ["joined_to"])
    op.add_column(
        "messages",
        sa.Column("channel", sa.String(length=16), server_default="website", nullable=False),
    )
    op.execute(
        "UPDATE messages SET channel = (SELECT channel FROM conversations"
        " WHERE conversations.id = messages.conversation_id)"
    )
    op.create_table(
        "links",
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("thread_id", sa.String(length=32), nullable=False),
        sa.Column("shown_seq", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["thread_id"],
            ["threads.id"],
            name=op.f("fk_links_thread_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("channel", "address", name=op.f("pk_links")),
        sa.UniqueConstraint("thread_id", "channel", name=op.f("uq_links_thread_id_channel")),
    )
    op.create_table(
        "link_codes",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("thread_id", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["thread_id"],
            ["threads.id"],
            name=op.f("fk_link_codes_thread_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_link_codes")),
    )
    op.create_index(op.f("ix_link_codes_thread_id"), "link_codes", ["thread_id"])
