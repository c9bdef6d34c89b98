"""Reviews with a scorecard and a reader; indexes for what deserves a review."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("reviews") as table:
        table.add_column(sa.Column("scorecard", sa.JSON(), server_default="{}", nullable=False))
        table.add_column(sa.Column("to_agent_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True))
        table.create_foreign_key(op.f("fk_reviews_to_agent_id"), "agents", ["to_agent_id"], ["id"])
        table.create_index("ix_reviews_to_agent_id_id", ["to_agent_id", "id"])
    op.create_index("ix_feedback_at", "feedback", ["at"])
    for name, table_name, columns, where in (
        ("ix_conversations_angry", "conversations", ["updated_at"], "anger = 'angry'"),
        ("ix_turns_unsure", "turns", ["done_at"], "confidence < 0.45"),
    ):
        op.create_index(
            name,
            table_name,
            columns,
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )
