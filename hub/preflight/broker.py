"""The broker: version, topology, effective policies, and what only a try can tell.

Refuses on what would lose messages or stop all work of the roles of this process. What AMQP does
not show (policies) is seen through the management API; without its address nobody can say whether
dead letters are kept, so the hub does not start unless the settings say that somebody else has seen
to it.
"""

from collections.abc import Iterator
from datetime import timedelta

import msgspec

from hub.bootstrap.partners.destinations import traits_of
from hub.broker.admin import consumer_timeout, declare, probe, versions
from hub.broker.admin.compare import Snapshot
from hub.broker.admin.declare import TopologyPlan
from hub.broker.topology import TOPOLOGY, validate
from hub.exchange.delivery.deliver import longest_hold
from hub.messages.envelope import MAX_BYTES
from hub.messages.queues import INGEST, deliver_queue
from hub.ports import BrokerUnavailable
from hub.preflight.check import Check, clock
from hub.preflight.ownership import owned
from hub.settings import Settings
from hub.texts import text

MOST_SKEW = timedelta(seconds=5)
"""Nothing of ours is compared by the broker's clock; its log has to be read beside ours."""
ROOM = 2
"""How many times its own limit a broker's disk should have free."""


def broker(settings: Settings) -> Iterator[Check]:
    """Look at the broker; a process that does not need it is only told."""
    for check in _found(settings):
        if check.fatal and not settings.needs_broker:
            detail = text("broker_checks.waits_in_outbox", detail=check.detail)
            check = msgspec.structs.replace(check, fatal=False, detail=detail)
        yield check


def _found(settings: Settings) -> Iterator[Check]:
    problems = validate(TOPOLOGY)
    detail = "; ".join(map(str, problems)) or text("broker_checks.sound")
    yield Check("topology", not problems, detail, fatal=True)
    if not settings.broker_url:
        yield Check("broker", True, text("broker_checks.in_process"))
        return
    try:
        owner = owned(settings)
        yield owner
        if owner.fatal and not owner.ok:
            return
        plan = declare.plan(TOPOLOGY, settings.broker_url, settings.broker_management_url)
    except BrokerUnavailable as error:
        yield Check("broker", False, str(error), text("broker_checks.address_fix"), fatal=True)
        return
    yield from _plan(settings, plan)
    yield from _account(plan)
    if plan.snapshot is not None:
        yield from _node(plan.snapshot)
        yield from _patience(settings, plan.snapshot)
    if settings.needs_broker and not any(it.loses_messages for it in plan.differences):
        yield _dead_letters(settings.broker_url)
        yield _size(settings.broker_url)


def _plan(settings: Settings, plan: TopologyPlan) -> Iterator[Check]:
    verdict = versions.check_version(plan.version)
    yield Check("broker version", verdict.ok, verdict.detail, verdict.fix, fatal=verdict.refuses)
    if plan.clean:
        yield Check("broker", True, text("broker_checks.as_topology"))
    for found in plan.differences:
        detail = text("broker_checks.differs", actual=found.actual, expected=found.expected)
        yield Check(found.subject, False, detail, found.fix, fatal=found.loses_messages)
    for note in plan.unchecked:
        trusted = settings.broker_policies == "trusted"
        yield Check(
            "broker policies",
            False,
            text("broker_checks.unchecked", note=note),
            text("broker_checks.unchecked_fix"),
            fatal=not trusted,
        )


def _account(plan: TopologyPlan) -> Iterator[Check]:
    """Tell what the account may not see; it works with what somebody else has made."""
    if plan.unseen:
        detail = text("broker_checks.unseen", what="; ".join(plan.unseen))
        yield Check("broker account", False, detail, text("broker_checks.unseen_fix"))


def _node(live: Snapshot) -> Iterator[Check]:
    for node in live.nodes:
        if not node.disk_limit and not node.alarms:
            continue  # it has just started and has no figures yet
        alarms = ", ".join(text(f"broker_checks.alarm_{name}") for name in node.alarms)
        free, limit = node.disk_free // 2**20, node.disk_limit // 2**20
        detail = text("broker_checks.disk", free=free, limit=limit)
        if alarms:
            detail = text("broker_checks.alarms", detail=detail, alarms=alarms)
        good = not alarms and node.disk_free >= ROOM * node.disk_limit
        yield Check(f"broker disk {node.name}", good, detail, text("broker_checks.disk_fix"))
    if live.ahead is not None:
        yield clock("broker clock", live.ahead, warn=MOST_SKEW)


def _patience(settings: Settings, live: Snapshot) -> Iterator[Check]:
    """Compare what policies and arguments say with the longest that a message is kept."""
    limits = {INGEST: (consumer_timeout.LEAST, timedelta(minutes=1))}
    for name, traits in traits_of(settings).items():
        limits[deliver_queue(name)] = (longest_hold(traits), traits.longest_call)
    reported = False
    for queue, (longest, call) in limits.items():
        given = consumer_timeout.set_at(live.queues[queue]) if queue in live.queues else None
        if given is None:
            continue
        reported = True
        yield Check(
            f"consumer timeout of {queue}",
            given >= longest,
            text(
                "broker_checks.timeout",
                given=consumer_timeout.words(given),
                needed=consumer_timeout.words(longest),
            ),
            text("broker_checks.timeout_fix"),
            # Then a slow call is never acknowledged, and each round counts towards the limit.
            fatal=given < call,
        )
    if not reported:
        default = consumer_timeout.words(consumer_timeout.SERVER_DEFAULT)
        detail = text("broker_checks.timeout_not_set", default=default)
        yield Check("consumer timeout", True, detail)


def _dead_letters(broker_url: str) -> Check:
    """Try the dead-letter route with a message of our own."""
    fix = text("broker_checks.dead_letters_fix")
    try:
        problem = probe.dead_letter_route(broker_url)
    except (BrokerUnavailable, probe.NotTried) as reason:
        return Check(
            "dead letters",
            False,
            text("broker_checks.not_tried", why=reason),
            text("broker_checks.dead_letters_not_tried"),
        )
    good = text("broker_checks.dead_letters_good")
    return Check("dead letters", not problem, problem or good, fix, fatal=True)


def _size(broker_url: str) -> Check:
    """Try a message as large as the largest that the hub may say."""
    fix = text("broker_checks.size_fix", bytes=MAX_BYTES)
    try:
        problem = probe.why_not_accepted(broker_url, MAX_BYTES)
    except BrokerUnavailable as error:
        detail = text("broker_checks.not_tried", why=error)
        return Check("message size", False, detail, text("broker_checks.run_again"))
    good = text("broker_checks.size_good", kib=MAX_BYTES // 1024)
    return Check("message size", not problem, problem or good, fix, fatal=True)
