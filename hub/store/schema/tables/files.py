"""The tables of files on their way in, and of what was found in files that are kept."""

import sqlalchemy as sa

from hub.store.schema.tables.exchange import Instant, metadata

uploads = sa.Table(
    "uploads",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("client", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("received", sa.BigInteger, nullable=False),
    sa.Column("fence", sa.BigInteger, nullable=False),
    sa.Column("metadata", sa.Text, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("sha256", sa.Text),
    sa.Column("stored_at", Instant),
    sa.Column("refused", sa.Text),
    sa.Column("why", sa.Text),
    comment="Resumable uploads (tus): how much has come, who may go on writing, what became of it",
)
sa.Index("ix_uploads_client", uploads.c.client)

file_findings = sa.Table(
    "file_findings",
    metadata,
    sa.Column("sha256", sa.Text, primary_key=True),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("found_at", Instant, nullable=False),
    sa.Column("reported_at", Instant),
    comment="What the check of contents found in a file that is kept nevertheless",
)
