"""The tables of alerts: incidents, what happened to them, what was told of them, and silences."""

import sqlalchemy as sa

from hub.store.schema.partial_index import partial_index
from hub.store.schema.tables.exchange import Big, Instant, InTwoLanguages, metadata

incidents = sa.Table(
    "incidents",
    metadata,
    sa.Column("number", Big, primary_key=True, autoincrement=True),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("signal", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("about", InTwoLanguages, nullable=False),
    sa.Column("severity", sa.Text, nullable=False),
    sa.Column("value", sa.Float(53), nullable=False),
    sa.Column("worst", sa.Float(53), nullable=False),
    sa.Column("first_seen_at", Instant, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
    sa.Column("started_at", Instant),
    sa.Column("ended_at", Instant),
    sa.Column("true_for", sa.BigInteger, nullable=False),
    sa.Column("false_for", sa.BigInteger, nullable=False),
    sa.Column("waited_for", sa.BigInteger, nullable=False),
    sa.Column("since_notified", sa.BigInteger, nullable=False),
    sa.Column("notified", sa.Text, nullable=False),
    sa.Column("reminders", sa.Integer, nullable=False),
    sa.Column("notified_severity", sa.Text),
    sa.Column("end_notified", sa.Boolean, nullable=False),
    sa.Column("acknowledged_at", Instant),
    sa.Column("acknowledged_by", sa.Text, nullable=False),
    sa.Column("acknowledged_until", Instant),
    sa.Column("acknowledged_why", sa.Text, nullable=False),
    sqlite_autoincrement=True,
    comment="What a person is told of without looking: one row a rule and subject until it ends",
)
"""The columns named `..._for`, and `since_notified`, are microseconds."""
NOT_ENDED = sa.text("ended_at IS NULL")
partial_index(
    "ix_incidents_open", incidents.c.rule, incidents.c.subject, unique=True, where=NOT_ENDED
)
END_NOT_NOTIFIED = sa.text("ended_at IS NOT NULL AND NOT end_notified")
partial_index("ix_incidents_end_not_notified", incidents.c.number, where=END_NOT_NOTIFIED)
sa.Index("ix_incidents_ended_at", incidents.c.ended_at)

incident_events = sa.Table(
    "incident_events",
    metadata,
    sa.Column("incident", Big, sa.ForeignKey("incidents.number"), primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("value", sa.Float(53), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    comment="What happened to an incident, in order: started, told, acknowledged, ended",
)

alert_messages = sa.Table(
    "alert_messages",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("incidents", sa.Text, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_attempt_at", Instant),
    sa.Column("lease_until", Instant),
    sa.Column("leased_by", sa.Text, nullable=False),
    sa.Column("sent_at", Instant),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    comment="What is told to a channel, stored before it goes out; an empty next time: no more",
)
WAITING = sa.text("next_attempt_at IS NOT NULL")
partial_index("ix_alert_messages_waiting", alert_messages.c.next_attempt_at, where=WAITING)
sa.Index("ix_alert_messages_channel", alert_messages.c.channel, alert_messages.c.made_at)

alert_silences = sa.Table(
    "alert_silences",
    metadata,
    sa.Column("number", Big, primary_key=True, autoincrement=True),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("until", Instant, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sqlite_autoincrement=True,
    comment="What a person does not want to be told of until a time",
)
