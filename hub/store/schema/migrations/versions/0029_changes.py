"""The feed of changes; it begins now, and what happened before stands in the timelines."""

import secrets
import time

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"

_MICROSECONDS = 1_000_000


def _change() -> list[sa.Column[object]]:
    return [
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
    ]


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "unnumbered_changes",
        sa.Column("id", big, autoincrement=True, nullable=False),
        *_change(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unnumbered_changes")),
        sqlite_autoincrement=True,
        comment="Changes of dossiers that have no place in the feed yet",
    )
    op.create_table(
        "changes",
        sa.Column("position", big, autoincrement=False, nullable=False),
        *_change(),
        sa.Column("numbered_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_changes")),
        comment="The feed of changes, in the one order in which partners read it",
    )
    op.create_index("ix_changes_number", "changes", ["number"])
    epochs = op.create_table(
        "change_epochs",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("begins_after", big, nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_change_epochs")),
        sa.UniqueConstraint("id", name=op.f("uq_change_epochs_id")),
        comment="Since when the feed's positions mean what they mean: its start, and each restore",
    )
    feed = op.create_table(
        "change_feed",
        sa.Column("one", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", big, nullable=False),
        sa.Column("removed_to", big, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_change_feed")),
        sa.CheckConstraint("one = 1", name=op.f("ck_change_feed_one")),
        comment="One row: the position that was given last; its lock makes one writer of all",
    )
    began = int(time.time() * _MICROSECONDS)
    first = {"seq": 1, "id": secrets.token_hex(4), "begins_after": 0, "began_at": began}
    op.bulk_insert(epochs, [first])
    op.bulk_insert(feed, [{"one": 1, "last": 0, "removed_to": 0}])


def downgrade() -> None:
    op.drop_table("change_feed")
    op.drop_table("change_epochs")
    op.drop_table("changes")
    op.drop_table("unnumbered_changes")
