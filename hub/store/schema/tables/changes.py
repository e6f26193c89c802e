"""The tables of the feed of changes. No personal data: dossier numbers and codes only."""

import sqlalchemy as sa

from hub.store.schema.tables.exchange import Big, Instant, metadata

unnumbered_changes = sa.Table(
    "unnumbered_changes",
    metadata,
    sa.Column("id", Big, primary_key=True, autoincrement=True),
    sa.Column("number", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("message_id", sa.Text, nullable=False),
    sqlite_autoincrement=True,
    comment="Changes of dossiers that have no place in the feed yet",
)

changes = sa.Table(
    "changes",
    metadata,
    sa.Column("position", Big, primary_key=True, autoincrement=False),
    sa.Column("number", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("message_id", sa.Text, nullable=False),
    sa.Column("numbered_at", Instant, nullable=False),
    comment="The feed of changes, in the one order in which partners read it",
)
sa.Index("ix_changes_number", changes.c.number)

change_epochs = sa.Table(
    "change_epochs",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("begins_after", Big, nullable=False),
    sa.Column("began_at", Instant, nullable=False),
    comment="Since when the feed's positions mean what they mean: its start, and each restore",
)

change_feed = sa.Table(
    "change_feed",
    metadata,
    sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("last", Big, nullable=False),
    sa.Column("removed_to", Big, nullable=False, server_default="0"),
    sa.CheckConstraint("one = 1", name="one"),
    comment="One row: the position that was given last; its lock makes one writer of all",
)
