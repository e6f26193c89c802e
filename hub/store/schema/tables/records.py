"""The tables of the ward's records: dossiers, what happened to them, their files, the slips."""

import sqlalchemy as sa

from hub.store.schema.partial_index import partial_index
from hub.store.schema.tables.exchange import Big, Instant, metadata

dossiers = sa.Table(
    "dossiers",
    metadata,
    sa.Column("number", sa.Text, primary_key=True),
    sa.Column("procedure", sa.Text, nullable=False),
    sa.Column("sector", sa.Text, nullable=False),
    sa.Column("inter_level", sa.Boolean, nullable=False),
    sa.Column("channel", sa.Integer, nullable=False),
    sa.Column("applicant", sa.LargeBinary, nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("components", sa.LargeBinary, nullable=False),
    sa.Column("parcels", sa.LargeBinary, nullable=False),
    sa.Column("officer", sa.Text, nullable=False),
    sa.Column("received_at", Instant, nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("first_due_at", Instant, nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("status_at", Instant, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("supplement_since", Instant),
    sa.Column("finished_at", Instant),
    sa.Column("returned_at", Instant),
    sa.Column("erased_at", Instant),
    sa.Column("files_told", sa.Integer, nullable=False, server_default="0"),
    sa.Column("refresh_wanted_at", Instant),
    sa.Column("archive_again", Instant),
    sa.Column("erase_again", Instant),
    sa.CheckConstraint("status BETWEEN 1 AND 10", name="status"),
    comment="One row a dossier: what the ward knows now",
)
sa.Index("ix_dossiers_received", dossiers.c.received_at)
REFRESH_WANTED = sa.text("refresh_wanted_at IS NOT NULL")
"""Word for word in every question about such dossiers, see `tables.UNHANDLED`."""
partial_index(
    "ix_dossiers_refresh",
    dossiers.c.refresh_wanted_at,
    where=REFRESH_WANTED,
)
REGISTERED = sa.text("status = 1")
"""Word for word in every question about dossiers that wait to be received."""
partial_index(
    "ix_dossiers_registered",
    dossiers.c.received_at,
    dossiers.c.number,
    where=REGISTERED,
)
READY = sa.text("status = 9")
"""Word for word in every question about results that wait to be collected."""
partial_index("ix_dossiers_ready", dossiers.c.status_at, where=READY)
UNDER_WAY = sa.text("status IN (2, 4)")
"""Word for word in every question about dossiers whose clock goes on."""
partial_index("ix_dossiers_under_way", dossiers.c.due_at, where=UNDER_WAY)
CLOSED = sa.text("status IN (3, 7, 8, 9, 10)")
"""Must stand word for word in every question about closed dossiers, see `tables.UNHANDLED`; the
numbers are those of `rules.retention.CLOSED`."""
UNERASED = sa.text("status IN (3, 7, 8, 9, 10) AND erased_at IS NULL")
for _name, _again, _condition in (
    ("ix_dossiers_closed", dossiers.c.archive_again, CLOSED),
    ("ix_dossiers_unerased", dossiers.c.erase_again, UNERASED),
):
    # By their last status, or by when they are looked at again, see `store/archive/places.py`.
    _since = sa.func.coalesce(_again, dossiers.c.status_at)
    partial_index(_name, _since, dossiers.c.number, where=_condition)

dossier_names = sa.Table(
    "dossier_names",
    metadata,
    sa.Column("rotation", sa.Text, primary_key=True),
    sa.Column("number", sa.Text, primary_key=True),
    sqlite_with_rowid=False,
    comment="Words by which a dossier is found by its applicant's name; personal data",
)
"""On PostgreSQL `rotation` has the collation C (see migration 0050): a prefix is a range of it."""
sa.Index("ix_dossier_names_number", dossier_names.c.number)

dossier_claims = sa.Table(
    "dossier_claims",
    metadata,
    sa.Column("number", sa.Text, primary_key=True),
    sa.Column("client", sa.Text, sa.ForeignKey("clients.id"), nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("terms", sa.Text, nullable=False),
    sa.Column("until", Instant, nullable=False),
    comment="Dossiers that wait to be received, held for a client until a time",
)

dossier_events = sa.Table(
    "dossier_events",
    metadata,
    sa.Column("id", Big, primary_key=True, autoincrement=True),
    sa.Column("number", sa.Text, sa.ForeignKey("dossiers.number"), nullable=False),
    sa.Column("message_id", sa.Text, nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("officer", sa.Text, nullable=False),
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("applied", sa.Boolean, nullable=False),
    sa.Column("why_not", sa.Text),
    sqlite_autoincrement=True,
    comment="Every status event, also the ones that the guard did not apply",
)
sa.Index("ix_dossier_events_number", dossier_events.c.number)
sa.Index("ix_dossier_events_at", dossier_events.c.at)

dossier_files = sa.Table(
    "dossier_files",
    metadata,
    sa.Column("number", sa.Text, sa.ForeignKey("dossiers.number"), primary_key=True),
    sa.Column("sha256", sa.Text, primary_key=True),
    sa.Column("component", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("size", Big, nullable=False),
    sa.Column("is_result", sa.Boolean, nullable=False),
    sa.Column("message_id", sa.Text, nullable=False),
    sa.Column("to_town", sa.Boolean, nullable=False, server_default=sa.false()),
    comment="Which files belong to a dossier: scanned papers and results",
)
sa.Index("ix_dossier_files_sha256", dossier_files.c.sha256)

legs = sa.Table(
    "legs",
    metadata,
    sa.Column("number", sa.Text, sa.ForeignKey("dossiers.number"), primary_key=True),
    sa.Column("child_number", sa.Text),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("step", sa.Text),
    sa.Column("transferred_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("wanted", sa.Integer),
    comment="The inter-level leg of a dossier (liên thông): the town's child and how far it is",
)
sa.Index("ix_legs_child_number", legs.c.child_number)
LEG_UNDER_WAY = sa.text("ended_at IS NULL")
"""As `tables.UNHANDLED`: word for word in every question about the legs that have not ended."""
partial_index(
    "ix_legs_under_way",
    legs.c.number,
    where=LEG_UNDER_WAY,
)

leg_steps = sa.Table(
    "leg_steps",
    metadata,
    sa.Column("number", sa.Text, sa.ForeignKey("dossiers.number"), primary_key=True),
    sa.Column("sequence", sa.Integer, primary_key=True),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("officer", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("message_id", sa.Text, nullable=False),
    sa.Column("applied", sa.Boolean, nullable=False),
    comment="What the town reported, kept until every earlier step is there",
)
KEPT_STEP = sa.text("applied = false")
"""As `tables.UNHANDLED`: word for word in every question about steps that wait for others."""
partial_index(
    "ix_leg_steps_kept",
    leg_steps.c.number,
    where=KEPT_STEP,
)

surveys = sa.Table(
    "surveys",
    metadata,
    sa.Column("slip", sa.Text, primary_key=True),
    sa.Column("number", sa.Text, nullable=False),
    sa.Column("scores", sa.LargeBinary, nullable=False),
    sa.Column("submitted_at", Instant, nullable=False),
    comment="Satisfaction slips (phiếu khảo sát); anonymous unless a number is given",
)
