"""The tables of the queue at the counter: tickets, and the last number of each series and day."""

import sqlalchemy as sa

from hub.store.schema.tables.exchange import Big, Instant, metadata

ticket_series = sa.Table(
    "ticket_series",
    metadata,
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("series", sa.Text, primary_key=True),
    sa.Column("last", sa.Integer, nullable=False),
    comment="The last number that was issued in each series of a day (Asia/Ho_Chi_Minh)",
)

tickets = sa.Table(
    "tickets",
    metadata,
    sa.Column("id", Big, primary_key=True, autoincrement=True),
    sa.Column("request", sa.Text, nullable=False),
    sa.Column("day", sa.Text, nullable=False),
    sa.Column("series", sa.Text, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("category", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("desk", sa.Text, nullable=False),
    sa.Column("calls", sa.Integer, nullable=False),
    sa.Column("issued_at", Instant, nullable=False),
    sa.Column("called_at", Instant),
    sa.Column("first_called_at", Instant),
    sa.Column("ended_at", Instant),
    sa.UniqueConstraint("day", "series", "number", name="uq_tickets_number"),
    sa.UniqueConstraint("request"),
    sa.CheckConstraint("state IN ('waiting', 'called', 'served', 'no_show')", name="state"),
    sqlite_autoincrement=True,
    comment="The queue at the counter: one row a ticket, of thirty days; names no person",
)
sa.Index("ix_tickets_day", tickets.c.day, tickets.c.state)
