"""Partners: whether they answer, and whether their clocks agree with ours. Nothing here refuses.

A partner that is away is what the hub was made for, and a hub that does not start accepts nothing.
"""

from collections.abc import Iterator
from datetime import timedelta

from hub.partners import make_destinations
from hub.preflight.check import Check, clock
from hub.rules.errors import DeliveryFailure
from hub.settings import Settings

MOST_SKEW = timedelta(seconds=60)
"""The town refuses and we refuse what is signed with a time five minutes off; a minute is far
enough to have it mended before."""


def partners(settings: Settings) -> Iterator[Check]:
    """Ask each partner that has an address."""
    for destination in make_destinations(settings):
        try:
            ahead = destination.ping()
        except DeliveryFailure as failure:
            fix = "Messages wait in the store until the partner answers; see RUNBOOK."
            yield Check(destination.name, False, str(failure), fix)
        else:
            yield Check(destination.name, True, "answers")
            if ahead is None:
                detail = "its answers carry no time, so the clocks were not compared"
                yield Check(f"{destination.name} clock", True, detail)
            else:
                yield clock(f"{destination.name} clock", ahead, warn=MOST_SKEW)
        finally:
            destination.close()
