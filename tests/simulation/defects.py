"""Defects that are planted one at a time: a simulation that finds none of them proves nothing.

Each is a small change of the product as somebody could make it by mistake. `plant` is in force for
the length of a block.
"""

import math
import random
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from unittest import mock
from zlib import crc32

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from hub.exchange.admission.admission import Admission
from hub.exchange.delivery import call
from hub.exchange.delivery.reconcile import Reconcile
from hub.exchange.housekeeping import timer
from hub.exchange.intake.group_commit import GroupCommit
from hub.messages import catalog
from hub.operations import restore
from hub.operations.approvals import carrying_out, deciding
from hub.operations.deliveries import actions, replay_plan, second_person
from hub.ports import Accepted, Receipt
from hub.records.dossiers.handlers import Records
from hub.rules.deliveries import absence, recovery
from hub.rules.deliveries.recovery import NoEffect, RetryAt
from hub.rules.failures.errors import AmbiguousFailure, FaultClass
from hub.store.archive import rows
from hub.store.conservation import counts
from hub.store.deliveries import delivery_statements, doubts, schedule, transitions
from hub.store.engine.store import Tx
from hub.store.evidence import handovers
from hub.store.messages import journal, outbox
from hub.store.records import batch_state, dossiers, early_messages
from hub.store.repair import replay_work, replays
from hub.store.repair.restore import CallCounterFile
from hub.store.schema.tables.exchange import deliveries
from tests.simulation.interleaving.races import RACES
from tests.simulation.partners.planted import OF_ADAPTERS

SQLITE = sqlite.dialect()


CHANCE_OF_THE_MACHINE = "an answer counts by a chance that no seed decides"
"""No defect of the hub: it shows that a story that does not replay exactly is noticed."""


def _by_the_machine(real: Any, *args: Any, **kwargs: Any) -> Any:
    found = real(*args, **kwargs)
    if isinstance(found, absence.QueryAgain) and random.random() < 0.5:
        return replace(found, when=found.when + timedelta(seconds=1))
    return found


def _recover(real: Any, *args: Any, **kwargs: Any) -> Any:
    ended, now = args[0], kwargs["now"]
    if getattr(ended, "fault_class", None) is FaultClass.AMBIGUOUS:
        return RetryAt(now)
    return real(*args, **kwargs)


def _wrapped(place: Any, name: str, around: Callable[..., Any]) -> Any:
    real = getattr(place, name)
    return mock.patch.object(place, name, lambda *a, **k: around(real, *a, **k))


def _replaced(place: Any, name: str, by: Callable[..., Any]) -> Any:
    return mock.patch.object(place, name, by)


def _send_expired_again(tx: Tx, *, now: datetime, **_: object) -> list[int]:
    micro = _instant(now)
    return list(
        tx.exec_driver_sql(
            "UPDATE deliveries SET state = 'waiting', lease_until = NULL, next_attempt_at = ?, "
            "asked_at = NULL WHERE state = 'sending' AND lease_until < ? RETURNING id",
            (micro, micro),
        ).scalars()
    )


def _instant(moment: datetime) -> object:
    return deliveries.c.created_at.type.bind_processor(SQLITE)(moment)  # type: ignore[misc]


def _open_next(tx: Tx, condition: str, *values: object) -> None:
    rows = tx.exec_driver_sql(
        f"UPDATE deliveries SET state = 'pending' WHERE state = 'held' AND {condition} "  # noqa: S608 - written here
        "RETURNING id, destination, type",
        values,
    ).all()
    outbox.put(tx, [transitions.enqueue(*row) for row in rows])


def _open_all(real: Any, tx: Tx, new: Sequence[Any], now: datetime) -> None:
    real(tx, new, now)
    _open_next(tx, "1 = 1")


def _doubt(real: Any, tx: Tx, id: int, **kwargs: Any) -> None:
    real(tx, id, **kwargs)
    _open_next(
        tx,
        "id = (SELECT min(h.id) FROM deliveries h JOIN deliveries d ON d.id = ? WHERE "
        "h.state = 'held' AND h.lane = d.lane AND h.destination = d.destination)",
        id,
    )


