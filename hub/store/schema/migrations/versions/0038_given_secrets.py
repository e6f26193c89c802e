"""Who gave a person the secrets in use; of which account failed sign-ins are."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
COLUMNS = (
    ("users", "password_by"),
    ("users", "codes_by"),
    ("user_keys", "issued_by"),
    ("sign_in_failures", "account"),
)


def upgrade() -> None:
    for table, name in COLUMNS:
        column: sa.Column[str] = sa.Column(name, sa.Text(), nullable=False, server_default="")
        op.add_column(table, column)
    op.create_index("ix_sign_in_failures_account", "sign_in_failures", ["account"])


def downgrade() -> None:
    op.drop_index("ix_sign_in_failures_account", table_name="sign_in_failures")
    for table, name in COLUMNS:
        op.drop_column(table, name)
