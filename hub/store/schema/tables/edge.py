"""The tables of the agents on workstations: who they are, what has come, numbers, papers."""

import sqlalchemy as sa

from hub.rules.edge.print_jobs import JobState
from hub.store.schema.tables.exchange import Big, Instant, metadata, one_of

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
    sa.Column("devices", sa.Text),
    sa.Column("former", sa.Text),
    sa.Column("copied", sa.Text),
    comment="Agents on workstations: their one-time code, their last report; the key is a client's",
)
sa.Index("ix_edge_agents_code_digest", edge_agents.c.code_digest, unique=True)
"""`report` is JSON, see `EdgeHeartbeat` in `hub/rules/edge/protocol.py`. `devices` is a JSON list
of names, NULL where the agent was enrolled without naming any and has not reported one. `former` is
a JSON list of the agents whose spool it took over. `copied` is JSON: what proves that another
machine speaks as this agent, see `hub/rules/edge/copies.py`; NULL for nothing."""

edge_sequences = sa.Table(
    "edge_sequences",
    metadata,
    sa.Column("agent", sa.Text, sa.ForeignKey("edge_agents.id"), primary_key=True),
    sa.Column("spool", sa.Text, primary_key=True),
    sa.Column("device", sa.Text, primary_key=True),
    sa.Column("last", sa.BigInteger, nullable=False),
    sa.Column("missing", sa.Text, nullable=False),
    sa.Column("heard_at", Instant, nullable=False),
    sa.Column("refused", sa.Text),
    comment="What has come of each device's events: the highest number, and what is missing below",
)
"""`missing` is JSON: a list of first and last. `refused` is JSON: the newest events that came and
were refused, each with its number and the id of its message."""

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

edge_prints = sa.Table(
    "edge_prints",
    metadata,
    sa.Column("id", Big, primary_key=True, autoincrement=True),
    sa.Column("message_id", sa.Text, nullable=False),
    sa.Column("agent", sa.Text, sa.ForeignKey("edge_agents.id"), nullable=False),
    sa.Column("printer", sa.Text, nullable=False),
    sa.Column("number", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("copies", sa.Integer, nullable=False),
    sa.Column("wanted_at", Instant, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("offer_until", Instant, nullable=False),
    sa.Column("token", sa.Text, unique=True),
    sa.Column("taken_at", Instant),
    sa.Column("lease_until", Instant),
    sa.Column("reported_at", Instant),
    sa.Column("code", sa.Text),
    sa.Column("detail", sa.Text),
    sa.Column("reference", sa.Text),
    sa.Column("response_hash", sa.Text),
    sa.CheckConstraint(one_of("state", JobState), name="state"),
    sqlite_autoincrement=True,
    comment="Papers for printers at workstations: offered, taken by an agent, what became of each",
)
sa.Index("ix_edge_prints_message", edge_prints.c.message_id)
sa.Index("ix_edge_prints_agent", edge_prints.c.agent, edge_prints.c.state)
