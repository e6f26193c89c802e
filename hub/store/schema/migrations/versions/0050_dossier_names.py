"""Dossiers are found by the applicant's name: an index of its words, filled from what is there.

A few seconds a hundred thousand dossiers. The rule of the words is the present one, not that of the
release: what is written here has to be found by what is asked later.
"""

import json

import sqlalchemy as sa
from alembic import op

from hub.rules.names import rotations

revision = "0050"
down_revision = "0049"
AT_ONCE = 2_000


def upgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    names = op.create_table(
        "dossier_names",
        # In the order of bytes, as SQLite has it: a prefix is a range then.
        sa.Column("rotation", sa.Text(collation="C" if is_postgresql else None), primary_key=True),
        sa.Column("number", sa.Text(), primary_key=True),
        sqlite_with_rowid=False,
        comment="Words by which a dossier is found by its applicant's name; personal data",
    )
    _fill(names)
    op.create_index("ix_dossier_names_number", "dossier_names", ["number"])


def _fill(names: sa.Table) -> None:
    line, last = op.get_bind(), ""
    dossiers = sa.table("dossiers", *map(sa.column, ("number", "applicant", "erased_at")))
    number = dossiers.c.number
    while True:
        query = sa.select(dossiers).where(number > last).order_by(number).limit(AT_ONCE)
        found = line.execute(query).all()
        if not found:
            return
        last = found[-1].number
        rows = [
            {"rotation": rotation, "number": row.number}
            for row in found
            if row.erased_at is None
            for rotation in rotations(json.loads(row.applicant).get("hoTen", ""))
        ]
        if rows:
            line.execute(sa.insert(names), rows)


def downgrade() -> None:
    op.drop_table("dossier_names")
