"""When a chained log was last read from its first row on."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.add_column("chain_anchors", sa.Column("whole_at", sa.BigInteger(), nullable=True))
