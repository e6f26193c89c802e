"""Which store this is: the broker's queues belong to one store."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "store_identity",
        sa.Column("one", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.CheckConstraint("one = 1", name=op.f("ck_store_identity_one")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_store_identity")),
        comment="One row: the name by which the broker knows whose its queues are",
    )
