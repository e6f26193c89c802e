"""Alerts: incidents, what happened to them, what is told of them, and silences."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _incidents()
    _messages()


def _incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("number", BIG, autoincrement=True, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("signal", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("value", sa.Float(53), nullable=False),
        sa.Column("worst", sa.Float(53), nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger()),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("true_for", sa.BigInteger(), nullable=False),
        sa.Column("false_for", sa.BigInteger(), nullable=False),
        sa.Column("waited_for", sa.BigInteger(), nullable=False),
        sa.Column("since_notified", sa.BigInteger(), nullable=False),
        sa.Column("notified", sa.Text(), nullable=False),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.Column("notified_severity", sa.Text()),
        sa.Column("end_notified", sa.Boolean(), nullable=False),
        sa.Column("acknowledged_at", sa.BigInteger()),
        sa.Column("acknowledged_by", sa.Text(), nullable=False),
        sa.Column("acknowledged_until", sa.BigInteger()),
        sa.Column("acknowledged_why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_incidents")),
        sqlite_autoincrement=True,
        comment="What a person is told of without looking: one row a rule and subject until it ends",
    )
    _partial("ix_incidents_open", ["rule", "subject"], "ended_at IS NULL", unique=True)
    _partial(
        "ix_incidents_end_not_notified", ["number"], "ended_at IS NOT NULL AND NOT end_notified"
    )
    op.create_index("ix_incidents_ended_at", "incidents", ["ended_at"])
    op.create_table(
        "incident_events",
        sa.Column("incident", BIG, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("value", sa.Float(53), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("incident", "place", name=op.f("pk_incident_events")),
        sa.ForeignKeyConstraint(
            ["incident"], ["incidents.number"], name=op.f("fk_incident_events_incident")
        ),
        comment="What happened to an incident, in order: started, told, acknowledged, ended",
    )


def _messages() -> None:
    op.create_table(
        "alert_messages",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("incidents", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.BigInteger()),
        sa.Column("lease_until", sa.BigInteger()),
        sa.Column("leased_by", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.BigInteger()),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_alert_messages")),
        comment="What is told to a channel, stored before it goes out; an empty next time: no more",
    )
    _partial(
        "ix_alert_messages_waiting",
        ["next_attempt_at"],
        "next_attempt_at IS NOT NULL",
        table="alert_messages",
    )
    op.create_index("ix_alert_messages_channel", "alert_messages", ["channel", "made_at"])
    op.create_table(
        "alert_silences",
        sa.Column("number", BIG, autoincrement=True, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_alert_silences")),
        sqlite_autoincrement=True,
        comment="What a person does not want to be told of until a time",
    )


def _partial(
    name: str, columns: list[str], where: str, *, table: str = "incidents", unique: bool = False
) -> None:
    condition = sa.text(where)
    op.create_index(
        name,
        table,
        columns,
        unique=unique,
        sqlite_where=condition,
        postgresql_where=condition,
    )
