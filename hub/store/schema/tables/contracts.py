"""The table of the contracts that partners serve themselves."""

import sqlalchemy as sa

from hub.store.schema.tables.exchange import Instant, metadata

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
