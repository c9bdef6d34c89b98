"""Tasks (promises among them), notices, steps of cases, and what we write unasked.

Revision: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OPEN = sa.text("state = 'open'")
_OPEN_CALLBACK = sa.text("state = 'open' AND kind = 'callback'")


def upgrade() -> None:
    _tasks()
    _take_over_promises()
    _cases()
    _notices()


def _moment(name: str, *, nullable: bool) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _of_conversation(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["conversation_id"],
        ["conversations.id"],
        name=op.f(f"fk_{table}_conversation_id"),
        ondelete="CASCADE",
    )


def _tasks() -> None:
    op.create_table(
        "tasks",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("made_by", sa.String(length=32), nullable=False),
        _moment("made_at", nullable=False),
        _moment("due_at", nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        _moment("closed_at", nullable=True),
        sa.Column("closed_by", sa.String(length=32), nullable=True),
        sa.Column("kept_by_reply", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("contact", sa.Text(), nullable=True),
        sa.Column("zone", sa.String(length=64), nullable=True),
        sa.Column("seat", sa.Integer(), nullable=True),
        _of_conversation("tasks"),
        sa.ForeignKeyConstraint(["owner_id"], ["agents.id"], name=op.f("fk_tasks_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    op.create_index(op.f("ix_tasks_conversation_id"), "tasks", ["conversation_id"])
    op.create_index(op.f("ix_tasks_owner_id"), "tasks", ["owner_id"])
    for name, columns, unique, where in (
        ("ix_tasks_due", ["due_at"], False, _OPEN),
        ("uq_tasks_seat", ["due_at", "seat"], True, _OPEN_CALLBACK),
        ("uq_tasks_callback", ["conversation_id"], True, _OPEN_CALLBACK),
    ):
        op.create_index(
            name, "tasks", columns, unique=unique, sqlite_where=where, postgresql_where=where
        )


def _take_over_promises() -> None:
    """A promise is a task: somebody has to do it by a time."""
    op.execute(
        "INSERT INTO tasks (kind, conversation_id, what, made_by, made_at, due_at, state,"
        " closed_at, kept_by_reply)"
        " SELECT 'promise', conversation_id, what, made_by, made_at, due_at,"
        " CASE WHEN kept_at IS NULL THEN 'open' ELSE 'done' END, kept_at,"
        " what = 'a person answers'"
        " FROM promises ORDER BY id"
    )
    op.drop_table("promises")


def _cases() -> None:
    op.add_column("cases", sa.Column("feeling", sa.String(length=16), nullable=True))
    op.create_table(
        "case_steps",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        _moment("at", nullable=False),
        sa.Column("actor", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["number"], ["cases.number"], name=op.f("fk_case_steps_number"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_steps")),
    )
    op.create_index(op.f("ix_case_steps_number"), "case_steps", ["number"])


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("text_ja", sa.Text(), nullable=False),
        sa.Column("topic", sa.String(length=32), nullable=True),
        sa.Column("region", sa.String(length=32), nullable=True),
        sa.Column("order_state", sa.String(length=32), nullable=True),
        _moment("from_at", nullable=False),
        _moment("until_at", nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=False),
        _moment("created_at", nullable=False),
        _moment("ended_at", nullable=True),
        sa.Column("spread_to", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["agents.id"], name=op.f("fk_notices_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_index("ix_notices_until_at", "notices", ["until_at"])
    op.create_table(
        "outreach",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("thread_id", sa.String(length=32), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("ref", sa.String(length=32), nullable=False),
        _moment("at", nullable=False),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["threads.id"], name=op.f("fk_outreach_thread_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_outreach_customer_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outreach")),
        sa.UniqueConstraint(
            "thread_id", "kind", "ref", name=op.f("uq_outreach_thread_id_kind_ref")
        ),
    )
    op.create_index("ix_outreach_customer_id_at", "outreach", ["customer_id", "at"])
    op.create_table(
        "nps",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        _moment("asked_at", nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        _moment("at", nullable=True),
        _of_conversation("nps"),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_nps_customer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nps")),
    )
    op.create_index(op.f("ix_nps_conversation_id"), "nps", ["conversation_id"])
    op.create_index("ix_nps_customer_id_asked_at", "nps", ["customer_id", "asked_at"])
