"""The tables of the exchange, from the journal to the pauses, and the types of all tables.

The other modules of this folder add theirs to `metadata`; together they are the whole schema.

Times are `Instant`: microseconds since 1970 UTC in a BIGINT, the same in both engines, exact and
fast to compare. Personal data stands only in `journal.body`, in `dossiers` (applicant, summary,
parcels), in notes of `dossier_events` and `leg_steps`, in names of `dossier_files`, and in files.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub.rules.deliveries.states import FINAL, DeliveryState
from hub.store.schema.partial_index import partial_index
from hub.texts import Text

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def as_microseconds(value: datetime) -> int:
    """Return a time as it is stored; a naive one is refused with ValueError."""
    if value.tzinfo is None:
        raise ValueError("a time without timezone cannot be stored")
    return (value - _EPOCH) // _MICROSECOND


def from_microseconds(value: int) -> datetime:
    """Return the time that was stored."""
    return _EPOCH + value * _MICROSECOND


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware datetime as microseconds since 1970 UTC; a naive one is refused."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Any) -> int | None:
        return None if value is None else as_microseconds(value)

    def process_result_value(self, value: int | None, _dialect: Any) -> datetime | None:
        return None if value is None else from_microseconds(value)


class InTwoLanguages(sa.types.TypeDecorator[Text]):
    """A text for a person, kept in both languages; a plain string is the same in both."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Text | str | None, _dialect: Any) -> str | None:
        return value.stored() if isinstance(value, Text) else value

    def process_result_value(self, value: str | None, _dialect: Any) -> Text | None:
        return None if value is None else Text.read(value)


