"""Pauses by persons: what they have paused, and their kind among what is paused."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"

KINDS = ("circuit", "window", "quota")


def upgrade() -> None:
    op.create_table(
        "person_pauses",
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("destination", "operation", name=op.f("pk_person_pauses")),
        comment="What persons have paused, until when and why; `pauses` has what comes of it",
    )
    _remake_pauses((*KINDS, "person"))


def downgrade() -> None:
    op.drop_table("person_pauses")
    _remake_pauses(KINDS)


def _remake_pauses(kinds: tuple[str, ...]) -> None:
    """Make the table anew: SQLite changes no CHECK, and the processes write what is in it."""
    op.drop_table("pauses")
    listed = ", ".join(f"'{kind}'" for kind in sorted(kinds))
    op.create_table(
        "pauses",
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("openings", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("reason_vi", sa.Text(), nullable=False),
        sa.Column("reason_en", sa.Text(), nullable=False),
        sa.CheckConstraint(f"kind IN ({listed})", name=op.f("ck_pauses_kind")),
        sa.PrimaryKeyConstraint("destination", "operation", name=op.f("pk_pauses")),
        comment="Operations of partners that nothing is sent to just now, why, and until when",
    )
