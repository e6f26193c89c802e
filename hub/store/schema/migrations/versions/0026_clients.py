"""The clients that may call the hub, their secrets and their calls of the last minute."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.create_table(
        "clients",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("operations", sa.Text(), nullable=False),
        sa.Column("agencies", sa.Text(), nullable=False),
        sa.Column("addresses", sa.Text(), nullable=False),
        sa.Column("calls_per_minute", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("retired_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clients")),
        comment="Who may call the hub: operations, agencies, addresses, calls a minute",
    )
    op.create_table(
        "client_secrets",
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger()),
        sa.Column("retired_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("prefix", name=op.f("pk_client_secrets")),
        sa.ForeignKeyConstraint(["client"], ["clients.id"], name=op.f("fk_client_secrets_client")),
        sa.CheckConstraint("kind IN ('certificate', 'key')", name=op.f("ck_client_secrets_kind")),
        comment="What a client proves itself with: sha256 of a key, or of a certificate",
    )
    op.create_index("ix_client_secrets_client", "client_secrets", ["client"])
    op.create_index("ix_client_secrets_digest", "client_secrets", ["digest"], unique=True)
    op.create_table(
        "client_calls",
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("second", sa.BigInteger(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("client", "second", name=op.f("pk_client_calls")),
        sa.ForeignKeyConstraint(["client"], ["clients.id"], name=op.f("fk_client_calls_client")),
        comment="Calls of a client by second, of the last minute: its quota for all processes together",
    )


def downgrade() -> None:
    op.drop_table("client_calls")
    op.drop_table("client_secrets")
    op.drop_table("clients")
