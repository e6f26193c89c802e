"""Which account gave a person account or secrets, until another approver confirmed the person."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    op.add_column("users", sa.Column("introduced_by", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("users", "introduced_by")
