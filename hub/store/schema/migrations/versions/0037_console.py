"""What the console asks: by the town's number, by receipt, and samples of the flow."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    op.create_index("ix_legs_child_number", "legs", ["child_number"])
    where = sa.text("receipt <> ''")
    op.create_index(
        "ix_handovers_receipt",
        "handovers",
        ["receipt"],
        sqlite_where=where,
        postgresql_where=where,
    )
    op.create_table(
        "flow_samples",
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("accepted", sa.BigInteger(), nullable=False),
        sa.Column("delivered", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.BigInteger(), nullable=False),
        sa.Column("standing", sa.BigInteger(), nullable=False),
        sa.Column("critical_median", sa.BigInteger()),
        sa.Column("critical_95", sa.BigInteger()),
        sa.PrimaryKeyConstraint("destination", "at", name=op.f("pk_flow_samples")),
        comment="How much waited and how long the last deliveries took, a row a minute and partner",
    )
