"""The words of messages under the messages' own numbers: erased and sorted without a scan.

And searches kept under a name.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE message_words RENAME TO message_words_before")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("CREATE VIRTUAL TABLE message_words USING fts5(words)")
        op.execute(
            "INSERT INTO message_words (rowid, words)"
            " SELECT message_id, words FROM message_words_before"
        )
    else:
        op.execute(
            "CREATE TABLE message_words"
            " (message_id BIGINT CONSTRAINT pk_message_words_by_id PRIMARY KEY,"
            " words TSVECTOR NOT NULL)"
        )
        op.execute(
            "INSERT INTO message_words SELECT message_id, array_to_tsvector(array_remove("
            "string_to_array(words, ' '), '')) FROM message_words_before"
        )
        op.execute("CREATE INDEX ix_message_words_lexemes ON message_words USING gin (words)")
    op.execute("DROP TABLE message_words_before")
    op.create_table(
        "saved_searches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("shared", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["agents.id"],
            name=op.f("fk_saved_searches_agent_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_searches")),
    )
    op.create_index(op.f("ix_saved_searches_agent_id"), "saved_searches", ["agent_id"])
