"""The pace of a replay run may be below one delivery a second: a fraction.

Columns are made anew and renamed because SQLite cannot change the type of one.
"""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    pace = sa.Column("pace", sa.Float(53), nullable=False, server_default="5")
    op.add_column("replay_work", pace)
    op.execute("UPDATE replay_work SET pace = per_second")
    op.drop_column("replay_work", "per_second")
    op.execute("ALTER TABLE replay_work RENAME COLUMN pace TO per_second")
