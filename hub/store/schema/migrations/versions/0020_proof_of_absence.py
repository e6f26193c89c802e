"""Since when an effect is unknown, the first "not there" that counts, and which fields differ."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("doubtful_since", sa.BigInteger(), nullable=True))
    op.add_column("deliveries", sa.Column("absent_at", sa.BigInteger(), nullable=True))
    op.add_column("attempts", sa.Column("differs", sa.Text(), nullable=True))
