"""Makes the seed old: as if the hub had heard of its finished dossiers when their days began.

A demo plays days of long ago within minutes of today; by the hub's own times everything has just
happened, and nothing may be archived. So those times are moved back, all of them by as much, and
the chain of the hand-overs is hashed anew. The dossiers' own times, and what is open, stay.
"""

from contextlib import closing

import sqlalchemy as sa

from hub.store.engine.store import Store, Tx
from hub.store.evidence.chain import HANDOVERS as CHAIN
from hub.store.evidence.chain import digest
from hub.store.schema.tables.exchange import Instant, chain_anchors, chain_heads
from tests.benchmarks.growth.stores.chosen import CHOOSE
from tests.benchmarks.growth.stores.multiply import all_tables
from tests.benchmarks.growth.stores.rules import CHOSEN, HANDOVERS, MULTIPLIED


def age(url: str) -> None:
    """Make the store at the URL old, in one transaction. A second time changes nothing."""
    with closing(Store(url)) as store, store.write() as tx:
        tx.execute(sa.text(CHOOSE))
        earliest = "SELECT (SELECT min(recorded_at) FROM journal), (SELECT min(at) FROM "
        heard, began = tx.execute(sa.text(f"{earliest} dossier_events)")).one()
        if heard > began:
            chosen = {name: rule.chosen for name, rule in MULTIPLIED.items()}
            for name, condition in {**chosen, "handovers": HANDOVERS}.items():
                _move(tx, name, condition, since=heard, by=heard - began)
            _hash(tx)
        tx.execute(sa.text(f"DROP TABLE {CHOSEN}"))


def _move(tx: Tx, name: str, condition: str, *, since: int, by: int) -> None:
    """Move every time of the machine back. A dossier's own time is long before `since`."""
    table = next(it for it in all_tables() if it.name == name)
    times = [c.name for c in table.columns if isinstance(c.type, Instant)]
    if not times:
        return
    moved = (f"{it} = CASE WHEN {it} >= :since THEN {it} - :by ELSE {it} END" for it in times)
    statement = f"UPDATE {name} SET {', '.join(moved)} WHERE {condition}"
    tx.execute(sa.text(statement), {"since": since, "by": by})


def _hash(tx: Tx) -> None:
    """Chain the hand-overs anew, from the first one on."""
    previous, links = "", []
    names = ", ".join(("seq", *CHAIN.columns))
    for seq, *values in tx.execute(sa.text(f"SELECT {names} FROM handovers ORDER BY seq")):
        own = digest(previous, seq, values)
        links.append({"seq": seq, "before": previous, "own": own})
        previous = own
    link = "UPDATE handovers SET previous_hash = :before, hash = :own WHERE seq = :seq"
    if links:
        tx.execute(sa.text(link), links)
    head = sa.update(chain_heads).where(chain_heads.c.chain == CHAIN.name)
    tx.execute(head.values(hash=previous))
    tx.execute(sa.delete(chain_anchors).where(chain_anchors.c.chain == CHAIN.name))
