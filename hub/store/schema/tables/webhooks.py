"""The tables of webhooks: where each stands, and what waits. No secret stands in them."""

import sqlalchemy as sa

from hub.store.schema.tables.exchange import Big, Instant, metadata

webhooks = sa.Table(
    "webhooks",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("client", sa.Text, sa.ForeignKey("clients.id"), nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("retired_at", Instant),
    sa.Column("position", Big, nullable=False),
    sa.Column("replay_next", Big),
    sa.Column("replay_to", Big),
    sa.Column("lease_until", Instant),
    sa.Column("leased_by", sa.Text, nullable=False, server_default=""),
    sa.Column("openings", sa.Integer, nullable=False, server_default="0"),
    sa.Column("paused_until", Instant),
    sa.Column("failing_since", Instant),
    sa.Column("last_success_at", Instant),
    sa.Column("last_failure_at", Instant),
    sa.Column("last_code", sa.Text, nullable=False, server_default=""),
    sa.Column("last_detail", sa.Text, nullable=False, server_default=""),
    sa.Column("test_id", sa.Text),
    sa.Column("tested_at", Instant),
    sa.Column("test_code", sa.Text, nullable=False, server_default=""),
    comment="Where changes are sent to, how far each address is, and how it does",
)
sa.Index("ix_webhooks_client", webhooks.c.client)

webhook_waiting = sa.Table(
    "webhook_waiting",
    metadata,
    sa.Column("webhook", sa.Text, sa.ForeignKey("webhooks.id"), primary_key=True),
    sa.Column("position", Big, primary_key=True, autoincrement=False),
    sa.Column("number", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("since", Instant, nullable=False),
    sa.Column("next_attempt_at", Instant, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    comment="Changes that an address did not take, and those of the same dossiers behind them",
)
