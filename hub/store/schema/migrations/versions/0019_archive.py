"""Retention: what is archived and erased, legal holds, and the indexes that find what is due."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CLOSED = sa.text("status IN (3, 7, 8, 9, 10)")
UNERASED = sa.text("status IN (3, 7, 8, 9, 10) AND erased_at IS NULL")
UNFINISHED = sa.text("state <> 'done'")
UNNEEDED = sa.text("unneeded_at IS NOT NULL")
READABLE = sa.text("erased_at IS NULL")


def upgrade() -> None:
    op.add_column("journal", sa.Column("body_hash", sa.Text(), nullable=True))
    op.add_column("journal", sa.Column("body_size", sa.Integer(), nullable=True))
    op.add_column("dossiers", sa.Column("erased_at", sa.BigInteger(), nullable=True))
    op.add_column("blobs", sa.Column("unneeded_at", sa.BigInteger(), nullable=True))
    _partial("ix_blobs_unneeded", "blobs", ["sha256"], UNNEEDED)
    op.create_index("ix_inbox_message", "inbox", ["message_id"])
    op.create_index("ix_dossier_files_sha256", "dossier_files", ["sha256"])
    op.create_index("ix_tasks_subject", "tasks", ["subject"])
    _partial("ix_dossiers_closed", "dossiers", ["status_at", "number"], CLOSED)
    _partial("ix_dossiers_unerased", "dossiers", ["status_at", "number"], UNERASED)
    _archive_tables()


def _partial(name: str, table: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def _archive_tables() -> None:
    op.create_table(
        "archive_files",
        sa.Column("seq", BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("size", BIG, nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("manifest_hash", sa.Text(), nullable=True),
        sa.Column("previous_hash", sa.Text(), nullable=True),
        sa.Column("dossiers", sa.Integer(), nullable=True),
        sa.Column("rows", BIG, nullable=True),
        sa.CheckConstraint(
            "state IN ('done', 'writing', 'written')",
            name=op.f("ck_archive_files_state"),
        ),
        sa.CheckConstraint(
            "(state = 'writing') = (sha256 IS NULL)",
            name=op.f("ck_archive_files_written_has_hash"),
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_archive_files")),
        sa.UniqueConstraint("name", name=op.f("uq_archive_files_name")),
        comment=(
            "Archive files and how far each is; each manifest carries the hash of the one before"
        ),
        sqlite_autoincrement=True,
    )
    _partial("ix_archive_files_unfinished", "archive_files", ["seq"], UNFINISHED)
    op.create_table(
        "archived_dossiers",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("file", BIG, nullable=False),
        sa.Column("place", BIG, nullable=False),
        sa.Column("length", BIG, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=False),
        sa.Column("archived_at", sa.BigInteger(), nullable=False),
        sa.Column("erased_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["file"], ["archive_files.seq"], name=op.f("fk_archived_dossiers_file")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_archived_dossiers")),
        comment="Dossiers that have left the database: in which file, where in it, the hash of that",
    )
    op.create_index("ix_archived_dossiers_file", "archived_dossiers", ["file"])
    _partial("ix_archived_dossiers_readable", "archived_dossiers", ["closed_at"], READABLE)
    op.create_table(
        "dossier_keys",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_dossier_keys")),
        comment=(
            "With which a dossier is sealed in archive files; without it nobody can read it there"
        ),
    )
    op.create_table(
        "legal_holds",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("placed_at", sa.BigInteger(), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_legal_holds")),
        comment="Dossiers that are neither archived nor erased until a person releases them",
    )
    op.create_table(
        "disk_samples",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("used", BIG, nullable=False),
        sa.Column("database", BIG, nullable=False),
        sa.PrimaryKeyConstraint("host", "day", name=op.f("pk_disk_samples")),
        comment=(
            "Bytes used on the disk of HUB_DATA_DIR and by the database, one row a host and day"
        ),
    )
