"""Dossiers that wait to be received, held for a client until a time."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    op.create_table(
        "dossier_claims",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_dossier_claims")),
        sa.ForeignKeyConstraint(["client"], ["clients.id"], name=op.f("fk_dossier_claims_client")),
        comment="Dossiers that wait to be received, held for a client until a time",
    )
    where = sa.text("status = 1")
    op.create_index(
        "ix_dossiers_registered",
        "dossiers",
        ["received_at", "number"],
        sqlite_where=where,
        postgresql_where=where,
    )


def downgrade() -> None:
    op.drop_index("ix_dossiers_registered", "dossiers")
    op.drop_table("dossier_claims")
