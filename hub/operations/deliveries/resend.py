"""Resend: a corrected copy of a dead delivery's message takes its place in the lane.

The copy has a new id and names the dead message as its cause; the dead delivery is cancelled in
the same transaction, and what waits behind it waits for the copy. Nothing but the payload can be
changed, and not its dossier number. What is shown of the difference holds no personal data, unless
the caller asks for it: after the right was checked and the view was audited.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from hub.exchange.outbox.emit import delivery_of
from hub.messages import catalog
from hub.messages.envelope import MAX_STORED_BYTES, Message, decode_stored, encode
from hub.messages.identifiers import new_id
from hub.messages.invalid import InvalidMessage
from hub.operations.deliveries import second_person
from hub.operations.signed_by import SignedBy
from hub.records.dossiers import inter_level
from hub.rules.deliveries.states import DeliveryState, state_text
from hub.store.deliveries import cancellation, transitions
from hub.store.engine.store import Store, Tx
from hub.store.evidence import audit
from hub.store.messages import journal
from hub.store.repair import replays
from hub.texts import both

MASK = "•••"


@dataclass(frozen=True, slots=True)
class Change:
    """One field of the payload that differs; "" stands for a field that is not there."""

    field: str
    before: str
    after: str
    personal: bool = False
    """Of a person; masked unless it was asked for."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A copy that was checked against its type, and how it differs."""

    delivery: int
    message: Message
    changes: tuple[Change, ...]


def payload_of(store: Store, id: int) -> bytes:
    """Return the payload of a delivery's message as JSON to be corrected; holds personal data."""
    with store.read() as tx:
        transitions.place_of(tx, id, lock=False)
        message = decode_stored(journal.body_of(tx, id))
    return msgspec.json.format(bytes(message.payload), indent=2)


def record_unmasked(store: Store, id: int, *, by: SignedBy) -> None:
    """Leave the audit row of a payload that a person was given with its personal data."""
    with store.write() as tx:
        audit.record(tx, action="delivery.unmask", object=str(id), **by)


def correct(
    store: Store, id: int, payload: bytes, *, now: datetime, unmasked: bool = False
) -> Correction:
    """Return the copy of a dead delivery's message with another payload.

    `unmasked`: the changes hold personal data.
    Raises InvalidMessage (it does not fit its type, or names another dossier) and StateConflict
    (the delivery is not dead, or nothing differs).
    """
    with store.read() as tx:
        state, _, _ = transitions.place_of(tx, id, lock=False)
        dead = decode_stored(journal.body_of(tx, id))
    if state is not DeliveryState.DEAD:
        raise transitions.StateConflict(
            both("deliveries.only_dead_corrected", id=id, state=state_text(state))
        )
    try:
        fields = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidMessage("json_broken", where="$.payload", why=str(error)) from None
    copy = msgspec.structs.replace(
        dead,
        id=new_id(),
        causation_id=dead.id,
        time=now,
        payload=msgspec.Raw(msgspec.json.encode(fields)),
    )
    corrected = catalog.read(copy)
    if corrected.number != catalog.read(dead).number:
        raise InvalidMessage("payload_invalid", where="$.payload.maHoSo", why="another dossier")
    changes = tuple(differences(dead, copy, unmasked=unmasked))
    if not changes:
        raise transitions.StateConflict(both("deliveries.nothing_differs"))
    return Correction(id, copy, changes)


def resend(store: Store, correction: Correction, *, by: SignedBy) -> int:
    """Put the copy in the place of the dead delivery; return the number of its delivery.

    Refused where it needs a second person; of what may have gone out before an old copy was put
    back, where it gives papers, and where a newer one behind it may have gone out, too.
    """
    with store.write() as tx:
        second_person.require_none_needed(tx)
        return resend_in(tx, correction, by=by)


def resend_in(tx: Tx, correction: Correction, *, by: SignedBy) -> int:
    """Do as `resend` does, in a transaction that is open."""
    copy, id, now = correction.message, correction.delivery, by["now"]
    transitions.place_of(tx, id)
    if inter_level.gives_papers(copy) and replays.may_have_gone_before_restore(tx, id):
        raise transitions.StateConflict(both("deliveries.resend_before_restore", id=id))
    newer = cancellation.held_newer_before_restore(tx, id)
    if newer is not None:
        raise transitions.StateConflict(both("deliveries.newer_before_restore", id=id, newer=newer))
    journal.record_outgoing(
        tx, [journal.JournalEntry(copy, encode(copy, limit=MAX_STORED_BYTES))], now
    )
    opened = transitions.open_in_place(tx, delivery_of(copy), instead_of=id, now=now)
    detail = f"delivery {opened} goes in its place"
    transitions.cancel(tx, id, from_state=DeliveryState.DEAD, now=now, detail=detail)
    audit.record(tx, action="delivery.resend", object=f"{id} as {opened}", **by)
    return opened


def differences(before: Message, after: Message, *, unmasked: bool = False) -> Iterator[Change]:
    """Yield the fields that differ, by path; personal ones only say that they do, if masked."""
    entry = catalog.find(before.type, before.version)
    names = {f.name: f.encode_name for f in msgspec.structs.fields(entry.payload)}
    personal = {names[name] for name in entry.personal}
    old = dict(_flat(msgspec.json.decode(before.payload)))
    new = dict(_flat(msgspec.json.decode(after.payload)))
    for path in sorted(old.keys() | new.keys()):
        one, other = old.get(path, ""), new.get(path, "")
        if one != other:
            is_personal = path.split(".")[0].split("[")[0] in personal
            if is_personal and not unmasked:
                one, other = one and MASK, other and MASK
            yield Change(path, one, other, is_personal)


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _flat(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _flat(inner, f"{path}[{index}]")
    else:
        yield path, str(value)
