"""The table of the evidence's proofs."""

import sqlalchemy as sa

from hub.store.schema.tables.exchange import Big, Instant, metadata

chain_anchors = sa.Table(
    "chain_anchors",
    metadata,
    sa.Column("chain", sa.Text, primary_key=True),
    sa.Column("seq", Big, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("verified_at", Instant, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("whole_at", Instant),
    comment="Up to which row each chained log was last verified, when, by whom",
)
