"""What `/metrics` shows, figure by figure: a name, one sentence, a unit, bounded labels.

Names follow Prometheus: base units, and "total" at the end of a counter. Every process shows what
it counted itself and how its roles do; that with a sample shows the whole hub's figures, too. So
the first are added up over processes, and of the second the largest counts (`max by`). Labels hold
the hub's own words alone: partners, operations, states, roles, queues.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from hub.messages import catalog
from hub.monitoring.readiness import Readiness
from hub.monitoring.sampling import HubSample
from hub.operations.overview.figures import Figures
from hub.rules.calls.circuit import Phase
from hub.rules.owners import OWNERS
from hub.runtime.metrics import COUNTERS, HISTOGRAMS, Histogram
from hub.store.conservation.balance import STATES
from hub.store.deliveries.pauses import Pause
from hub.store.schema.tables.exchange import PAUSE_KINDS

CIRCUIT = "circuit"


@dataclass(frozen=True, slots=True)
class _Operation:
    partner: str
    name: str


def _operations(partners: Iterable[str]) -> list[_Operation]:
    """Return what is sent to each partner: the message types that it reads."""
    return [
        _Operation(partner, it.name)
        for partner in partners
        for it in catalog.CATALOG
        if it.reader == partner
    ]


def _gauge(name: str, meaning: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"hub_{name}", meaning, labels=labels)


def counted() -> Iterator[Metric]:
    """Yield what this process counted since it began."""
    for it in COUNTERS:
        family = CounterMetricFamily(it.name, it.meaning, labels=it.labels)
        for labels, count in sorted(it.counts().items()):
            family.add_metric(labels, count)
        yield family
    yield from map(_histogram, HISTOGRAMS)


def _histogram(it: Histogram) -> Metric:
    family = HistogramMetricFamily(it.name, it.meaning, labels=it.labels)
    bounds = [*(f"{bound:g}" for bound in it.bounds), "+Inf"]
    for labels, found in sorted(it.distributions().items()):
        totals = accumulate(found.buckets)
        family.add_metric(labels, list(zip(bounds, totals, strict=True)), found.sum)
    return family


def of_process(found: Readiness, *, version: str) -> Iterator[Metric]:
    """Yield how the roles of this process do."""
    build = _gauge("build_info", "The version of this process", "version")
    build.add_metric([version], 1)
    yield build
    up = _gauge("role_up", "Whether a role of this process works", "role")
    step = _gauge(
        "role_last_step_timestamp_seconds", "When a role last did a step of its work", "role"
    )
    for role in found.roles:
        up.add_metric([role.role], not role.trouble)
        step.add_metric([role.role], role.stepped_at.timestamp())
    yield up
    yield step


def of_sample(sample: HubSample, partners: Sequence[str], *, now: datetime) -> Iterator[Metric]:
    """Yield the whole hub's figures as they were read last."""
    answers = _gauge("store_up", "Whether the database answered when figures were read last")
    answers.add_metric([], sample.store_answers)
    yield answers
    if sample.broker_answers is not None:
        broker = _gauge("broker_up", "Whether RabbitMQ answered when figures were read last")
        broker.add_metric([], sample.broker_answers)
        yield broker
    yield from _queues(sample)
    ends = _gauge(
        "certificate_expiry_timestamp_seconds",
        "When a certificate of the hub's own ends",
        "certificate",
    )
    for what, at in (sample.certificates or {}).items():
        ends.add_metric([what], at.timestamp())
    yield ends
    if sample.figures is not None:
        yield from _balances(sample.figures, now)
        yield from _pauses(sample.figures, partners)
        yield from _waiting(sample.figures)
        yield _devices(sample.figures)


def _queues(sample: HubSample) -> Iterator[Metric]:
    depth = _gauge("queue_messages", "Messages in a queue of RabbitMQ", "queue", "state")
    consumers = _gauge("queue_consumers", "Consumers of a queue of RabbitMQ", "queue")
    for queue in sample.queues:
        if queue.ready is not None:
            depth.add_metric([queue.name, "ready"], queue.ready)
        if queue.unacknowledged is not None:
            depth.add_metric([queue.name, "unacknowledged"], queue.unacknowledged)
        if queue.consumers is not None:
            consumers.add_metric([queue.name], queue.consumers)
    yield depth
    yield consumers


def _balances(figures: Figures, now: datetime) -> Iterator[Metric]:
    taken = _gauge("sample_timestamp_seconds", "When the whole hub's figures were read last")
    taken.add_metric([], figures.at.timestamp())
    yield taken
    accepted = CounterMetricFamily(
        "hub_deliveries_accepted", "Messages ever accepted for a partner", labels=("partner",)
    )
    deliveries = _gauge(
        "deliveries", "Deliveries to a partner by state, the final ones ever", "partner", "state"
    )
    balanced = _gauge("balance_holds", "Whether accepted equals the sum over all states", "partner")
    oldest = _gauge(
        "oldest_delivery_age_seconds",
        "How long the oldest open delivery is open",
        "partner",
        "state",
    )
    for it in figures.balances:
        accepted.add_metric([it.destination], it.accepted)
        balanced.add_metric([it.destination], it.holds)
        for state in STATES:
            deliveries.add_metric([it.destination, state], it.states.get(state, 0))
    for (partner, state), since in sorted(figures.oldest.items()):
        oldest.add_metric([partner, state], max(0.0, (now - since).total_seconds()))
    yield from (accepted, deliveries, balanced, oldest)


def _pauses(figures: Figures, partners: Sequence[str]) -> Iterator[Metric]:
    pauses = {(it.pause.destination, it.pause.operation): it for it in figures.pauses}
    paused = _gauge(
        "operation_paused",
        "Whether nothing is sent of an operation now, and for what kind of reason",
        "partner",
        "operation",
        "kind",
    )
    waiting = _gauge(
        "paused_deliveries", "Deliveries that wait for the end of a pause", "partner", "operation"
    )
    circuit = _gauge(
        "circuit_phase", "The phase of an operation's circuit is 1", "partner", "operation", "phase"
    )
    for it in _operations(partners):
        found = pauses.get((it.partner, it.name))
        kinds = dict.fromkeys(PAUSE_KINDS, False) | ({found.pause.kind: True} if found else {})
        for kind, holds in kinds.items():
            paused.add_metric([it.partner, it.name, kind], holds)
        waiting.add_metric([it.partner, it.name], found.waiting if found else 0)
        now_in = _phase(found.pause if found else None)
        for phase in Phase:
            circuit.add_metric([it.partner, it.name, phase], phase == now_in)
    yield from (paused, waiting, circuit)


def _phase(pause: Pause | None) -> str:
    return pause.phase if pause and pause.kind == CIRCUIT else Phase.CLOSED


def _waiting(figures: Figures) -> Iterator[Metric]:
    messages = _gauge(
        "unhandled_messages", "Accepted messages that are not handled yet, by state", "state"
    )
    for state, count in sorted(figures.unhandled.items()):
        messages.add_metric([state], count)
    tasks = _gauge("open_tasks", "Tasks that wait for a person, by owner", "owner")
    for owner in OWNERS:
        tasks.add_metric([owner], figures.tasks.get(owner, 0))
    secrets = _gauge(
        "client_secrets_ending", "Secrets of clients that end within 14 days without a successor"
    )
    secrets.add_metric([], figures.ending_secrets)
    yield from (messages, tasks, secrets)


def _devices(figures: Figures) -> Metric:
    device = _gauge("device_up", "Whether a device works", "device")
    for it in figures.devices:
        device.add_metric([it.device], it.state.works)
    return device
