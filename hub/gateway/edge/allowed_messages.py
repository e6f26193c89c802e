"""What an agent may say: messages of its own devices, and acts of its own agency only.

A code that was read and a page that was scanned may be of any agency's dossier: results of the
province are handed out at the same counter. A reception, and a step of a dossier, are acts of the
agency that the agent was added for; a reception has a number that was reserved for this agent.
"""

from datetime import datetime
from typing import Final

from hub.gateway.edge import copied
from hub.messages import catalog
from hub.messages.envelope import MAX_BYTES, Message, decode
from hub.messages.invalid import InvalidMessage
from hub.records.dossiers import numbering
from hub.rules.edge.protocol import EdgeEvent
from hub.store.edge import agents, numbers
from hub.store.engine.store import Tx

_ACTS: Final = frozenset({"counter", "workstation"})
_OWNERS: Final = _ACTS | {"scanner", "barcode", "kiosk"}
"""Owners of the message types that devices and workstations send."""
_RECEIVED: Final = "dossier.received"


def message_of(agent: str, event: EdgeEvent) -> Message:
    """Return the message of an event. Raises InvalidMessage for what no agent, or not this one,
    may say."""
    message = decode(bytes(event.message), limit=MAX_BYTES)
    if not event.device.startswith(f"{agent}.") or message.source != event.device:
        why = f"the devices of this agent are named {agent}.<device>, and are the message's source"
        raise InvalidMessage("envelope_invalid", where="$.source", why=why)
    if catalog.find(message.type, message.version).owner not in _OWNERS:
        why = f"{message.type} is not said by a workstation or its devices"
        raise InvalidMessage("type_unknown", where="$.type", why=why)
    return message


def is_of_agency(message: Message) -> bool:
    """Tell whether a message is an act of an agency."""
    return catalog.find(message.type, message.version).owner in _ACTS


def check_agency(tx: Tx, agent: str, message: Message) -> None:
    """Check that an act is of the agency that the agent was added for. Raises InvalidMessage."""
    number = numbering.parse(getattr(catalog.read(message), "number", ""))
    known = agents.find(tx, agent)
    own = known.agency if known is not None else ""
    if number.agency != own:
        why = f"{agent} acts for {own or 'no agency'}, not for {number.agency}"
        raise InvalidMessage("number_malformed", where="$.payload.maHoSo", why=why)
    if message.type != _RECEIVED:
        return

    def given(*holders: str, since: datetime | None = None) -> bool:
        return numbers.was_given(
            tx, holders, agency=own, day=number.day, running=number.sequence, since=since
        )

    if known is None or not given(agent, *known.former):
        why = f"{number} was not reserved for {agent}"
        raise InvalidMessage("number_malformed", where="$.payload.maHoSo", why=why)
    copied.check_reception(tx, message, is_own=given(agent, since=known.enrolled_at))
