"""Agents on workstations: who they are, what has come of them, which numbers they hold."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"


def upgrade() -> None:
    op.create_table(
        "edge_agents",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("code_digest", sa.Text()),
        sa.Column("code_until", sa.BigInteger()),
        sa.Column("enrolled_at", sa.BigInteger()),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.Column("spool", sa.Text()),
        sa.Column("report", sa.Text()),
        sa.Column("heard_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edge_agents")),
        comment="Agents on workstations: their one-time code, their last report; the key is a client's",
    )
    op.create_index("ix_edge_agents_code_digest", "edge_agents", ["code_digest"], unique=True)
    op.create_table(
        "edge_sequences",
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("spool", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("missing", sa.Text(), nullable=False),
        sa.Column("heard_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent"], ["edge_agents.id"], name=op.f("fk_edge_sequences_agent")
        ),
        sa.PrimaryKeyConstraint("agent", "spool", "device", name=op.f("pk_edge_sequences")),
        comment="What has come of each device's events: the highest number, and what is missing below",
    )
    op.create_table(
        "edge_numbers",
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("next", sa.BigInteger(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("reserved_at", sa.BigInteger(), nullable=False),
        sa.Column("returned_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["agent"], ["edge_agents.id"], name=op.f("fk_edge_numbers_agent")),
        sa.PrimaryKeyConstraint("agency", "day", "first", name=op.f("pk_edge_numbers")),
        comment="Reception numbers reserved for agents, by agency and day; `next` is not used yet",
    )
    op.create_index("ix_edge_numbers_agent", "edge_numbers", ["agent", "returned_at"])


def downgrade() -> None:
    op.drop_table("edge_numbers")
    op.drop_table("edge_sequences")
    op.drop_table("edge_agents")
