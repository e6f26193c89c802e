"""The tables of the agents on workstations: who they are, what has come, their numbers."""

import sqlalchemy as sa

from hub.store.schema.tables.exchange import Instant, metadata

edge_agents = sa.Table(
    "edge_agents",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency", sa.Text, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("code_digest", sa.Text),
    sa.Column("code_until", Instant),
    sa.Column("enrolled_at", Instant),
    sa.Column("revoked_at", Instant),
    sa.Column("spool", sa.Text),
    sa.Column("report", sa.Text),
    sa.Column("heard_at", Instant),
    comment="Agents on workstations: their one-time code, their last report; the key is a client's",
)
sa.Index("ix_edge_agents_code_digest", edge_agents.c.code_digest, unique=True)
"""`report` is JSON, see `EdgeHeartbeat` in `hub/rules/edge/protocol.py`."""

edge_sequences = sa.Table(
    "edge_sequences",
    metadata,
    sa.Column("agent", sa.Text, sa.ForeignKey("edge_agents.id"), primary_key=True),
    sa.Column("spool", sa.Text, primary_key=True),
    sa.Column("device", sa.Text, primary_key=True),
    sa.Column("last", sa.BigInteger, nullable=False),
    sa.Column("missing", sa.Text, nullable=False),
    sa.Column("heard_at", Instant, nullable=False),
    comment="What has come of each device's events: the highest number, and what is missing below",
)
"""`missing` is JSON: a list of first and last."""

edge_numbers = sa.Table(
    "edge_numbers",
    metadata,
    sa.Column("agency", sa.Text, primary_key=True),
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("first", sa.BigInteger, primary_key=True),
    sa.Column("last", sa.BigInteger, nullable=False),
    sa.Column("next", sa.BigInteger, nullable=False),
    sa.Column("agent", sa.Text, sa.ForeignKey("edge_agents.id"), nullable=False),
    sa.Column("reserved_at", Instant, nullable=False),
    sa.Column("returned_at", Instant),
    comment="Reception numbers reserved for agents, by agency and day; `next` is not used yet",
)
sa.Index("ix_edge_numbers_agent", edge_numbers.c.agent, edge_numbers.c.returned_at)
