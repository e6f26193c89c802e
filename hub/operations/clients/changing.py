"""Changing what a client may: its rights are others from the next second on, its secrets stay."""

from hub.operations.clients.issuing import NotDone, require_active
from hub.operations.signed_by import SignedBy
from hub.rules.clients.client import Client, RightsChange, differences
from hub.store.clients import registry
from hub.store.engine.store import Store
from hub.store.evidence import audit
from hub.texts import both


def change(store: Store, id: str, *, rights: RightsChange, by: SignedBy) -> Client:
    """Give a client other rights and return the client; the audit says which and from what to what.

    Raises NotAClient for rights that cannot be, and NotDone; nothing is changed then.
    """
    with store.write() as tx:
        before = require_active(tx, id)
        after = rights.of(before)
        what = differences(before, after)
        if not what:
            raise NotDone(both("clients.nothing_changes", client=id))
        registry.change(tx, after)
        audit.record(
            tx,
            by["actor"],
            "clients.change",
            object=f"{id} {what}",
            reason=by["reason"],
            now=by["now"],
        )
    return after
