"""Heartbeats of the processes, and tasks that are about one delivery."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "heartbeats",
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("beat_at", sa.BigInteger(), nullable=False),
        sa.Column("troubles", sa.Text(), nullable=False),
        sa.Column("looked_at", sa.BigInteger(), nullable=True),
        sa.Column("findings", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("process", name=op.f("pk_heartbeats")),
        comment="Which process runs which roles, whether they work, and what its last preflight found",
    )
    op.add_column("tasks", sa.Column("delivery_id", BIG, nullable=True))
    op.create_index(
        "ix_tasks_delivery",
        "tasks",
        ["kind", "delivery_id"],
        unique=True,
        sqlite_where=sa.text("delivery_id IS NOT NULL"),
        postgresql_where=sa.text("delivery_id IS NOT NULL"),
    )
