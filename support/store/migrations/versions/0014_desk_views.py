"""Views that agents save, labels that find their conversations, and indexes for the desk's lists.

Revision: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_RESOLVED = sa.text("state = 'resolved'")
_SNOOZED = sa.text("snoozed_until IS NOT NULL")


def upgrade() -> None:
    op.add_column(
        "saved_searches",
        sa.Column("place", sa.String(length=16), server_default="transcripts", nullable=False),
    )
    for name in ("channel", "lang", "reason", "topic", "resolved_by"):
        op.create_index(
            f"ix_conversations_resolved_{name}",
            "conversations",
            [name, "updated_at"],
            sqlite_where=_RESOLVED,
            postgresql_where=_RESOLVED,
        )
    op.create_index("ix_conversations_customer_id", "conversations", ["customer_id"])
    op.create_index("ix_cases_conversation_id", "cases", ["conversation_id"])
    op.create_index(
        "ix_conversations_snoozed_until",
        "conversations",
        ["snoozed_until"],
        sqlite_where=_SNOOZED,
        postgresql_where=_SNOOZED,
    )
    op.create_table(
        "conversation_labels",
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_conversation_labels_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("label", "conversation_id", name=op.f("pk_conversation_labels")),
    )
    op.create_index(
        op.f("ix_conversation_labels_conversation_id"), "conversation_labels", ["conversation_id"]
    )
    # Each database takes a JSON list apart in its own words.
    each = (
        "json_each(conversations.labels)"
        if op.get_bind().dialect.name == "sqlite"
        else "json_array_elements_text(conversations.labels)"
    )
    op.execute(
        "INSERT INTO conversation_labels (label, conversation_id)"  # noqa: S608 - ours
        f" SELECT DISTINCT label.value, conversations.id FROM conversations, {each} AS label"
    )
