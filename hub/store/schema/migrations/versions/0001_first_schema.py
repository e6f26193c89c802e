"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", BIG, autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_hash")),
        comment="Who did what and why; append-only, each row carries the hash of the one before",
        sqlite_autoincrement=True,
    )
    op.create_table(
        "blobs",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_blobs")),
        comment="Files in the content-addressed store; the bodies are on disk",
    )
    op.create_table(
        "dossiers",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("procedure", sa.Text(), nullable=False),
        sa.Column("sector", sa.Text(), nullable=False),
        sa.Column("inter_level", sa.Boolean(), nullable=False),
        sa.Column("channel", sa.Integer(), nullable=False),
        sa.Column("applicant", sa.LargeBinary(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("components", sa.LargeBinary(), nullable=False),
        sa.Column("parcels", sa.LargeBinary(), nullable=False),
        sa.Column("officer", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("first_due_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("status_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("supplement_since", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("returned_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("status BETWEEN 1 AND 10", name=op.f("ck_dossiers_status")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_dossiers")),
        comment="One row a dossier: what the ward knows now",
    )
    op.create_index("ix_dossiers_received", "dossiers", ["received_at"], unique=False)
    op.create_table(
        "inbox",
        sa.Column("dedup_key", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("dedup_key", name=op.f("pk_inbox")),
        comment="What was accepted, by meaning: a second telling gets the answer of the first",
    )
    op.create_table(
        "journal",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("causation_id", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(state = 'parked') = (code IS NOT NULL)", name=op.f("ck_journal_parked_has_code")
        ),
        sa.CheckConstraint(
            "state IN ('accepted', 'early', 'handled', 'outgoing', 'parked')",
            name=op.f("ck_journal_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
        comment="Every message, as said. It is also the inbox by message id: a message is handled once",
    )
    op.create_index("ix_journal_key", "journal", ["key"], unique=False)
    op.create_index(
        "ix_journal_unhandled",
        "journal",
        ["state", "key"],
        unique=False,
        sqlite_where=sa.text("state IN ('accepted', 'early', 'parked')"),
        postgresql_where=sa.text("state IN ('accepted', 'early', 'parked')"),
    )
    op.create_table(
        "lanes",
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("destination", "lane", name=op.f("pk_lanes")),
        comment="Row locks for PostgreSQL: who opens and who settles in a lane must take turns",
    )
    op.create_table(
        "outbox",
        sa.Column("seq", BIG, autoincrement=True, nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_outbox")),
        comment="What still has to be published; a row is deleted when the broker confirmed it",
        sqlite_autoincrement=True,
    )
    op.create_table(
        "surveys",
        sa.Column("slip", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("scores", sa.LargeBinary(), nullable=False),
        sa.Column("submitted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("slip", name=op.f("pk_surveys")),
        comment="Satisfaction slips (phiếu khảo sát); anonymous unless a number is given",
    )
    op.create_table(
        "deliveries",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("counted", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", sa.BigInteger(), nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("deadline", sa.BigInteger(), nullable=True),
        sa.Column("newest_only", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(state = 'sending') = (lease_until IS NOT NULL)",
            name=op.f("ck_deliveries_sending_has_lease"),
        ),
        sa.CheckConstraint(
            "(state IN ('by_hand', 'cancelled', 'delivered', 'superseded')) = (settled_at IS NOT NULL)",
            name=op.f("ck_deliveries_final_is_settled"),
        ),
        sa.CheckConstraint(
            "state <> 'held' OR lane <> ''", name=op.f("ck_deliveries_held_has_lane")
        ),
        sa.CheckConstraint(
            "state <> 'waiting' OR next_attempt_at IS NOT NULL",
            name=op.f("ck_deliveries_waiting_has_time"),
        ),
        sa.CheckConstraint(
            "state IN ('ambiguous', 'by_hand', 'cancelled', 'dead', 'delivered', 'held', 'pending', 'sending', 'superseded', 'waiting')",
            name=op.f("ck_deliveries_state"),
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["journal.id"], name=op.f("fk_deliveries_message_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint(
            "message_id", "destination", name=op.f("uq_deliveries_message_id_destination")
        ),
        comment="One message on its way to one destination: the truth about state, attempts and time",
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["state", "next_attempt_at"],
        unique=False,
        sqlite_where=sa.text("NOT (state IN ('by_hand', 'cancelled', 'delivered', 'superseded'))"),
        postgresql_where=sa.text(
            "NOT (state IN ('by_hand', 'cancelled', 'delivered', 'superseded'))"
        ),
    )
    op.create_index("ix_deliveries_lane", "deliveries", ["lane"], unique=False)
    op.create_index(
        "ix_deliveries_open_lane",
        "deliveries",
        ["destination", "lane", "id"],
        unique=False,
        sqlite_where=sa.text("NOT (state IN ('by_hand', 'cancelled', 'delivered', 'superseded'))"),
        postgresql_where=sa.text(
            "NOT (state IN ('by_hand', 'cancelled', 'delivered', 'superseded'))"
        ),
    )
    op.create_table(
        "dossier_events",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("officer", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("applied", sa.Boolean(), nullable=False),
        sa.Column("why_not", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["number"], ["dossiers.number"], name=op.f("fk_dossier_events_number")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier_events")),
        comment="Every status event, also the ones that the guard did not apply",
        sqlite_autoincrement=True,
    )
    op.create_index("ix_dossier_events_number", "dossier_events", ["number"], unique=False)
    op.create_table(
        "dossier_files",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("is_result", sa.Boolean(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["number"], ["dossiers.number"], name=op.f("fk_dossier_files_number")
        ),
        sa.PrimaryKeyConstraint("number", "sha256", "component", name=op.f("pk_dossier_files")),
        comment="Which files belong to a dossier: scanned papers and results",
    )
    op.create_table(
        "leg_steps",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("officer", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("applied", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["number"], ["dossiers.number"], name=op.f("fk_leg_steps_number")),
        sa.PrimaryKeyConstraint("number", "sequence", name=op.f("pk_leg_steps")),
        comment="What the town reported, kept until every earlier step is there",
    )
    op.create_table(
        "legs",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("child_number", sa.Text(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column("transferred_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["number"], ["dossiers.number"], name=op.f("fk_legs_number")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_legs")),
        comment="The inter-level leg of a dossier (liên thông): the town's child and how far it is",
    )
    op.create_table(
        "attempts",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("delivery_id", BIG, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("request_hash", sa.Text(), nullable=True),
        sa.Column("response_hash", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('send', 'find', 'person')", name=op.f("ck_attempts_kind")),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_attempts_delivery_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
        comment="Every call to a partner, written before it is made",
        sqlite_autoincrement=True,
    )
    op.create_index("ix_attempts_delivery", "attempts", ["delivery_id", "number"], unique=False)
