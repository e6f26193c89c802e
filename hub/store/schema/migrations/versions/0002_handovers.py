"""The evidence of hand-overs, and the heads of the chained logs.

The audit's rows get hashes of the new form; verify the old chain before this step.
"""

import sqlalchemy as sa
from alembic import op

from hub.store.evidence.chain import AUDIT, digest
from hub.store.schema.tables.exchange import audit

revision = "0002"
down_revision = "0001"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "handovers",
        sa.Column("seq", BIG, autoincrement=False, nullable=False),
        sa.Column("delivery_id", BIG, nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("response_hash", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("answered_at", sa.BigInteger(), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_handovers")),
        comment="Evidence of every hand-over to and from a partner; append-only, chained like audit",
    )
    op.create_index("ix_handovers_number", "handovers", ["number"], unique=False)
    heads = op.create_table(
        "chain_heads",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("seq", BIG, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_chain_heads")),
        comment="The last row of each chained log, so that a removed one shows; locked by appenders",
    )
    seq, last = _chain_the_audit_anew(op.get_bind())
    op.bulk_insert(
        heads,
        [
            {"chain": "audit", "seq": seq, "hash": last},
            {"chain": "handovers", "seq": 0, "hash": ""},
        ],
    )


def _chain_the_audit_anew(connection: sa.Connection) -> tuple[int, str]:
    # A rolled-back insert left gaps in PostgreSQL's numbers; now they are ours, without gaps.
    previous, place = "", 0
    for row in connection.execute(sa.select(audit).order_by(audit.c.seq)).mappings().all():
        place += 1
        own = digest(previous, place, [row[name] for name in AUDIT.columns])
        here = sa.update(audit).where(audit.c.seq == row["seq"])
        connection.execute(here.values(seq=place, previous_hash=previous, hash=own))
        previous = own
    return place, previous
