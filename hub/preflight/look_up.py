"""Whether a partner's look-up works: a login alone does not prove that dossiers can be read.

The newest message that was delivered longer ago than the partner's look-up may lag is looked up as
reconciling would do it. That changes nothing at the partner. What cannot be read, or is not found,
would leave every unknown effect unknown.
"""

from collections.abc import Iterator

from hub.exchange.delivery import unproven_texts
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
from hub.texts import Text, text


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
        yield Check(subject, True, text("checks.look_up_not_made", why=failure))
        return
    try:
        found = destination.find(request)
    except DeliveryFailure as failure:
        yield Check(subject, False, f"{request.number}: {failure}", text("checks.look_up_fix"))
        return
    if isinstance(found, Receipt):
        detail = text("checks.look_up_there", number=request.number)
        if found.differs:
            fields = ", ".join(found.differs)
            detail = text("checks.look_up_differs", number=request.number, fields=fields)
        yield Check(subject, True, detail)
    elif isinstance(found, Absent):
        detail = text("checks.look_up_absent", number=request.number)
        yield Check(subject, False, detail, text("checks.look_up_absent_fix"))
    else:
        why = Text.read(unproven_texts.words_of(found))
        detail = text("checks.look_up_unclear", number=request.number, why=why)
        yield Check(subject, False, detail, text("checks.look_up_fix"))


def _newest(settings: Settings, destination: Destination) -> bytes | None:
    traits = destination.traits
    types, before = sorted(traits.accepts), utc_now() - traits.lag
    with reading(settings) as tx:
        if tx is None:
            return None
        return lately_delivered(tx, destination.name, types=types, before=before)
