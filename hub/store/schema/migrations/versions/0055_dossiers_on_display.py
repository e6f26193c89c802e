"""Results that wait to be collected, and dossiers that are late, have an index for the display."""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"
_INDEXES = (
    ("ix_dossiers_ready", "status_at", "status = 9"),
    ("ix_dossiers_under_way", "due_at", "status IN (2, 4)"),
)


def upgrade() -> None:
    for name, column, condition in _INDEXES:
        where = sa.text(condition)
        op.create_index(name, "dossiers", [column], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name, _, _ in _INDEXES:
        op.drop_index(name, table_name="dossiers")
