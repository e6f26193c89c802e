"""Papers for printers at workstations, and which devices an agent was enrolled with."""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"


def upgrade() -> None:
    op.add_column("edge_agents", sa.Column("devices", sa.Text()))
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "edge_prints",
        sa.Column("id", big, nullable=False, autoincrement=True),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("printer", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("wanted_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("offer_until", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.Text()),
        sa.Column("taken_at", sa.BigInteger()),
        sa.Column("lease_until", sa.BigInteger()),
        sa.Column("reported_at", sa.BigInteger()),
        sa.Column("code", sa.Text()),
        sa.Column("detail", sa.Text()),
        sa.Column("reference", sa.Text()),
        sa.Column("response_hash", sa.Text()),
        sa.CheckConstraint(
            "state IN ('offered', 'taken', 'printed', 'not_begun', 'busy', 'refused', 'ended',"
            " 'unknown', 'lost', 'withdrawn')",
            name=op.f("ck_edge_prints_state"),
        ),
        sa.ForeignKeyConstraint(["agent"], ["edge_agents.id"], name=op.f("fk_edge_prints_agent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edge_prints")),
        sa.UniqueConstraint("agent", "token", name=op.f("uq_edge_prints_agent_token")),
        sqlite_autoincrement=True,
        comment="Papers for printers at workstations: offered, taken by an agent, what became of each",
    )
    op.create_index("ix_edge_prints_message", "edge_prints", ["message_id"])
    op.create_index("ix_edge_prints_agent", "edge_prints", ["agent", "state"])


def downgrade() -> None:
    op.drop_table("edge_prints")
    op.drop_column("edge_agents", "devices")
