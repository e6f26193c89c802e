"""Indexes for what people ask: changed on a day, steps and legs under way, closed of a list."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.create_index("ix_dossier_events_at", "dossier_events", ["at"])
    op.create_index("ix_replay_items_delivery_id", "replay_items", ["delivery_id"])
    op.create_index("ix_tasks_about", "tasks", ["kind", "destination", "subject"])
    partial = {
        "ix_legs_under_way": ("legs", ["number"], "ended_at IS NULL"),
        "ix_leg_steps_kept": ("leg_steps", ["number"], "applied = false"),
        "ix_tasks_list": ("tasks", ["destination", "list_day"], "list_day IS NOT NULL"),
    }
    for name, (table, columns, condition) in partial.items():
        where = sa.text(condition)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
