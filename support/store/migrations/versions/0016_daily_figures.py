"""Daily figures for the reports, leases, and indexes for what the desk reads of a million.

Revision: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# As the query says it on each database, word for word.
_REPEATED = "repeated = 1"
# Index: table, columns, and which rows are in it.
_INDEXES = {
    "ix_outbox_message_id": ("outbox", ["message_id"], None),
    "ix_outbox_failed": ("outbox", ["id"], "state = 'failed'"),
    "ix_outbox_repeated": ("outbox", ["id"], _REPEATED),
    "ix_nps_asked_at_score": ("nps", ["asked_at", "score"], None),
    "ix_feedback_commented": ("feedback", ["score", "at"], "comment IS NOT NULL"),
    "ix_missed_questions_open": ("missed_questions", ["id"], "state = 'open'"),
    "ix_audit_action_id": ("audit", ["action", "id"], None),
    "ix_cases_ideas": ("cases", ["opened_at"], "kind = 'idea'"),
}


def upgrade() -> None:
    op.create_table(
        "report_days",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("by", sa.String(length=16), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("day", "by", name=op.f("pk_report_days")),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=32), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.add_column(
        "outbox",
        sa.Column("repeated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    for name, (table, columns, where) in _INDEXES.items():
        here = sa.text(where) if where else None
        there = sa.text("repeated") if where == _REPEATED else here
        op.create_index(name, table, columns, sqlite_where=here, postgresql_where=there)
