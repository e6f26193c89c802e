"""The tables about groups of failures: how many stood, and what persons wrote about them."""

import sqlalchemy as sa

from hub.store.schema.partial_index import partial_index
from hub.store.schema.tables.exchange import Big, Instant, metadata

failure_samples = sa.Table(
    "failure_samples",
    metadata,
    sa.Column("destination", sa.Text, primary_key=True),
    sa.Column("operation", sa.Text, primary_key=True),
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("at", Instant, primary_key=True),
    sa.Column("count", sa.BigInteger, nullable=False),
    comment="How many deliveries of a group of failures waited for a person, each five minutes",
)
sa.Index("ix_failure_samples_at", failure_samples.c.at)

selection_notes = sa.Table(
    "selection_notes",
    metadata,
    sa.Column("number", Big, primary_key=True, autoincrement=True),
    sa.Column("selection", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("assignee", sa.Text),
    sa.Column("form", sa.Text, nullable=False),
    sqlite_autoincrement=True,
    comment="What persons wrote about selections of deliveries, and to whom they assigned them",
)
sa.Index("ix_selection_notes_selection", selection_notes.c.selection, selection_notes.c.number)
sa.Index("ix_selection_notes_form", selection_notes.c.form, unique=True)
ASSIGNS = sa.text("assignee IS NOT NULL")
"""Word for word in every question about assignments, see `exchange.UNHANDLED`."""
partial_index("ix_selection_notes_assigns", selection_notes.c.number, where=ASSIGNS)
