"""The tables of the contracts that partners serve, and of what their replies have otherwise."""

import sqlalchemy as sa

from hub.store.schema.tables.exchange import Big, Instant, metadata

contracts = sa.Table(
    "contracts",
    metadata,
    sa.Column("partner", sa.Text, primary_key=True),
    sa.Column("next_at", Instant, nullable=False),
    sa.Column("asked_at", Instant),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("fetched_at", Instant),
    sa.Column("since", Instant),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("reader", sa.Integer, nullable=False),
    sa.Column("differs", sa.Integer, nullable=False),
    sa.Column("content", sa.Text, nullable=False),
    comment="The contract that a partner serves, as it was read last; when it is asked for next",
)

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

partner_queries = sa.Table(
    "partner_queries",
    metadata,
    sa.Column("id", Big, primary_key=True, autoincrement=True),
    sa.Column("destination", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sqlite_autoincrement=True,
    comment="Queries of plans and comparisons to partners with a quota, of one hour",
)
