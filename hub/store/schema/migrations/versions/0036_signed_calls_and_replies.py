"""Clients that must sign their calls, and clients that get signed replies; nobody of before."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
COLUMNS = ("must_sign", "signed_replies")


def upgrade() -> None:
    for name in COLUMNS:
        column: sa.Column[bool] = sa.Column(
            name, sa.Boolean(), nullable=False, server_default=sa.false()
        )
        op.add_column("clients", column)


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_column("clients", name)
