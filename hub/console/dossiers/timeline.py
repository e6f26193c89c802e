"""The way of a dossier as one list: devices, ward, province and town, as things happened.

Pure. No names of persons and no content: what is in a message is on the page of its delivery.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from hub.messages import catalog
from hub.messages.partners import PARTNERS, named
from hub.operations.type_names import type_text
from hub.rules.failures.errors import FAULTS
from hub.store.console.history import CallRow, History
from hub.store.console.listing import ListedDelivery
from hub.texts import Text, both

WARD, DEVICES = "ward", "devices"
_SIDES = {name: partner.short for name, partner in PARTNERS.items()} | {catalog.DEVICES: DEVICES}
SIDES = (DEVICES, WARD, *(partner.short for partner in PARTNERS.values()))
"""In the order in which a dossier meets them."""
_OF_DEVICES = frozenset(
    it.name for it in catalog.CATALOG if it.owner in ("scanner", "barcode", "kiosk")
)
"""Types of messages that a device says; an officer at a workstation is the ward."""
NOTHING = Text("", "")
_GOOD = frozenset({"delivered", "already", "accepted", ""})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened."""

    at: datetime
    side: str
    """One of `SIDES`: where it happened."""
    what: Text
    detail: Text = NOTHING
    failed: bool = False
    delivery: int | None = None


def timeline(history: History) -> list[Entry]:
    """Return what happened to a dossier, oldest first."""
    found = [*_received(history), *_status(history), *_steps(history), *_calls(history)]
    return sorted(found, key=lambda entry: entry.at)


def _received(history: History) -> Iterator[Entry]:
    for message in history.received:
        parked = message.state == "parked"
        fault = FAULTS.get(message.code)
        yield Entry(
            at=message.at,
            side=DEVICES if message.type in _OF_DEVICES else _SIDES.get(message.source, WARD),
            what=both(
                "console.came", type=type_text(message.type), source=named(message.source).text
            ),
            detail=fault.text if parked and fault else NOTHING,
            failed=parked,
        )


def _status(history: History) -> Iterator[Entry]:
    for event in history.events:
        yield Entry(
            at=event.at,
            side=WARD,
            what=both(
                "console.refused_status" if event.why_not else "console.new_status",
                status=int(event.status),
                name=status_name(int(event.status)),
            ),
            detail=Text.read(event.why_not or ""),
            failed=bool(event.why_not),
        )


def status_name(status: int) -> Text:
    """Return the official name of a status, 1 to 10."""
    return both(f"console.status_{status}")


def _steps(history: History) -> Iterator[Entry]:
    for step in history.steps:
        yield Entry(
            at=step.at,
            side=_SIDES[catalog.TOWN_CENTER],
            what=both(
                "console.town_step" if step.applied else "console.town_step_kept",
                sequence=step.sequence,
                step=step.step,
            ),
            failed=not step.applied,
        )


def _calls(history: History) -> Iterator[Entry]:
    for delivery in history.deliveries:
        for call in history.calls[delivery.id]:
            yield _call(delivery, call)


def _call(delivery: ListedDelivery, call: CallRow) -> Entry:
    fault = FAULTS.get(call.code)
    cause = fault.text if fault else Text(call.code, call.code)
    about = {
        "type": type_text(delivery.type),
        "partner": named(delivery.destination).text,
        "number": call.number,
    }
    return Entry(
        at=call.finished_at or call.started_at,
        side=_SIDES.get(delivery.destination, WARD),
        what=_made(call, about),
        detail=cause,
        failed=call.outcome not in _GOOD,
        delivery=delivery.id,
    )


def _made(call: CallRow, about: dict[str, object]) -> Text:
    if call.kind == "find":
        return both("console.call_find", **about)
    if call.kind == "person":
        return both("console.call_person", **about)
    return both("console.call_send", **about)
