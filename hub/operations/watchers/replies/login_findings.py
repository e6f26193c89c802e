"""Closes the tasks about a login that a partner refused, when their cause is gone.

They are raised with the pause (`hub/exchange/admission/login_tasks.py`). A pause ends before the
deliveries that waited for its end have gone out, so the timer checks again at each sweep.
"""

from dataclasses import dataclass
from datetime import datetime

from hub.store.engine.store import Store
from hub.store.repair.replies import login_tasks


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginFindings:
    """Keeps no state: what is open is read from the store at each check."""

    store: Store

    def check(self, now: datetime) -> int:
        """Close what is gone; return how many."""
        with self.store.read() as tx:
            found = login_tasks.partners(tx)
        if not found:
            return 0
        with self.store.write() as tx:
            return sum(login_tasks.close_gone(tx, partner, now=now) for partner in found)
