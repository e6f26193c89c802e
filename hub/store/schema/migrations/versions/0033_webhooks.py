"""Webhooks: where changes are sent to, how far each address is, what it did not take."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("retired_at", sa.BigInteger()),
        sa.Column("position", big, nullable=False),
        sa.Column("replay_next", big),
        sa.Column("replay_to", big),
        sa.Column("lease_until", sa.BigInteger()),
        sa.Column("leased_by", sa.Text(), server_default="", nullable=False),
        sa.Column("openings", sa.Integer(), server_default="0", nullable=False),
        sa.Column("paused_until", sa.BigInteger()),
        sa.Column("failing_since", sa.BigInteger()),
        sa.Column("last_success_at", sa.BigInteger()),
        sa.Column("last_failure_at", sa.BigInteger()),
        sa.Column("last_code", sa.Text(), server_default="", nullable=False),
        sa.Column("last_detail", sa.Text(), server_default="", nullable=False),
        sa.Column("test_id", sa.Text()),
        sa.Column("tested_at", sa.BigInteger()),
        sa.Column("test_code", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
        sa.ForeignKeyConstraint(["client"], ["clients.id"], name=op.f("fk_webhooks_client")),
        comment="Where changes are sent to, how far each address is, and how it does",
    )
    op.create_index("ix_webhooks_client", "webhooks", ["client"])
    op.create_table(
        "webhook_waiting",
        sa.Column("webhook", sa.Text(), nullable=False),
        sa.Column("position", big, autoincrement=False, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("next_attempt_at", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("webhook", "position", name=op.f("pk_webhook_waiting")),
        sa.ForeignKeyConstraint(
            ["webhook"], ["webhooks.id"], name=op.f("fk_webhook_waiting_webhook")
        ),
        comment="Changes that an address did not take, and those of the same dossiers behind them",
    )


def downgrade() -> None:
    op.drop_table("webhook_waiting")
    op.drop_table("webhooks")
