"""Replay plans that the hub works off: phase, lease of the worker, who ordered the run."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "replay_work",
        sa.Column("plan", BIG, nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("examined", sa.Integer(), nullable=False),
        sa.Column("per_second", sa.Integer(), nullable=False),
        sa.Column("run_by", sa.Text(), nullable=False),
        sa.Column("run_reason", sa.Text(), nullable=False),
        sa.Column("worker", sa.Text()),
        sa.Column("lease_until", sa.BigInteger()),
        sa.Column("form", sa.Text()),
        sa.CheckConstraint(
            "phase IN ('cancelled', 'over', 'paused', 'planning', 'ready', 'running')",
            name=op.f("ck_replay_work_phase"),
        ),
        sa.ForeignKeyConstraint(
            ["plan"], ["replay_plans.number"], name=op.f("fk_replay_work_plan_replay_plans")
        ),
        sa.PrimaryKeyConstraint("plan", name=op.f("pk_replay_work")),
        comment="Where the work on a replay plan is, who does it, and until when that is believed",
    )
    op.create_index("ix_replay_work_form", "replay_work", ["form"], unique=True)
