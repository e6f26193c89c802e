"""The tables of retention: archive files, what lies in them, keys, legal holds, sizes of the disk.

`archived_dossiers` stays when a dossier has left the database: it is small, and answers where the
dossier is. `dossier_keys` is the only place of the keys with which dossiers are sealed in archive
files: a key that is deleted here makes the dossier unreadable in every copy of those files.
"""

import sqlalchemy as sa

from hub.store.schema.partial_index import partial_index
from hub.store.schema.tables.exchange import Big, Instant, metadata, one_of

WRITING, WRITTEN, DONE = "writing", "written", "done"
FILE_STATES = (WRITING, WRITTEN, DONE)
"""writing: incomplete; written: complete on disk, its rows are being compared and deleted; done."""

archive_files = sa.Table(
    "archive_files",
    metadata,
    sa.Column("seq", Big, primary_key=True, autoincrement=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("month", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("begun_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("size", Big),
    sa.Column("sha256", sa.Text),
    sa.Column("manifest_hash", sa.Text),
    sa.Column("previous_hash", sa.Text),
    sa.Column("dossiers", sa.Integer),
    sa.Column("rows", Big),
    sa.CheckConstraint(one_of("state", FILE_STATES), name="state"),
    sa.CheckConstraint("(state = 'writing') = (sha256 IS NULL)", name="written_has_hash"),
    sqlite_autoincrement=True,
    comment="Archive files and how far each is; each manifest carries the hash of the one before",
)
UNFINISHED = sa.text("state <> 'done'")
partial_index(
    "ix_archive_files_unfinished",
    archive_files.c.seq,
    where=UNFINISHED,
)

archived_dossiers = sa.Table(
    "archived_dossiers",
    metadata,
    sa.Column("number", sa.Text, primary_key=True),
    sa.Column("file", Big, sa.ForeignKey("archive_files.seq"), nullable=False),
    sa.Column("place", Big, nullable=False),
    sa.Column("length", Big, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("received_at", Instant, nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("finished_at", Instant),
    sa.Column("closed_at", Instant, nullable=False),
    sa.Column("archived_at", Instant, nullable=False),
    sa.Column("erased_at", Instant),
    sa.Column("erase_again", Instant),
    comment="Dossiers that have left the database: in which file, where in it, the hash of that",
)
sa.Index("ix_archived_dossiers_file", archived_dossiers.c.file)
READABLE = sa.text("erased_at IS NULL")
partial_index(
    "ix_archived_dossiers_readable",
    sa.func.coalesce(archived_dossiers.c.erase_again, archived_dossiers.c.closed_at),
    archived_dossiers.c.number,
    where=READABLE,
)

dossier_keys = sa.Table(
    "dossier_keys",
    metadata,
    sa.Column("number", sa.Text, primary_key=True),
    sa.Column("key", sa.LargeBinary, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    comment="With which a dossier is sealed in archive files; without it nobody can read it there",
)

legal_holds = sa.Table(
    "legal_holds",
    metadata,
    sa.Column("number", sa.Text, primary_key=True),
    sa.Column("placed_at", Instant, nullable=False),
    sa.Column("placed_by", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    comment="Dossiers that are neither archived nor erased until a person releases them",
)

disk_samples = sa.Table(
    "disk_samples",
    metadata,
    sa.Column("host", sa.Text, primary_key=True),
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("used", Big, nullable=False),
    sa.Column("database", Big, nullable=False),
    comment="Bytes used on the disk of HUB_DATA_DIR and by the database, one row a host and day",
)
