"""A process that dies of each call to its partner."""

import os
import signal
import sys
from dataclasses import replace
from datetime import timedelta

from hub.broker.memory import MemoryBroker
from hub.ports import Receipt, Request
from hub.store.engine.store import Store
from tests.support.partners.partner import Partner
from tests.support.works import working

QUICK = timedelta(milliseconds=50)


class Deadly(Partner):
    """Nobody survives a call to it."""

    def send(self, request: Request, *, not_after: float = 0) -> Receipt:
        """End the process."""
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("it lives")


def main() -> None:
    """Send from the store of the first word until a delivery is dead."""
    partner = Deadly()
    # Its lease is short, because only then it is known that its holder has died.
    partner.traits = replace(partner.traits, connect_timeout=QUICK, reply_timeout=QUICK)
    with working(Store(sys.argv[1]), MemoryBroker(), partner) as works:
        works.wait(lambda states: states == {"dead": 1}, seconds=60)
