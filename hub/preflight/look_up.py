"""Whether a partner's look-up works: a login alone says that a door opens, not what is behind it.

The newest message that was delivered longer ago than the partner's look-up may lag is looked up as
reconciling would do it. That changes nothing at the partner. What cannot be read, or is not found,
would leave every unknown effect unknown.
"""

from collections.abc import Iterator

from hub.messages import catalog
from hub.messages.envelope import decode_stored
from hub.messages.invalid import InvalidMessage
from hub.ports import Absent, Destination, Receipt
from hub.preflight.check import Check
from hub.preflight.store.reading import reading
from hub.rules.failures.errors import DeliveryFailure
from hub.runtime.clock import utc_now
from hub.settings import Settings
from hub.store.deliveries.lately_delivered import lately_delivered

FIX = (
    "Every unknown effect waits for this look-up. Compare the partner's replies with its profile:"
    " `hub partners drift`, `hub partners rehearse`, docs/runbook."
)


def look_up(settings: Settings, destination: Destination) -> Iterator[Check]:
    """Look the newest delivered dossier up; nothing where none was delivered lately."""
    subject = f"{destination.name} look-up"
    body = _newest(settings, destination)
    if body is None:
        return
    try:
        message = decode_stored(body)
        request = destination.prepare(message, catalog.read(message))
    except (InvalidMessage, DeliveryFailure) as failure:
        # Of a time with other rules; no fault of the partner.
        yield Check(subject, True, f"not looked up, no request can be made anew: {failure}")
        return
    try:
        found = destination.find(request)
    except DeliveryFailure as failure:
        yield Check(subject, False, f"{request.number}: {failure}", FIX)
        return
    if isinstance(found, Receipt):
        differs = f", differs in {', '.join(found.differs)}" if found.differs else ""
        yield Check(subject, True, f"{request.number} is there{differs}")
    elif isinstance(found, Absent):
        detail = f"{request.number} was delivered, and the partner does not have it"
        yield Check(
            subject, False, detail, "Compare with the partner: `hub partners compare --day`."
        )
    else:
        differs = f" ({', '.join(found.differs)})" if found.differs else ""
        detail = f"{request.number} was delivered, and its look-up is {found.why}{differs}"
        yield Check(subject, False, detail, FIX)


def _newest(settings: Settings, destination: Destination) -> bytes | None:
    traits = destination.traits
    types, before = sorted(traits.accepts), utc_now() - traits.lag
    with reading(settings) as tx:
        if tx is None:
            return None
        return lately_delivered(tx, destination.name, types=types, before=before)
