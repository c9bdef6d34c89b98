"""The audit log by whom or what it is about: what was recorded today isn't recorded again.

Revision: 0018
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_audit_subject_actor", "audit", ["subject", "actor", "action"])