def _claim(real: Any, tx: Tx, ids: Sequence[int], *args: Any, **kwargs: Any) -> Any:
    for id in ids:
        tx.exec_driver_sql(
            "UPDATE deliveries SET state = 'waiting', lease_until = NULL, next_attempt_at = 0 "
            "WHERE id = ? AND state = 'sending'",
            (id,),
        )
    return real(tx, ids, *args, **kwargs)


def _make_call(real: Any, *args: Any, **kwargs: Any) -> Any:
    outcome = real(*args, **kwargs)
    if isinstance(outcome.result, AmbiguousFailure):
        return replace(outcome, result=Receipt())
    return outcome


def _moving(from_state: Any, values: Any) -> Any:
    return (
        sa.update(deliveries)
        .where(deliveries.c.id == sa.bindparam("d"))
        .values(lease_until=None)
        .values(**values)
    )


def _without_each(nth: int, key: Callable[[Any], str]) -> Callable[..., None]:
    """Leave out the work on one thing in so many, by what it is: no story counts for another."""

    def work(real: Any, tx: Tx, things: Iterable[Any]) -> None:
        if left := [it for it in things if crc32(key(it).encode()) % nth]:
            real(tx, left)

    return work


def _not_each(nth: int) -> Callable[..., None]:
    """Leave out the call in one transaction in so many, by how far the database has come."""

    def work(real: Any, tx: Tx, things: Iterable[Any]) -> None:
        accepted = tx.exec_driver_sql("SELECT count(*) FROM journal").scalar_one()
        if accepted % nth:
            real(tx, things)

    return work


def _forgets(real: Any, tx: Tx, entries: Sequence[Any], now: datetime) -> Any:
    if len(entries) == 1 and entries[0].message.type == "document.scanned":
        return [Accepted(entries[0].message.id, duplicate=False)]
    return real(tx, entries, now)


def _hides_group_failure(real: Any, self: GroupCommit, work: Any, group: Sequence[Any]) -> None:
    def written(items: Sequence[Any]) -> Any:
        try:
            return work(items)
        except Exception:
            if len(items) == 1:
                raise
            return [Accepted(it.message.id, duplicate=False) for it in items]

    real(self, written, group)


def _overtaken(real: Any, tx: Tx) -> None:
    if batch_state.of(tx) is not None:
        raise batch_state.AddedMeanwhile
    real(tx)


def _own_ids(real: Any, tx: Tx, entries: Sequence[Any], now: datetime) -> Any:
    answers = real(tx, entries, now)
    return [replace(it, message_id=of.message.id) for it, of in zip(answers, entries, strict=True)]


def _all_fresh(real: Any, tx: Tx, entries: Any, now: datetime) -> set[str]:
    listed = list(entries)
    real(tx, listed, now)
    return {entry.message.id for entry in listed}


def _early_is_handled(tx: Tx, entry: Any, now: datetime) -> None:
    journal.mark_handled(tx, [entry], now)


def _in_part(real: Any, tx: Tx, back: Any, columns: Any) -> Any:
    back.tables["attempts"] = []
    return real(tx, back, columns)


def _locked_out(real: Any, role: Any) -> int:
    """Fail after the work, as a second connection does while the first one writes."""
    if done := real(role):
        cause = sqlite3.OperationalError("database is locked")
        cause.sqlite_errorcode = sqlite3.SQLITE_BUSY
        raise sa.exc.OperationalError("BEGIN IMMEDIATE", None, cause)
    return int(done)


def _no_pages(real: Any, records: Any, tx: Tx, message: Any, payload: Any) -> Any:
    if message.type == "document.scanned":
        raise ValueError("a page that the records cannot read")
    return real(records, tx, message, payload)


