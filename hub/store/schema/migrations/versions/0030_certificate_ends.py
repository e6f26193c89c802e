"""When the certificate ends that a client showed last: it is renewed without a new registration."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.add_column("client_secrets", sa.Column("certificate_ends_at", sa.BigInteger()))


def downgrade() -> None:
    op.drop_column("client_secrets", "certificate_ends_at")
