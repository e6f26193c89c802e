"""Replay plans, and the place of a corrected copy in its lane."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("place", BIG, nullable=True))
    op.create_table(
        "replay_plans",
        sa.Column("number", BIG, autoincrement=True, nullable=False),
        sa.Column("selection", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("run_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('finished', 'made', 'running', 'stopped')",
            name=op.f("ck_replay_plans_state"),
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_replay_plans")),
        comment="Selections of dead deliveries, frozen, and whether they were replayed",
        sqlite_autoincrement=True,
    )
    op.create_table(
        "replay_items",
        sa.Column("plan", BIG, nullable=False),
        sa.Column("delivery_id", BIG, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("response_hash", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "verdict IN ('already_there', 'cannot_ask', 'file_gone', 'order_conflict',"
            " 'superseded', 'would_send')",
            name=op.f("ck_replay_items_verdict"),
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_replay_items_delivery_id_deliveries")
        ),
        sa.ForeignKeyConstraint(
            ["plan"], ["replay_plans.number"], name=op.f("fk_replay_items_plan_replay_plans")
        ),
        sa.PrimaryKeyConstraint("plan", "delivery_id", name=op.f("pk_replay_items")),
        comment="What a replay plan saw of each delivery, and what was done with it",
    )
