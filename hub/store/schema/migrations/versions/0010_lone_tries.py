"""Lone tries: which messages are handled alone, because the process may die of them."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "lone_tries",
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("begun", sa.Integer(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_lone_tries")),
        comment="Messages that are handled alone: starts that found them, tries that did not end",
    )
