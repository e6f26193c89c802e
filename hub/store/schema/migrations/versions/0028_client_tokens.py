"""Access tokens of clients (OAuth 2.0): the sha256 of each that is live."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.create_table(
        "client_tokens",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_client_tokens")),
        sa.ForeignKeyConstraint(
            ["secret"], ["client_secrets.prefix"], name=op.f("fk_client_tokens_secret")
        ),
        comment="Access tokens of clients: sha256, of which secret, for which operations; of minutes",
    )
    op.create_index("ix_client_tokens_secret", "client_tokens", ["secret", "expires_at"])


def downgrade() -> None:
    op.drop_table("client_tokens")
