"""A person drains a partner: what is claimed is finished, nothing new is claimed."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"


def upgrade() -> None:
    drains: sa.Column[bool] = sa.Column(
        "drains", sa.Boolean(), nullable=False, server_default=sa.false()
    )
    op.add_column("person_pauses", drains)


def downgrade() -> None:
    op.drop_column("person_pauses", "drains")