def _gives_up(real: Any, *args: Any, **kwargs: Any) -> Any:
    action = real(*args, **kwargs)
    return recovery.DeadLetter("attempts_exhausted") if isinstance(action, RetryAt) else action


def _counts_twice(real: Any, *args: Any, attempt: int, **kwargs: Any) -> Any:
    return real(*args, attempt=2 * attempt, **kwargs)


def _asks_nobody(real: Any, *args: Any, **kwargs: Any) -> Any:
    action = real(*args, **kwargs)
    return recovery.NeedsPerson() if isinstance(action, recovery.ReconcileAt) else action


def _another_cause(real: Any, *args: Any, **kwargs: Any) -> Any:
    action = real(*args, **kwargs)
    if isinstance(action, recovery.DeadLetter):
        return recovery.DeadLetter("attempts_exhausted")
    return action


def _without(word: str) -> Callable[..., Any]:
    """Make something as its process would that forgets to give it this."""
    return lambda real, *args, **kwargs: real(*args, **{**kwargs, word: None})


def _names_one(real: Any, *args: Any, reason: str, **kwargs: Any) -> Any:
    return real(*args, reason=reason.partition(" (approval ")[0], **kwargs)


def _nothing(*_: object, **__: object) -> int:
    return 0


def _no_patience(policy: Any, traits: Any) -> absence.Patience:
    zero = timedelta()
    return absence.Patience(grace_period=timedelta(seconds=1), work=zero, lag=zero)


