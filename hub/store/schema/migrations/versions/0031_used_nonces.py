"""Nonces of signed calls, remembered while their calls are not too old."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.create_table(
        "used_nonces",
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("client", "digest", name=op.f("pk_used_nonces")),
        sa.ForeignKeyConstraint(["client"], ["clients.id"], name=op.f("fk_used_nonces_client")),
        comment="sha256 of the nonces of signed calls, while the calls are not too old",
    )
    op.create_index("ix_used_nonces_until", "used_nonces", ["client", "until"])


def downgrade() -> None:
    op.drop_table("used_nonces")
