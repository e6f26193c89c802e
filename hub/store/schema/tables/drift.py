"""The table of what partners' replies have beside their contracts, or otherwise."""

import sqlalchemy as sa

from hub.store.schema.tables.exchange import Big, Instant, metadata

drift = sa.Table(
    "drift",
    metadata,
    sa.Column("partner", sa.Text, primary_key=True),
    sa.Column("operation", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("place", sa.Text, primary_key=True),
    sa.Column("seen", Big, nullable=False),
    sa.Column("first_seen", Instant, nullable=False),
    sa.Column("last_seen", Instant, nullable=False),
    comment="What partners' replies have beside their contracts, or otherwise; without values",
)
