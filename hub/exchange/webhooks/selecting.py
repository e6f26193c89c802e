"""Which change an address gets next: what waits and is due, then a replay, then what is new.

The changes of one dossier keep their order: while one waits, the later ones wait behind it. Those
of other dossiers go on. Writes only that a change waits behind another, and how far the look came.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from hub.rules.webhooks.pace import CIRCUIT, MOST_WAITING
from hub.store.change_feed import reading
from hub.store.change_feed.reading import DossierChange
from hub.store.engine.store import Tx
from hub.store.webhooks import addresses, waiting
from hub.store.webhooks.addresses import Webhook
from hub.store.webhooks.waiting import WaitingChange

READ_AT_ONCE = 200
"""Changes that are looked through in one transaction."""


@dataclass(frozen=True, slots=True)
class Selected:
    """The next change, and what is written down when the address has taken it or not."""

    change: DossierChange
    waited: WaitingChange | None
    """Its row among what waits, None for the first attempt."""
    passed: dict[str, Any]
    """Where the address stands when the change has left the feed's side of it."""


@dataclass(frozen=True, slots=True)
class NothingNow:
    """Nothing can be sent now."""

    again: bool
    """Whether there is more of the feed to look through."""


def is_paused(webhook: Webhook, now: datetime) -> bool:
    """Tell whether nothing is sent now; longer than any pause is a clock that was ahead."""
    until = webhook.paused_until
    return until is not None and now < until <= now + CIRCUIT.longest_wish


def has_work(tx: Tx, webhook: Webhook, now: datetime) -> bool:
    """Tell whether something may be sent to an address now, or the feed may be looked through."""
    if webhook.test_id is not None:
        return True
    if is_paused(webhook, now):
        return False
    queued = waiting.of_webhook(tx, webhook.id)
    if _due_heads(queued, now):
        return True
    if len(queued) >= MOST_WAITING:
        return False
    return webhook.replay_next is not None or bool(reading.behind(tx, webhook.position, most=1))


def select(
    tx: Tx, webhook: Webhook, *, by: str, allowed: Callable[[str], bool], now: datetime
) -> Selected | NothingNow:
    """Return the next change of an address whose lease is `by`.

    `allowed` tells by its number whether the owner may know of a dossier.
    """
    id, position = webhook.id, None
    queued = waiting.of_webhook(tx, id)
    for head in _due_heads(queued, now):
        change = _at(tx, head.position)
        if change is not None:
            return Selected(change, head, {})
        waiting.remove(tx, id, head.position)  # its dossier was archived or erased
    if len(queued) >= MOST_WAITING:
        return NothingNow(again=False)
    replaying = webhook.replay_next is not None
    after = (webhook.replay_next or 1) - 1 if replaying else webhook.position
    blocked, count = {it.number for it in queued}, len(queued)
    read = reading.behind(tx, after, most=READ_AT_ONCE)
    for change in read:
        if replaying and change.position > (webhook.replay_to or 0):
            break
        if allowed(change.number):
            if change.number not in blocked:
                return Selected(change, None, _passed(webhook, change.position))
            if count >= MOST_WAITING:
                break
            count += 1
            waiting.keep_behind(tx, id, _first(change, now))
        position = change.position
    return _advance(tx, webhook, position, read, by=by)


def _advance(
    tx: Tx, webhook: Webhook, position: int | None, read: Sequence[DossierChange], *, by: str
) -> NothingNow:
    """Write down how far the look came; a replay that came to its end is over."""
    whole = len(read) == READ_AT_ONCE
    values = {} if position is None else _passed(webhook, position)
    over = webhook.replay_next is not None and (
        not whole or (position or 0) >= (webhook.replay_to or 0) or position is None
    )
    if over:
        values = {"replay_next": None, "replay_to": None}
    if values:
        addresses.record(tx, webhook.id, by=by, values=values)
    return NothingNow(again=over or whole)


def _passed(webhook: Webhook, position: int) -> dict[str, Any]:
    if webhook.replay_next is None:
        return {"position": position}
    if position >= (webhook.replay_to or 0):
        return {"replay_next": None, "replay_to": None}
    return {"replay_next": position + 1}


def _due_heads(queued: Sequence[WaitingChange], now: datetime) -> Sequence[WaitingChange]:
    """Return the first of each dossier that is due, the one that was due first at the beginning."""
    heads: dict[str, WaitingChange] = {}
    for it in queued:
        heads.setdefault(it.number, it)
    due = [it for it in heads.values() if it.next_attempt_at <= now]
    return sorted(due, key=lambda it: (it.next_attempt_at, it.position))


def _at(tx: Tx, position: int) -> DossierChange | None:
    found = reading.behind(tx, position - 1, most=1)
    return found[0] if found and found[0].position == position else None


def _first(change: DossierChange, now: datetime) -> WaitingChange:
    return WaitingChange(
        position=change.position,
        number=change.number,
        attempts=0,
        since=now,
        next_attempt_at=now,
        code="",
    )


def failed(
    selected: Selected, *, code: str, now: datetime, next_attempt_at: datetime
) -> WaitingChange:
    """Return what is kept of a change that the address did not take."""
    before = selected.waited or _first(selected.change, now)
    return replace(before, attempts=before.attempts + 1, next_attempt_at=next_attempt_at, code=code)
