"""What brings a case about: a partner's fault, and a dossier that meets it."""

from collections.abc import Sequence

import sqlalchemy as sa

from adapters.provincial.protocol.protocol import Operation
from adapters.simulation.faults import Fault, FaultKind
from hub.rules.deliveries.absence import PERSON_WAITS
from hub.rules.deliveries.states import DeliveryState as S
from hub.runtime.clock import utc_now
from hub.store.schema.tables.exchange import deliveries
from tests.browser.cases.ward import Ward

REGISTER, LOOK_UP, LOGIN = (Operation.REGISTER,), (Operation.LOOK_UP,), (Operation.LOGIN,)
NO_ANSWER = Fault(kind=FaultKind.REFUSES, operations=LOOK_UP)
"""A query about a dossier is refused, so that a person has to find out."""


def refuses(count: int = 1) -> Fault:
    """Return the fault that so many registrations are refused."""
    return Fault(kind=FaultKind.REFUSES, operations=REGISTER, remaining=count)


def refused(at: Ward, count: int = 1) -> Sequence[str]:
    """Have dossiers whose registration the province refused; return their numbers."""
    at.partners.province.set_faults([refuses(count)])
    numbers = at.hand_in(count)
    for number in numbers:
        at.until_states(number, S.DEAD, S.HELD)
    at.partners.province.clear_faults()
    return numbers


def unknown(at: Ward, fault: Fault) -> str:
    """Have one dossier of which the hub does not know whether the province has it."""
    at.partners.province.set_faults([fault, NO_ANSWER])
    (number,) = at.hand_in()

    def is_left_to_a_person() -> bool:
        first = at.deliveries(number)[:1]
        return bool(first) and first[0].state == S.AMBIGUOUS and not first[0].next_attempt_at

    at.until(is_left_to_a_person, number)
    at.partners.province.clear_faults()
    _a_minute_passes(at, at.deliveries(number)[0].id)
    return number


def _a_minute_passes(at: Ward, id: int) -> None:
    """Have the call ended so long ago that the hub believes what a person saw."""
    ended = {"doubtful_since": utc_now() - PERSON_WAITS}
    with at.store.write() as tx:
        tx.execute(sa.update(deliveries).where(deliveries.c.id == id).values(ended))


def login_refused() -> list[Fault]:
    """Return the faults of a session that ends and of a login that is refused from then on."""
    ended = Fault(kind=FaultKind.EXPIRED_TOKEN, operations=REGISTER, remaining=1)
    return [ended, Fault(kind=FaultKind.REFUSES, operations=LOGIN)]
