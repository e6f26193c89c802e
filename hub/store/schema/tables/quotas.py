"""The table of calls that count for quotas besides the attempts of deliveries."""

import sqlalchemy as sa

from hub.store.schema.tables.exchange import Big, Instant, metadata

partner_queries = sa.Table(
    "partner_queries",
    metadata,
    sa.Column("id", Big, primary_key=True, autoincrement=True),
    sa.Column("destination", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sqlite_autoincrement=True,
    comment="Queries of plans and comparisons to partners with a quota, of one hour",
)