DEFECTS: dict[str, Callable[[], Sequence[Any]]] = {
    "an unknown effect is sent again at once": lambda: [_wrapped(recovery, "recover", _recover)],
    "absence is believed at once": lambda: [
        _replaced(absence, "weigh_absent", lambda *_, **__: NoEffect())
    ],
    "a person's word is believed at once": lambda: [
        _replaced(doubts, "require_call_over", _nothing)
    ],
    "the partner's work and lag are not waited for": lambda: [
        _replaced(absence, "patience_of", _no_patience)
    ],
    "an expired lease is sent again": lambda: [
        _replaced(schedule, "expire_leases", _send_expired_again)
    ],
    "an expired lease is never noticed": lambda: [
        _replaced(schedule, "expire_leases", lambda *_, **__: [])
    ],
    "lanes are not kept": lambda: [_wrapped(transitions, "open_all", _open_all)],
    "a lane goes on while an effect is unknown": lambda: [_wrapped(transitions, "doubt", _doubt)],
    "followers are never released": lambda: [
        _replaced(transitions, "release_followers", _nothing),
        _replaced(schedule, "release_followers", _nothing),
    ],
    "evidence is left out now and then": lambda: [
        _wrapped(handovers, "record", _without_each(7, lambda it: f"{it.delivery_id} {it.kind}"))
    ],
    "settled deliveries are not counted": lambda: [
        _wrapped(counts, "settled", _without_each(5, str))
    ],
    "messages are not counted": lambda: [_wrapped(counts, "accepted", _not_each(5))],
    "a repeat is handled again": lambda: [_wrapped(journal, "mark_handled", _all_fresh)],
    "a message is acknowledged and not stored": lambda: [_wrapped(journal, "accept", _forgets)],
    "callers of a failed group are told that it is written": lambda: [
        _wrapped(GroupCommit, "_commit", _hides_group_failure)
    ],
    "a repeat is answered with its own id": lambda: [_wrapped(journal, "accept", _own_ids)],
    "every batch counts as overtaken": lambda: [_wrapped(dossiers, "write_at_hand", _overtaken)],
    "papers are given back after a restore": lambda: [
        _replaced(replays, "may_have_gone_before_restore", lambda *_: False)
    ],
    "an early message counts as handled": lambda: [
        _replaced(early_messages, "keep", _early_is_handled)
    ],
    "what is being sent is claimed again": lambda: [_wrapped(transitions, "claim", _claim)],
    "a lost reply counts as delivered": lambda: [_wrapped(call, "make_call", _make_call)],
    "a move ignores the state it starts from": lambda: [
        _replaced(delivery_statements, "moving", _moving),
        _replaced(transitions, "check_attempt", _nothing),
        _replaced(transitions, "_expect", _nothing),
    ],
    "lost work is not asked for again": lambda: [
        _replaced(schedule, "enqueue_pending", _nothing),
        _replaced(journal, "enqueue_lost", lambda *_, **__: (0, "")),
    ],
    "what waits is never due": lambda: [_replaced(schedule, "enqueue_due", _nothing)],
    "every step may be superseded": lambda: [
        _replaced(catalog, "may_be_superseded", lambda _payload: True)
    ],
    "a call is made after its lease": lambda: [
        _replaced(call.Caller, "_not_attempted", lambda *_: None),
        _wrapped(call, "make_call", lambda real, *a, **_: real(*a, not_after=math.inf)),
    ],
    "a restored database sends without asking": lambda: [
        _replaced(restore, "doubt_everything", lambda *_, **__: {"queried": 0, "behind": 0})
    ],
    "a replay believes a look-up that lags": lambda: [
        _replaced(replay_plan, "_absent_after_lag", lambda _store, _candidate, answer, **_: answer)
    ],
    "replay plans of an old copy go on": lambda: [
        _replaced(replay_work, "cancel_all", _nothing),
        _replaced(replays, "stop_all", _nothing),
    ],
    "proposals of an old copy stay open": lambda: [_replaced(deciding, "end_open", _nothing)],
    "attempts count twice": lambda: [_wrapped(recovery, "recover", _counts_twice)],
    "how many calls were made is not kept": lambda: [_replaced(CallCounterFile, "write", _nothing)],
    "one person is enough": lambda: [
        _replaced(second_person, "require_none_needed", _nothing),
    ],
    "what was approved may have gone on since": lambda: [
        _replaced(carrying_out, "_require_situation", _nothing)
    ],
    "an approved replay names one person only": lambda: [
        _wrapped(actions, "replay_in", _names_one)
    ],
    "a partner is called in its maintenance": lambda: [
        _wrapped(Admission, "__init__", _without("limits"))
    ],
    "a partner is asked in its maintenance": lambda: [
        _wrapped(Reconcile, "__init__", _without("known"))
    ],
    "a dossier comes back without its attempts": lambda: [_wrapped(rows, "put_back", _in_part)],
    "nothing is tried again": lambda: [_wrapped(recovery, "recover", _gives_up)],
    "persons are left with what can be asked": lambda: [
        _wrapped(recovery, "recover", _asks_nobody)
    ],
    "a dead letter has a wrong cause": lambda: [_wrapped(recovery, "recover", _another_cause)],
    "a handler fails": lambda: [_wrapped(Records, "__call__", _no_pages)],
    "the timer shuts itself out of the database": lambda: [
        _wrapped(timer.Timer, "run_once", _locked_out)
    ],
    "no effect is asked about": lambda: [
        _replaced(recovery, "recover", lambda *_, now, **__: RetryAt(now))
    ],
    **OF_ADAPTERS,
}
"""Name of the defect -> the patches that plant it."""


_CHANCE: dict[str, Callable[[], Sequence[Any]]] = {
    CHANCE_OF_THE_MACHINE: lambda: [_wrapped(absence, "weigh_absent", _by_the_machine)]
}


@contextmanager
def plant(name: str) -> Iterator[None]:
    """Have a defect for the length of the block; nothing is kept of it, and nothing of before."""
    with ExitStack() as stack:
        stack.callback(_forget_statements)
        for patch in {**DEFECTS, **RACES, **_CHANCE}[name]():
            stack.enter_context(patch)
        _forget_statements()
        yield


def _forget_statements() -> None:
    """Forget what the store has compiled: it was made by the product as it was then."""
    for name, module in sorted(sys.modules.items()):
        if name.startswith("hub.store."):
            for kept in vars(module).values():
                if hasattr(kept, "cache_clear"):
                    kept.cache_clear()
