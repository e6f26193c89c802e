"""Resumable uploads, and what was found in files that are kept nevertheless."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text()),
        sa.Column("stored_at", sa.BigInteger()),
        sa.Column("refused", sa.Text()),
        sa.Column("why", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
        comment="Resumable uploads (tus): how much has come, who may go on writing, what became of it",
    )
    op.create_index("ix_uploads_client", "uploads", ["client"])
    op.create_table(
        "file_findings",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.Column("reported_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_file_findings")),
        comment="What the check of contents found in a file that is kept nevertheless",
    )


def downgrade() -> None:
    op.drop_table("file_findings")
    op.drop_table("uploads")
