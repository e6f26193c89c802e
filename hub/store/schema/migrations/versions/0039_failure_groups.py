"""Groups of failures: samples of how many stood, notes and assignments of persons."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "failure_samples",
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "destination", "operation", "code", "at", name=op.f("pk_failure_samples")
        ),
        comment="How many deliveries of a group of failures waited for a person, each five minutes",
    )
    op.create_index("ix_failure_samples_at", "failure_samples", ["at"])
    op.create_table(
        "selection_notes",
        sa.Column("number", BIG, autoincrement=True, nullable=False),
        sa.Column("selection", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("assignee", sa.Text()),
        sa.Column("form", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_selection_notes")),
        comment="What persons wrote about selections of deliveries, and to whom they assigned them",
        sqlite_autoincrement=True,
    )
    op.create_index("ix_selection_notes_selection", "selection_notes", ["selection", "number"])
    op.create_index("ix_selection_notes_form", "selection_notes", ["form"], unique=True)
    where = sa.text("assignee IS NOT NULL")
    op.create_index(
        "ix_selection_notes_assigns",
        "selection_notes",
        ["number"],
        sqlite_where=where,
        postgresql_where=where,
    )
