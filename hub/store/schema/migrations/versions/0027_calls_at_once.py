"""How many calls of a client one process works on at the same time; 0, no limit, for those before."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    column = sa.Column("calls_at_once", sa.Integer(), nullable=False, server_default="0")
    op.add_column("clients", column)


def downgrade() -> None:
    op.drop_column("clients", "calls_at_once")
