"""The guard of what needs two persons: once there are accounts, nobody does it alone.

The parts that an approval carries out (`cancellation.cancel_delivery`, `resend.resend_in`) do not
ask it: they are done in the transaction that approves them.
"""

from hub.store.deliveries.transitions import StateConflict
from hub.store.engine.store import Tx
from hub.store.users import accounts
from hub.texts import both


def require_none_needed(tx: Tx) -> None:
    """Raise StateConflict where there are accounts: the act has to be proposed."""
    if accounts.are_there(tx):
        raise StateConflict(both("approvals.needs_two"))
