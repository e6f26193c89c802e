"""Pauses: operations of partners that nothing is sent to just now."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "pauses",
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("openings", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("reason_vi", sa.Text(), nullable=False),
        sa.Column("reason_en", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('circuit', 'quota', 'window')", name=op.f("ck_pauses_kind")),
        sa.PrimaryKeyConstraint("destination", "operation", name=op.f("pk_pauses")),
        comment="Operations of partners that nothing is sent to just now, why, and until when",
    )
