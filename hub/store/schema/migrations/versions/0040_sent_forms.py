"""Forms of the console that were sent: one is done once, however often its button is clicked."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    op.create_table(
        "sent_forms",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("outcome", sa.Text()),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (outcome IS NULL)", name=op.f("ck_sent_forms_ended")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sent_forms")),
        comment="Forms of the console that were sent in a day: each is done once, with its outcome",
    )
    op.create_index("ix_sent_forms_begun_at", "sent_forms", ["begun_at"])


def downgrade() -> None:
    op.drop_table("sent_forms")
