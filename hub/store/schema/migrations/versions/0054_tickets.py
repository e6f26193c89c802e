"""The queue at the counter: tickets and their numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"


def upgrade() -> None:
    op.create_table(
        "ticket_series",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "series", name=op.f("pk_ticket_series")),
        comment="The last number that was issued in each series of a day (Asia/Ho_Chi_Minh)",
    )
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "tickets",
        sa.Column("id", big, nullable=False, autoincrement=True),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("called_at", sa.BigInteger()),
        sa.Column("first_called_at", sa.BigInteger()),
        sa.Column("ended_at", sa.BigInteger()),
        sa.CheckConstraint(
            "state IN ('waiting', 'called', 'served', 'no_show')", name=op.f("ck_tickets_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets")),
        sa.UniqueConstraint("day", "series", "number", name="uq_tickets_number"),
        sa.UniqueConstraint("request", name=op.f("uq_tickets_request")),
        sqlite_autoincrement=True,
        comment="The queue at the counter: one row a ticket, of thirty days; names no person",
    )
    op.create_index("ix_tickets_day", "tickets", ["day", "state"])


def downgrade() -> None:
    op.drop_table("tickets")
    op.drop_table("ticket_series")
