"""Whether an event proves that the spool of its agent was copied, see `hub/rules/edge/copies.py`.

A message that the hub has is a repeat, and one that it refused may come again. Any other message
under a used number is of a copy: it is refused and stays in its spool. Where both copies send at
once, the hub may take both messages; then the proof is found when their numbers are written.
"""

from collections.abc import Sequence
from datetime import datetime

from hub.messages import catalog
from hub.messages.envelope import Message, decode_stored
from hub.messages.invalid import InvalidMessage
from hub.rules.edge import copies
from hub.rules.edge.copies import CopyProof
from hub.rules.edge.protocol import STORED, EdgeEvent, EdgeResult
from hub.rules.edge.sequence import SequencePlace, is_used
from hub.store.edge.sequences import Known
from hub.store.engine.store import Tx
from hub.store.messages import journal

_WHY = "its spool was copied to another machine, or restored from a backup; enrol one of them anew"


def is_reused(event: EdgeEvent, message: Message, known: dict[str, Known]) -> bool:
    """Tell whether an event has a used number and is none that was refused under it."""
    here = known.get(event.device)
    if here is None or not is_used(here.progress, event.sequence):
        return False
    return (event.sequence, message.id) not in here.refused


def check_known(tx: Tx, message: Message) -> None:
    """Raise InvalidMessage unless the hub has a message, or what it says."""
    if journal.first_telling(tx, _key(message), message.id) is None:
        raise InvalidMessage(copies.CODE, where="$.sequence", why=_WHY)


def check_reception(tx: Tx, message: Message, *, is_own: bool) -> None:
    """Refuse a reception whose number another one has, whatever became of that one.

    `is_own`: the number was reserved for the key that speaks, so two machines have it. Raises
    InvalidMessage.
    """
    first = journal.first_telling(tx, _key(message), message.id)
    if first is None or first.id == message.id:
        return
    # What was erased cannot be compared: a workstation draws a number for each reception.
    if first.body and catalog.agree_in_content(message, decode_stored(first.body)):
        return
    why = f"{message.key} is another dossier, accepted as {first.id}"
    code = copies.CODE if is_own else "content_differs"
    where = "$.payload.maHoSo"
    raise InvalidMessage(code, where=where, why=f"{why}; {_WHY}" if is_own else why)


def proofs(
    events: Sequence[tuple[EdgeEvent, Message | None, EdgeResult]],
    places: dict[tuple[str, int], SequencePlace],
    known: dict[str, Known],
    *,
    now: datetime,
) -> list[CopyProof]:
    """Return what events prove, after what became of each and where its number stands."""
    return [
        CopyProof(
            at=now,
            device=event.device,
            sequence=event.sequence,
            message=message.id,
            number=message.key,
        )
        for event, message, result in events
        if message is not None
        and (
            result.code == copies.CODE
            or (
                (result.outcome == STORED or result.code == "content_differs")
                and places.get((event.device, event.sequence)) is SequencePlace.REPEAT
                and (event.sequence, message.id) not in _refused(known, event.device)
            )
        )
    ]


def _refused(known: dict[str, Known], device: str) -> tuple[tuple[int, str], ...]:
    return known[device].refused if device in known else ()


def _key(message: Message) -> str:
    return catalog.dedup_key(message, catalog.read(message))
