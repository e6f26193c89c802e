"""Each partial index of the open deliveries has words of its own; PostgreSQL cleans up more often.

A statement that repeats the words of one index cannot be served by the other, see `tables`. Of five
million rows the default share for cleaning up is a million dead ones: too many for an index that
should hold what is open.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_WORDS = {"ix_deliveries_open_lane": "lane <> ''", "ix_deliveries_due": "state <> ''"}
_COLUMNS = {
    "ix_deliveries_open_lane": ["destination", "lane", "id"],
    "ix_deliveries_due": ["state", "next_attempt_at"],
}
# (rows, share of the table) of dead rows after which it is cleaned; the same of changes for ANALYZE
_GROWING = (10_000, 0.01)
_QUEUE = (2_000, 0.0)
_HANDFUL = (200, 0.0)
_CLEANING = {
    **dict.fromkeys(("journal", "deliveries", "attempts", "inbox", "dossiers"), _GROWING),
    **dict.fromkeys(("outbox", "lone_tries"), _QUEUE),
    **dict.fromkeys(("chain_heads", "heartbeats", "pauses", "fault_classes"), _HANDFUL),
}


def upgrade() -> None:
    for name, columns in _COLUMNS.items():
        where = sa.text(f"settled_at IS NULL AND {_WORDS[name]}")
        op.drop_index(name, table_name="deliveries")
        op.create_index(name, "deliveries", columns, sqlite_where=where, postgresql_where=where)
    if op.get_bind().dialect.name == "postgresql":
        for table, (rows, share) in _CLEANING.items():
            op.execute(
                f"ALTER TABLE {table} SET ("
                f"autovacuum_vacuum_threshold = {rows}, autovacuum_vacuum_scale_factor = {share}, "
                f"autovacuum_analyze_threshold = {rows}, autovacuum_analyze_scale_factor = {share}, "
                "autovacuum_vacuum_cost_delay = 0)"
            )
