"""What proves that a workstation was copied, whose numbers it took over, what it was refused."""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"


def upgrade() -> None:
    op.add_column("edge_agents", sa.Column("former", sa.Text))
    op.add_column("edge_agents", sa.Column("copied", sa.Text))
    op.add_column("edge_sequences", sa.Column("refused", sa.Text))


def downgrade() -> None:
    op.drop_column("edge_sequences", "refused")
    op.drop_column("edge_agents", "copied")
    op.drop_column("edge_agents", "former")
