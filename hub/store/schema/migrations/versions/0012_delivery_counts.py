"""Kept counts of deliveries, filled from what is there: the balance need not read every row.

Reads the journal and the deliveries once, and holds up writers for as long.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
STATES = "state IN ('accepted', 'archived', 'by_hand', 'cancelled', 'delivered', 'superseded')"
READERS = (
    ("province.dossier", "provincial"),
    ("province.progress", "provincial"),
    ("town.transfer", "town_center"),
    ("town.supplement", "town_center"),
    ("town.result_returned", "town_center"),
)


def upgrade() -> None:
    op.create_table(
        "delivery_counts",
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("count", BIG, nullable=False),
        sa.CheckConstraint(STATES, name=op.f("ck_delivery_counts_state")),
        sa.PrimaryKeyConstraint("destination", "state", name=op.f("pk_delivery_counts")),
        comment="Deliveries by destination: accepted, in a final state, archived; without the changes",
    )
    op.create_table(
        "delivery_count_changes",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("change", BIG, nullable=False),
        sa.CheckConstraint(STATES, name=op.f("ck_delivery_count_changes_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_count_changes")),
        sqlite_autoincrement=True,
        comment="What to add to delivery_counts; the timer folds the rows into it and deletes them",
    )
    op.execute(
        "INSERT INTO delivery_counts SELECT destination, state, count(*) FROM deliveries "
        "WHERE settled_at IS NOT NULL GROUP BY destination, state"
    )
    reader = " ".join(f"WHEN '{name}' THEN '{reader}'" for name, reader in READERS)
    op.execute(
        f"INSERT INTO delivery_counts SELECT CASE type {reader} ELSE '?' END, 'accepted', count(*) "  # noqa: S608
        "FROM journal WHERE state = 'outgoing' GROUP BY 1"
    )
    if op.get_bind().dialect.name == "postgresql":
        # Nearly every row dies within a minute: clean up by number of rows, not by share.
        op.execute(
            "ALTER TABLE delivery_count_changes SET (autovacuum_vacuum_scale_factor = 0, "
            "autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_insert_threshold = -1)"
        )
