"""The broker: version, topology, effective policies, and what only a try can tell.

Refuses on what would lose messages or stop all work of the roles of this process. What AMQP does
not show (policies) is seen through the management API; without its address nobody can say whether
dead letters are kept, so the hub does not start unless the settings say that somebody else has seen
to it.
"""

from collections.abc import Iterator
from datetime import timedelta

import msgspec

from hub.bootstrap.partners import traits_of
from hub.broker.admin import consumer_timeout, declare, probe, versions
from hub.broker.admin.compare import Snapshot, TopologyDifference
from hub.broker.admin.declare import TopologyPlan
from hub.broker.topology import TOPOLOGY, validate
from hub.exchange.delivery.deliver import longest_hold
from hub.messages.envelope import MAX_BYTES
from hub.messages.queues import INGEST, deliver_queue
from hub.ports import BrokerUnavailable
from hub.preflight.check import Check, clock
from hub.preflight.ownership import owned
from hub.settings import Settings

_KEEPING = ("dead-letter-strategy", "dead-letter-exchange", "overflow", "message-ttl")
"""Words of a policy that decide whether a message can vanish."""
MOST_SKEW = timedelta(seconds=5)
"""Nothing of ours is compared by the broker's clock; its log has to be read beside ours."""
ROOM = 2
"""How many times its own limit a broker's disk should have free."""


def broker(settings: Settings) -> Iterator[Check]:
    """Look at the broker; a process that does not need it is only told."""
    for check in _found(settings):
        if check.fatal and not settings.needs_broker:
            detail = f"{check.detail}; what is accepted waits in the outbox"
            check = msgspec.structs.replace(check, fatal=False, detail=detail)
        yield check


def _found(settings: Settings) -> Iterator[Check]:
    problems = validate(TOPOLOGY)
    yield Check("topology", not problems, "; ".join(map(str, problems)) or "sound", fatal=True)
    if not settings.broker_url:
        detail = "in-process broker: queued messages end with the process, the store does not"
        yield Check("broker", True, detail)
        return
    try:
        owner = owned(settings)
        yield owner
        if owner.fatal and not owner.ok:
            return
        plan = declare.plan(TOPOLOGY, settings.broker_url, settings.broker_management_url)
    except BrokerUnavailable as error:
        fix = "Check HUB_BROKER_URL and HUB_BROKER_MANAGEMENT_URL, and that RabbitMQ runs."
        yield Check("broker", False, str(error), fix, fatal=True)
        return
    yield from _plan(settings, plan)
    yield from _account(plan)
    if plan.snapshot is not None:
        yield from _node(plan.snapshot)
        yield from _patience(settings, plan.snapshot)
    if settings.needs_broker and not any(map(loses_messages, plan.differences)):
        yield _dead_letters(settings.broker_url)
        yield _size(settings.broker_url)


def _plan(settings: Settings, plan: TopologyPlan) -> Iterator[Check]:
    verdict = versions.check_version(plan.version)
    yield Check("broker version", verdict.ok, verdict.detail, verdict.fix, fatal=verdict.refuses)
    if plan.clean:
        yield Check("broker", True, "as the topology says")
    for found in plan.differences:
        detail = f"{found.actual}, should be {found.expected}"
        yield Check(found.subject, False, detail, found.fix, fatal=loses_messages(found))
    for note in plan.unchecked:
        trusted = settings.broker_policies == "trusted"
        yield Check(
            "broker policies",
            False,
            f"{note}; whether dead letters are kept cannot be told",
            "Set HUB_BROKER_MANAGEMENT_URL; or, where somebody else sees to the policies,"
            " HUB_BROKER_POLICIES=trusted.",
            fatal=not trusted,
        )


def _account(plan: TopologyPlan) -> Iterator[Check]:
    """Tell what the account may not see; it works with what somebody else has made."""
    if plan.unseen:
        fix = (
            "Nothing to do where the broker's administrator sees to the topology"
            " (`hub topology export`); else give the account the right to configure"
            " `^(hub|ingest|deliver)([.]|$)`."
        )
        yield Check("broker account", False, "not seen: " + "; ".join(plan.unseen), fix)


def loses_messages(found: TopologyDifference) -> bool:
    """Tell whether messages can be lost as long as the broker differs in this way."""
    if found.subject.startswith(("queue ", "feature flag ")):
        words = ("missing", "as in the topology", "durable quorum", "enabled", *_KEEPING)
        return any(word in f"{found.expected} {found.actual}" for word in words)
    return found.actual == "missing"


def _node(live: Snapshot) -> Iterator[Check]:
    for node in live.nodes:
        if not node.disk_limit and not node.alarms:
            continue  # it has just started and has no figures yet
        alarms = " and ".join(node.alarms)
        detail = f"{node.disk_free // 2**20} MiB free, it stops at {node.disk_limit // 2**20}"
        if alarms:
            detail += f"; it takes no message because of its {alarms} alarm"
        good = not alarms and node.disk_free >= ROOM * node.disk_limit
        fix = "Give the broker room; until then messages stay in the outbox."
        yield Check(f"broker disk {node.name}", good, detail, fix)
    if live.ahead is not None:
        yield clock("broker clock", live.ahead, warn=MOST_SKEW)


def _patience(settings: Settings, live: Snapshot) -> Iterator[Check]:
    """Compare what policies and arguments say with the longest that a message is kept."""
    limits = {INGEST: (consumer_timeout.LEAST, timedelta(minutes=1))}
    for name, traits in traits_of(settings).items():
        limits[deliver_queue(name)] = (longest_hold(traits), traits.longest_call)
    said = False
    for queue, (longest, call) in limits.items():
        given = consumer_timeout.set_at(live.queues[queue]) if queue in live.queues else None
        if given is None:
            continue
        said = True
        yield Check(
            f"consumer timeout of {queue}",
            given >= longest,
            f"a message is taken back after {consumer_timeout.words(given)}, we may need"
            f" {consumer_timeout.words(longest)}",
            "Raise or remove consumer-timeout in the policies, or lower HUB_REPLY_TIMEOUT.",
            # Then a slow call is never acknowledged, and each round counts towards the limit.
            fatal=given < call,
        )
    if not said:
        detail = (
            f"not set at our queues; the node's own "
            f"({consumer_timeout.words(consumer_timeout.SERVER_DEFAULT)} by default)"
            " is measured by the running hub"
        )
        yield Check("consumer timeout", True, detail)


def _dead_letters(broker_url: str) -> Check:
    """Try the dead-letter route with a message of our own."""
    fix = "See that `hub.dlx` and `hub.dead` are there and bound: run `hub topology apply`."
    try:
        problem = probe.dead_letter_route(broker_url)
    except (BrokerUnavailable, probe.NotTried) as reason:
        return Check(
            "dead letters",
            False,
            f"not tried: {reason}",
            "Settle what is in `hub.dead` (docs/runbook); an account without the right to configure"
            " cannot try.",
        )
    good = "a rejected probe arrived in hub.dead"
    return Check("dead letters", not problem, problem or good, fix, fatal=True)


def _size(broker_url: str) -> Check:
    """Try a message as large as the largest that the hub may say."""
    fix = f"Set max_message_size in rabbitmq.conf to {MAX_BYTES} or more (16 MiB is usual)."
    try:
        problem = probe.why_not_accepted(broker_url, MAX_BYTES)
    except BrokerUnavailable as error:
        return Check("message size", False, f"not tried: {error}", "Run `hub doctor` again.")
    good = f"a message of {MAX_BYTES // 1024} KiB, our largest, was taken"
    return Check("message size", not problem, problem or good, fix, fatal=True)
