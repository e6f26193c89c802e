"""What a device counts: the pages of a photocopier, how full its trays and supplies are."""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"


def upgrade() -> None:
    op.add_column("device_states", sa.Column("figures", sa.Text))


def downgrade() -> None:
    op.drop_column("device_states", "figures")
