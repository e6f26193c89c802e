"""Lists of comparisons know their counts without the differences; items of a plan have their order."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"


def upgrade() -> None:
    op.create_index("ix_replay_items_rank", "replay_items", ["plan", "rank"])
    for name in ("dossiers", "differences"):
        op.add_column("comparisons", sa.Column(name, sa.Integer()))
    names = ("number", "result", "dossiers", "differences")
    table = sa.table("comparisons", *map(sa.column, names))
    line, number = op.get_bind(), table.c.number
    # One after the other: a result may have megabytes.
    done = sa.select(number).where(table.c.result.is_not(None))
    for one in line.execute(done).scalars().all():
        result = json.loads(
            line.execute(sa.select(table.c.result).where(number == one)).scalar_one()
        )
        counts = {"dossiers": result["dossiers"], "differences": len(result["differences"])}
        line.execute(sa.update(table).where(number == one).values(counts))