Big = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""A growing number; SQLite counts by itself only in an INTEGER primary key."""


def one_of(column: str, values: Any) -> str:
    """Return the condition that a column holds one of the values."""
    return f"{column} IN ({', '.join(repr(str(value)) for value in sorted(values))})"


_FINAL = one_of("state", FINAL)
STATE_ACCEPTED, STATE_HANDLED = "accepted", "handled"
STATE_EARLY, STATE_PARKED, STATE_OUTGOING = "early", "parked", "outgoing"
JOURNAL_STATES = (STATE_ACCEPTED, STATE_HANDLED, STATE_EARLY, STATE_PARKED, STATE_OUTGOING)

journal = sa.Table(
    "journal",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("time", Instant, nullable=False),
    sa.Column("correlation_id", sa.Text, nullable=False),
    sa.Column("causation_id", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("code", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("recorded_at", Instant, nullable=False),
    sa.Column("early_since", Instant),
    sa.Column("body_hash", sa.Text),
    sa.Column("body_size", sa.Integer),
    sa.CheckConstraint(one_of("state", JOURNAL_STATES), name="state"),
    sa.CheckConstraint("(state = 'parked') = (code IS NOT NULL)", name="parked_has_code"),
    comment="Every message, as said. It is also the inbox by message id: a message is handled once",
)
sa.Index("ix_journal_key", journal.c.key)
UNHANDLED = sa.text("state IN ('accepted', 'early', 'parked')")
"""Must stand word for word in every question about such messages: SQLite uses a partial index only
for a query that repeats its condition, and reads the whole journal otherwise."""
partial_index(
    "ix_journal_unhandled",
    journal.c.state,
    journal.c.key,
    where=UNHANDLED,
)

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("dedup_key", sa.Text, primary_key=True),
    sa.Column("message_id", sa.Text, nullable=False),
    sa.Column("received_at", Instant, nullable=False),
    comment="What was accepted, by meaning: a second telling gets the answer of the first",
)
sa.Index("ix_inbox_message", inbox.c.message_id)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("seq", Big, primary_key=True, autoincrement=True),
    sa.Column("queue", sa.Text, nullable=False),
    sa.Column("message_id", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sqlite_autoincrement=True,
    comment="What still has to be published; a row is deleted when the broker confirmed it",
)

lone_tries = sa.Table(
    "lone_tries",
    metadata,
    sa.Column("message_id", sa.Text, primary_key=True),
    sa.Column("found", sa.Integer, nullable=False, server_default="0"),
    sa.Column("begun", sa.Integer, nullable=False, server_default="0"),
    comment="Messages that are handled alone: starts that found them, tries that did not end",
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", Big, primary_key=True, autoincrement=True),
    sa.Column("message_id", sa.Text, sa.ForeignKey("journal.id"), nullable=False),
    sa.Column("destination", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("lane", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("counted", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_attempt_at", Instant),
    sa.Column("asked_at", Instant),
    sa.Column("lease_until", Instant),
    sa.Column("deadline", Instant),
    sa.Column("place", Big),
    sa.Column("newest_only", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("code", sa.Text),
    sa.Column("detail", sa.Text),
    sa.Column("partner_code", sa.Text),
    sa.Column("reference", sa.Text),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("settled_at", Instant),
    sa.Column("doubtful_since", Instant),
    sa.Column("absent_at", Instant),
    sa.UniqueConstraint("message_id", "destination"),
    sa.CheckConstraint(one_of("state", DeliveryState), name="state"),
    sa.CheckConstraint(f"({_FINAL}) = (settled_at IS NOT NULL)", name="final_is_settled"),
    sa.CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name="sending_has_lease"),
    sa.CheckConstraint(
        "state <> 'waiting' OR next_attempt_at IS NOT NULL", name="waiting_has_time"
    ),
    sa.CheckConstraint("state <> 'held' OR lane <> ''", name="held_has_lane"),
    sqlite_autoincrement=True,
    comment="One message on its way to one destination: the truth about state, attempts and time",
)
OPEN_IN_LANE = sa.text("settled_at IS NULL AND lane <> ''")
"""Word for word in every question about the open deliveries of a lane, as `UNHANDLED`."""
partial_index(
    "ix_deliveries_open_lane",
    deliveries.c.destination,
    deliveries.c.lane,
    deliveries.c.id,
    where=OPEN_IN_LANE,
)
UNSETTLED = sa.text("settled_at IS NULL AND state <> ''")
"""Word for word in every question about deliveries by their state. No state is empty: the words
only say which index is meant. By the statistics of a quiet hour both partial indexes look small to
PostgreSQL. With words of its own each serves only the questions that it was made for, and neither
serves a statement that knows its deliveries by number."""
partial_index(
    "ix_deliveries_due",
    deliveries.c.state,
    deliveries.c.next_attempt_at,
    where=UNSETTLED,
)
sa.Index("ix_deliveries_lane", deliveries.c.lane)
_ANSWERED = sa.text("partner_code IS NOT NULL")
partial_index(
    "ix_deliveries_partner_code",
    deliveries.c.destination,
    deliveries.c.partner_code,
    where=_ANSWERED,
)

lanes = sa.Table(
    "lanes",
    metadata,
    sa.Column("destination", sa.Text, primary_key=True),
    sa.Column("lane", sa.Text, primary_key=True),
    comment="Row locks for PostgreSQL: who opens and who settles in a lane must take turns",
)

attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("id", Big, primary_key=True, autoincrement=True),
    sa.Column("delivery_id", Big, sa.ForeignKey("deliveries.id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("finished_at", Instant),
    sa.Column("outcome", sa.Text),
    sa.Column("code", sa.Text),
    sa.Column("detail", sa.Text),
    sa.Column("request_hash", sa.Text),
    sa.Column("response_hash", sa.Text),
    sa.Column("differs", sa.Text),
    sa.CheckConstraint("kind IN ('send', 'find', 'person')", name="kind"),
    sqlite_autoincrement=True,
    comment="Every call to a partner, written before it is made",
)
sa.Index("ix_attempts_delivery", attempts.c.delivery_id, attempts.c.number)

blobs = sa.Table(
    "blobs",
    metadata,
    sa.Column("sha256", sa.Text, primary_key=True),
    sa.Column("size", Big, nullable=False),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("unneeded_at", Instant),
    comment="Files in the content-addressed store; the bodies are on disk",
)
UNNEEDED = sa.text("unneeded_at IS NOT NULL")
partial_index(
    "ix_blobs_unneeded",
    blobs.c.sha256,
    where=UNNEEDED,
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("seq", Big, primary_key=True, autoincrement=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("object", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("allowed", sa.Boolean, nullable=False),
    sa.Column("previous_hash", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False, unique=True),
    sqlite_autoincrement=True,
    comment="Who did what and why; append-only, each row carries the hash of the one before",
)

handovers = sa.Table(
    "handovers",
    metadata,
    sa.Column("seq", Big, primary_key=True, autoincrement=False),
    sa.Column("delivery_id", Big),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("partner", sa.Text, nullable=False),
    sa.Column("operation", sa.Text, nullable=False),
    sa.Column("number", sa.Text, nullable=False),
    sa.Column("direction", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("request_hash", sa.Text, nullable=False),
    sa.Column("response_hash", sa.Text, nullable=False),
    sa.Column("sent_at", Instant),
    sa.Column("answered_at", Instant, nullable=False),
    sa.Column("receipt", sa.Text, nullable=False),
    sa.Column("recorded_at", Instant, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("previous_hash", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    comment="Evidence of every hand-over to and from a partner; append-only, chained like audit",
)
sa.Index("ix_handovers_number", handovers.c.number)
WITH_RECEIPT = sa.text("receipt <> ''")
"""As `UNHANDLED`: word for word in every question about a receipt."""
partial_index(
    "ix_handovers_receipt",
    handovers.c.receipt,
    where=WITH_RECEIPT,
)

chain_heads = sa.Table(
    "chain_heads",
    metadata,
    sa.Column("chain", sa.Text, primary_key=True),
    sa.Column("seq", Big, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    comment="The last row of each chained log, so that a removed one shows; locked by appenders",
)

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

heartbeats = sa.Table(
    "heartbeats",
    metadata,
    sa.Column("process", sa.Text, primary_key=True),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("roles", sa.Text, nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("beat_at", Instant, nullable=False),
    sa.Column("troubles", sa.Text, nullable=False),
    sa.Column("looked_at", Instant),
    sa.Column("findings", sa.Text, nullable=False, server_default=""),
    comment="Which process runs which roles, whether they work, and what its last preflight found",
)

FAULT_VERDICTS = ("transient", "permanent", "delivered")

fault_classes = sa.Table(
    "fault_classes",
    metadata,
    sa.Column("partner", sa.Text, primary_key=True),
    sa.Column("operation", sa.Text, primary_key=True),
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("first_seen", Instant, nullable=False),
    sa.Column("last_seen", Instant, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("verdict", sa.Text),
    sa.CheckConstraint(one_of("verdict", FAULT_VERDICTS), name="verdict"),
    comment="Reply codes that nobody knew: one row is one task to classify, until it has a verdict",
)

PAUSE_KINDS = ("circuit", "window", "quota", "person")

pauses = sa.Table(
    "pauses",
    metadata,
    sa.Column("destination", sa.Text, primary_key=True),
    sa.Column("operation", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("phase", sa.Text, nullable=False),
    sa.Column("openings", sa.Integer, nullable=False),
    sa.Column("since", Instant, nullable=False),
    sa.Column("until", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("reason_vi", sa.Text, nullable=False),
    sa.Column("reason_en", sa.Text, nullable=False),
    sa.CheckConstraint(one_of("kind", PAUSE_KINDS), name="kind"),
    comment="Operations of partners that nothing is sent to just now, why, and until when",
)

person_pauses = sa.Table(
    "person_pauses",
    metadata,
    sa.Column("destination", sa.Text, primary_key=True),
    sa.Column("operation", sa.Text, primary_key=True),  # "" for all of them
    sa.Column("since", Instant, nullable=False),
    sa.Column("until", Instant, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("drains", sa.Boolean, nullable=False, server_default=sa.false()),
    comment="What persons have paused, until when and why; `pauses` has what comes of it",
)

store_identity = sa.Table(
    "store_identity",
    metadata,
    sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("id", sa.Text, nullable=False),
    sa.CheckConstraint("one = 1", name="one"),
    comment="One row: the name by which the broker knows whose its queues are",
)
