"""Which papers the town was given, and which of its requests for papers nobody has answered yet.

So far every paper went to the town by itself as soon as it was scanned.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column(
        "dossier_files",
        sa.Column("to_town", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column("legs", sa.Column("wanted", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE dossier_files SET to_town = TRUE "
        "WHERE NOT is_result AND number IN (SELECT number FROM legs)"
    )
    op.execute(
        "UPDATE legs SET wanted = sequence WHERE step = 'cho-bo-sung' AND NOT EXISTS ("
        "SELECT 1 FROM journal said "
        "JOIN leg_steps asked ON asked.number = said.key AND asked.sequence = legs.sequence "
        "JOIN journal told ON told.id = asked.message_id "
        "WHERE said.key = legs.number AND said.type = 'town.supplement' "
        "AND said.recorded_at >= told.recorded_at)"
    )
