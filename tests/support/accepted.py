"""What a hub has accepted, read back from its journal."""

from hub.messages import catalog, envelope
from hub.messages import payloads as p
from hub.store.engine.store import Store
from hub.store.messages import journal


def accepted(store: Store) -> list[p.Payload]:
    """Return what the hub has accepted."""
    with store.read() as tx:
        ids = tx.exec_driver_sql("SELECT id FROM journal ORDER BY recorded_at").scalars().all()
        bodies = journal.bodies(tx, list(ids))
    return [catalog.read(envelope.decode(bodies[id])) for id in ids]
