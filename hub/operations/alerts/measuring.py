"""Measures every signal that the store tells of; reads only, in one consistent view."""

import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.messages.partners import named
from hub.operations.devices.listing import described, shown_devices, troubled
from hub.operations.devices.source_troubles import own_troubles
from hub.operations.type_names import type_text
from hub.operations.watchers import ending_certificates, ending_secrets, failing_webhooks
from hub.ports import Clock
from hub.rules.alerts.signals import Measurement, Observed
from hub.rules.clock_skew import ahead
from hub.rules.owners import OWNERS
from hub.rules.users.scope import ALL
from hub.runtime.process.processes import present
from hub.store.alerts import measures, messages
from hub.store.conservation.balance import balance
from hub.store.console import groups
from hub.store.deliveries import pauses
from hub.store.engine.store import Store, Tx, database_time
from hub.store.monitoring import flow_samples, heartbeats
from hub.store.repair.replies import fault_classes
from hub.texts import Text, both, joined

CALLS_SINCE = timedelta(minutes=15)
FEWEST_CALLS = 20
"""Fewer calls make no rate."""
_OPEN = ("pending", "sending", "waiting", "held")
FROM_STORE = frozenset(
    {
        *("oldest_open", "open_count", "attention_count", "parked_count", "failure_rate"),
        *("critical_time", "circuit_open", "due_near", "due_passed", "device_trouble"),
        *("certificate_days", "secret_days", "balance_wrong", "unknown_codes"),
        *("webhook_failing", "channel_failing", "tasks_overdue"),
        *("process_silent", "process_trouble", "clock_skew"),
    }
)


@dataclass(frozen=True, slots=True)
class StoreMeasuring:
    """Measures what the store knows."""

    store: Store
    destinations: Sequence[str]
    clock: Clock

    def measure(self, now: datetime) -> Observed:
        """Return the samples of now; raises StoreUnavailable."""
        with self.store.read() as tx:
            samples = [*_samples(tx, self.destinations, now), *_clock(tx, self.clock)]
        return Observed(FROM_STORE, samples, socket.gethostname())


def _samples(tx: Tx, destinations: Sequence[str], now: datetime) -> Iterator[Measurement]:
    yield from _waiting(tx, destinations, now)
    yield from _for_a_person(tx)
    yield from _calls(tx, destinations, now)
    yield from _tasks(tx, now)
    yield from _channels(tx)
    yield from _processes(tx, now)
    yield from _devices(tx, now)


def _of_partner(signal: str, destination: str, value: float) -> Measurement:
    return Measurement(
        signal=signal, subject=destination, value=value, about=named(destination).title
    )


def _waiting(tx: Tx, destinations: Sequence[str], now: datetime) -> Iterator[Measurement]:
    for destination, since in measures.oldest_open(tx).items():
        yield _of_partner("oldest_open", destination, (now - since).total_seconds())
    for it in balance(tx, destinations):
        waiting = sum(it.states[state] for state in _OPEN)
        yield _of_partner("open_count", it.destination, waiting)
        wrong = abs(it.accepted - sum(it.states.values()))
        yield _of_partner("balance_wrong", it.destination, wrong)
    for destination, (near, passed) in measures.due(tx, now=now).items():
        yield _of_partner("due_near", destination, near)
        yield _of_partner("due_passed", destination, passed)


def _for_a_person(tx: Tx) -> Iterator[Measurement]:
    waiting_for_person: dict[str, int] = {}
    for group in groups.needing_attention(tx, ALL):
        waiting_for_person[group.destination] = (
            waiting_for_person.get(group.destination, 0) + group.count
        )
    for destination, count in waiting_for_person.items():
        yield _of_partner("attention_count", destination, count)
    parked: dict[str, int] = {}
    for group_of in groups.message_groups(tx):
        parked[group_of.type] = parked.get(group_of.type, 0) + group_of.count
    for type_, count in parked.items():
        about = type_text(type_)
        yield Measurement(signal="parked_count", subject=type_, value=count, about=about)


def _calls(tx: Tx, destinations: Sequence[str], now: datetime) -> Iterator[Measurement]:
    for destination, calls in measures.last_calls(tx, since=now - CALLS_SINCE).items():
        if calls.made >= FEWEST_CALLS:
            share = 100 * calls.failed / calls.made
            yield _of_partner("failure_rate", destination, share)
    for destination in destinations:
        for flow in flow_samples.of_destination(tx, destination, since=now - CALLS_SINCE)[-1:]:
            if flow.critical_95 is not None:
                seconds = flow.critical_95.total_seconds()
                yield _of_partner("critical_time", destination, seconds)
    for it in pauses.listed(tx, now=now):
        pause = it.pause
        if pause.kind != "circuit":
            continue  # a maintenance window and a quota are as agreed
        about = joined(": ", [named(pause.destination).title, type_text(pause.operation)])
        yield Measurement(
            signal="circuit_open",
            subject=f"{pause.destination} {pause.operation}",
            value=max(0.0, (now - pause.since).total_seconds()),
            about=about,
        )


_DAY = timedelta(days=1)


def _tasks(tx: Tx, now: datetime) -> Iterator[Measurement]:
    ends = {
        ending_certificates.KIND: "certificate_days",
        ending_secrets.KIND: "secret_days",
    }
    codes: dict[str, int] = {}
    kinds = (*ends, failing_webhooks.KIND, fault_classes.KIND)
    for task in measures.open_tasks(tx, kinds):
        if task.kind in ends:
            # without an end it is over already
            left = (task.due_at - now) / _DAY if task.due_at else 0.0
            yield Measurement(signal=ends[task.kind], subject=task.subject, value=max(0.0, left))
        elif task.kind == failing_webhooks.KIND:
            yield Measurement(signal="webhook_failing", subject=task.subject, value=1)
        else:
            codes[task.destination] = codes.get(task.destination, 0) + 1
    for destination, count in codes.items():
        yield _of_partner("unknown_codes", destination, count)
    for owner, count in measures.overdue(tx, now=now).items():
        words = both(f"owners.{owner.lower().replace(' ', '_')}") if owner in OWNERS else None
        yield Measurement(signal="tasks_overdue", subject=owner, value=count, about=words)


def _channels(tx: Tx) -> Iterator[Measurement]:
    for name, count in messages.failing(tx).items():
        yield Measurement(signal="channel_failing", subject=name, value=count)


def _processes(tx: Tx, now: datetime) -> Iterator[Measurement]:
    """Yield what the processes say of themselves; one that ended in good order has no row."""
    for row in present(heartbeats.known(tx), now):
        silent = now - row.beat_at
        about = Text(*(f"{row.host} ({row.roles.replace(',', ', ')})",) * 2)
        subject = f"{row.host} {row.roles}"
        yield Measurement(
            signal="process_silent", subject=subject, value=silent.total_seconds(), about=about
        )
        if own_troubles(row):
            yield Measurement(signal="process_trouble", subject=subject, value=1, about=about)


def _devices(tx: Tx, now: datetime) -> Iterator[Measurement]:
    for it in troubled(shown_devices(tx, now=now)):
        yield Measurement(signal="device_trouble", subject=it.device, value=1, about=described(it))


def _clock(tx: Tx, clock: Clock) -> Iterator[Measurement]:
    if tx.dialect.name == "sqlite":
        return  # it has no clock but this machine's
    sent = clock()
    by_database = database_time(tx)
    skew = ahead(by_database, sent=sent, received=clock(), exact_to=timedelta(milliseconds=1))
    yield Measurement(
        signal="clock_skew", subject=socket.gethostname(), value=abs(skew).total_seconds()
    )
