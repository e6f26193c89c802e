"""What is left to a person is counted from an index: deliveries that move on are not in it."""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"
_WHERE = sa.text("state IN ('dead', 'ambiguous') AND settled_at IS NULL AND type <> ''")


def upgrade() -> None:
    op.create_index(
        "ix_deliveries_left",
        "deliveries",
        ["destination", "state", "type", "code", "next_attempt_at", "created_at", "settled_at"],
        sqlite_where=_WHERE,
        postgresql_where=_WHERE,
    )


def downgrade() -> None:
    op.drop_index("ix_deliveries_left", "deliveries")
