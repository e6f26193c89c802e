"""Partners: whether they answer, show a delivered dossier, and have our time. Nothing here refuses.

A partner that is away is what the hub was made for, and a hub that does not start accepts nothing.
"""

from collections.abc import Iterator
from datetime import timedelta

from hub.bootstrap.partners.destinations import make_destinations
from hub.operations import unconnected as looking
from hub.preflight.check import Check, clock
from hub.preflight.look_up import look_up
from hub.preflight.store.reading import reading
from hub.rules.failures.errors import FAULTS, DeliveryFailure
from hub.rules.failures.login_remedies import TASKS, remedy_of
from hub.settings import Settings
from hub.texts import text

MOST_SKEW = timedelta(seconds=60)
"""The town refuses and we refuse what is signed with a time five minutes off; a minute is far
enough to have it fixed before."""


def unconnected(settings: Settings) -> Iterator[Check]:
    """Name each partner without an address that deliveries wait for or once went to."""
    with reading(settings) as tx:
        found = [] if tx is None else looking.unconnected(tx, settings)
    for one in found:
        detail = str(one.text)
        if one.delivered:
            detail = text("checks.delivered_before", what=detail, count=one.delivered)
        fix = text("checks.unconnected_fix", setting=one.setting)
        yield Check(one.partner, False, detail, fix)


def failed(failure: DeliveryFailure) -> str:
    """Return a failure as its code, its sentence and the technical cause."""
    sentence = FAULTS[failure.code].text if failure.code in FAULTS else failure.code
    line = f"{failure.code}: {sentence}"
    return f"{line} ({failure.detail})" if failure.detail else line


def partners(settings: Settings) -> Iterator[Check]:
    """Ask each partner that has an address."""
    for destination in make_destinations(settings):
        try:
            ahead = destination.ping()
        except DeliveryFailure as failure:
            fix = text("checks.partner_away")
            if failure.code in TASKS:
                fix = str(remedy_of(failure.code))
            yield Check(destination.name, False, failed(failure), fix)
        else:
            yield Check(destination.name, True, text("checks.answers"))
            if ahead is None:
                detail = text("checks.no_time")
                yield Check(f"{destination.name} clock", True, detail)
            else:
                yield clock(f"{destination.name} clock", ahead, warn=MOST_SKEW)
            yield from look_up(settings, destination)
        finally:
            destination.close()
