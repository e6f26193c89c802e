"""Since when a message waits for its dossier; so far the time of its acceptance was taken for it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("journal", sa.Column("early_since", sa.BigInteger(), nullable=True))
