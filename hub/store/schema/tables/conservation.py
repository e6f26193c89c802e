"""The kept counts of deliveries: totals, changes not folded into them yet, samples for charts."""

import sqlalchemy as sa

from hub.rules.deliveries.states import FINAL
from hub.store.schema.partial_index import partial_index
from hub.store.schema.tables.exchange import Big, Instant, deliveries, metadata, one_of

ACCEPTED, ARCHIVED = "accepted", "archived"
KEPT = frozenset(map(str, FINAL)) | {ACCEPTED, ARCHIVED}
"""What is counted as it happens. Open states are counted when somebody asks: they are few."""

LEFT_TO_PERSON = sa.text("state IN ('dead', 'ambiguous') AND settled_at IS NULL AND type <> ''")
"""As `exchange.UNSETTLED`, in every question that counts what stands until a person comes. The
index has whatever is counted, so that no row is read; a delivery that moves on is never in it."""
partial_index(
    "ix_deliveries_left",
    deliveries.c.destination,
    deliveries.c.state,
    deliveries.c.type,
    deliveries.c.code,
    deliveries.c.next_attempt_at,
    deliveries.c.created_at,
    deliveries.c.settled_at,
    where=LEFT_TO_PERSON,
)

delivery_counts = sa.Table(
    "delivery_counts",
    metadata,
    sa.Column("destination", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, primary_key=True),
    sa.Column("count", Big, nullable=False),
    sa.CheckConstraint(one_of("state", KEPT), name="state"),
    comment="Deliveries by destination: accepted, in a final state, archived; without the changes",
)

delivery_count_changes = sa.Table(
    "delivery_count_changes",
    metadata,
    sa.Column("id", Big, primary_key=True, autoincrement=True),
    sa.Column("destination", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("change", Big, nullable=False),
    sa.CheckConstraint(one_of("state", KEPT), name="state"),
    sqlite_autoincrement=True,
    comment="What to add to delivery_counts; the timer folds the rows into it and deletes them",
)

IDS, FULL = "ids", "full"
balance_checks = sa.Table(
    "balance_checks",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("delivery_id", Big, nullable=False),
    sa.Column("checked_at", Instant, nullable=False),
    sa.CheckConstraint(one_of("name", (IDS, FULL)), name="name"),
    comment="Up to which delivery nothing was wrong: by the timer's look at ids, by a full balance",
)

flow_samples = sa.Table(
    "flow_samples",
    metadata,
    sa.Column("destination", sa.Text, primary_key=True),
    sa.Column("at", Instant, primary_key=True),
    sa.Column("accepted", sa.BigInteger, nullable=False),
    sa.Column("delivered", sa.BigInteger, nullable=False),
    sa.Column("open", sa.BigInteger, nullable=False),
    sa.Column("standing", sa.BigInteger, key="needing_person", nullable=False),
    sa.Column("critical_median", sa.BigInteger),
    sa.Column("critical_95", sa.BigInteger),
    comment="How much waited and how long the last deliveries took, a row a minute and partner",
)
"""`accepted` and `delivered` are totals ever, the two critical times are microseconds."""
