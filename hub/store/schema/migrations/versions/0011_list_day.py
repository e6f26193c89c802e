"""Of which day a partner's list was that showed a difference."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("tasks", sa.Column("list_day", sa.Text(), nullable=True))
