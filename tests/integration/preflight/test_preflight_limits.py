"""What a broker tells nobody is tried: its largest message, and how long it waits for a word."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from queue import SimpleQueue

import pytest

from hub import preflight
from hub.broker.admin import declare, probe
from hub.broker.topology import TOPOLOGY
from hub.drill.sandbox.rabbit_node import PrivateRabbit
from hub.messages.envelope import MAX_BYTES
from hub.preflight.check import from_text
from hub.settings import Settings
from tests.support.database.stores import lay_store

LIMITS = {"max_message_size": 100_000, "consumer_timeout": 700, "channel_tick_interval": 200}
"""A node that takes little and waits not long; by default it would look once a minute only."""


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateRabbit]:
    """A broker with narrow limits, otherwise as it should be."""
    node = PrivateRabbit(tmp_path_factory.mktemp("strict"), limits=LIMITS)
    node.start()
    declare.apply(TOPOLOGY, node.url, node.management_url)
    yield node
    node.kill()


@pytest.fixture
def settings(strict: PrivateRabbit, tmp_path: Path) -> Settings:
    """A hub that would run on it."""
    settings = Settings(
        data_dir=str(tmp_path),
        broker_url=strict.url,
        broker_management_url=strict.management_url,
    )
    lay_store(tmp_path)
    return settings


def test_a_broker_that_takes_less_than_our_largest_message_refuses(settings: Settings) -> None:
    """One such message would end the publisher's channel again and again: nothing would go out."""
    (found,) = [it for it in preflight.examine(settings) if it.subject == "message size"]
    assert found.refuses
    assert "100000 bytes" in found.detail
    assert str(MAX_BYTES) in found.fix
    assert probe.why_not_accepted(settings.broker_url, 100_000) == ""


def test_the_consumer_timeout_of_the_node_is_measured(settings: Settings) -> None:
    """The broker's own figure, from its own words; a patient one leaves the message with us."""
    minute = timedelta(minutes=1)
    found = probe.acknowledgement_timeout(settings.broker_url, up_to=minute)
    assert found == timedelta(milliseconds=700)
    none = timedelta()
    assert probe.acknowledgement_timeout(settings.broker_url, up_to=none) is None
    assert (
        probe.acknowledgement_timeout(settings.broker_url, up_to=minute, stopping=lambda: True)
        is None
    )


def test_the_running_hub_measures_and_keeps_what_it_found(settings: Settings) -> None:
    """What no look can see is known an hour later to whoever asks `hub doctor`."""
    kept: list[str] = []
    watch = preflight.Watch(settings, keep=kept.append)
    assert watch.measure()
    wrong = {it.subject: it for it in watch.check_now()}
    found = wrong["consumer timeout, measured"]
    assert not found.refuses
    assert "after 1 s" in found.detail
    assert found in from_text(kept[-1])


def test_the_running_hub_looks_and_measures_by_itself(settings: Settings) -> None:
    """Beside the work, again and again, and ends when it is told to."""
    kept: SimpleQueue[str] = SimpleQueue()
    watch = preflight.Watch(settings, keep=kept.put, pause=timedelta(milliseconds=50))
    watch.start()
    try:
        while "consumer timeout, measured" not in (text := kept.get(timeout=60)):
            pass
        subjects: set[str] = set()
        while "message size" not in subjects or "consumer timeout, measured" not in subjects:
            text = kept.get(timeout=60)
            subjects = {it.subject for it in from_text(text)}
    finally:
        watch.stop()
    assert subjects >= {"disk", "database clock", "broker version", "broker clock", "dead letters"}


def test_the_probes_leave_nothing_behind(strict: PrivateRabbit, settings: Settings) -> None:
    """No queue of theirs, no dead letter."""
    preflight.examine(settings)
    live = declare.plan(TOPOLOGY, strict.url, strict.management_url).snapshot
    assert live is not None
    assert set(live.queues) == {queue.name for queue in TOPOLOGY.queues}
    assert probe.dead_letter_route(strict.url) == ""
