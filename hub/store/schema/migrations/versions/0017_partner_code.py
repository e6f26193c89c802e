"""The partner's own reply code in a column of its own; so far it was read out of a sentence.

Codes that were kept before they had a hash, and of which something was left out, may stand for any
number of codes: a verdict on such a one is taken back, and its task is closed. The deliveries that
wait with it are asked about, or resolved one by one.
"""

import re
import time

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

DETAIL = re.compile(r"their code ([A-Za-z0-9_.\-#]{1,40})")
WHY = "kept without a hash, the code may stand for several: each new reply is a task of its own"
OPEN = "state NOT IN ('by_hand', 'cancelled', 'delivered', 'superseded')"


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("partner_code", sa.Text(), nullable=True))
    where = sa.text("partner_code IS NOT NULL")
    op.create_index(
        "ix_deliveries_partner_code",
        "deliveries",
        ["destination", "partner_code"],
        sqlite_where=where,
        postgresql_where=where,
    )
    bind = op.get_bind()
    waiting = "SELECT id, detail FROM deliveries WHERE state = 'ambiguous' AND code = :code"
    rows = bind.execute(sa.text(f"{waiting} AND {OPEN}"), {"code": "reply_unknown_code"}).all()
    for id, detail in rows:
        if found := DETAIL.match(detail or ""):
            change = sa.text("UPDATE deliveries SET partner_code = :code WHERE id = :id")
            bind.execute(change, {"code": found[1], "id": id})
    close = (
        "UPDATE tasks SET closed_at = :at, closed_by = 'hub', closed_why = :why "
        "WHERE kind = 'unknown_code' AND closed_at IS NULL AND subject LIKE '%#%'"
    )
    bind.execute(sa.text(close), {"at": time.time_ns() // 1000, "why": WHY})
    op.execute("DELETE FROM fault_classes WHERE code LIKE '%#%'")
