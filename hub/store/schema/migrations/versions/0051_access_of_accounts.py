"""An account can be locked for a while, is linked to a provider of identities, shows its last use."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"


def upgrade() -> None:
    op.add_column("users", sa.Column("locked_at", sa.BigInteger()))
    op.add_column("users", sa.Column("last_sign_in_at", sa.BigInteger()))
    op.add_column("users", sa.Column("issuer", sa.Text()))
    op.drop_index("ix_users_subject", table_name="users")
    op.create_index("ix_users_subject", "users", ["issuer", "subject"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_users_subject", table_name="users")
    op.create_index("ix_users_subject", "users", ["subject"], unique=True)
    op.drop_column("users", "issuer")
    op.drop_column("users", "last_sign_in_at")
    op.drop_column("users", "locked_at")
