"""A process that dies of each call to its partner. It lives long after the one before."""

import os
import signal
import sys
from datetime import timedelta

from hub.broker.memory import MemoryBroker
from hub.ports import Receipt, Request
from hub.store.engine.store import Store
from tests.support import works as works_module
from tests.support.partners.partner import Partner
from tests.support.works import now, working


class Deadly(Partner):
    """Nobody survives a call to it."""

    def send(self, request: Request, *, not_after: float = 0) -> Receipt:
        """End the process."""
        del request, not_after
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("it lives")


def main() -> None:
    """Send from the store of the first word until a delivery is dead, so many hours from now as the
    second says: the lease of a holder that has died is over by then."""
    later = timedelta(hours=int(sys.argv[2]))
    vars(works_module)["now"] = lambda: now() + later
    with working(Store(sys.argv[1]), MemoryBroker(), Deadly()) as works:
        works.wait(lambda states: states == {"dead": 1}, seconds=60)
