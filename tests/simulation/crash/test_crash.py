"""A process that a failpoint kills does nothing more, however its code cleans up on the way out."""

import io
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from hub.messages import queues
from hub.ports import Outgoing, Request
from hub.records.rulebook import Rulebook
from hub.runtime.failpoints import Point, passing
from tests.simulation.crash.life import Crash, take
from tests.simulation.database.backend import InMemory
from tests.simulation.plot import Plot
from tests.simulation.story import Story
from tests.simulation.world.chance import Chance
from tests.simulation.world.failpoints import armed
from tests.simulation.world.process import Process
from tests.simulation.world.virtual_time import ruled
from tests.simulation.world.waiting import without_threads

CleanUp = Callable[[Process], object]
WORK = Outgoing(
    routing_key=queues.INGEST, body=b"{}", message_id="m", type="dossier.received", headers={}
)
CALL = Request(operation="town.transfer", number="n", body="m", digest="d", message_id="m")


class EveryPassStrikes(Chance):
    """No chance: each failpoint ends its process, and nothing else happens."""

    def strikes(self, kind: str, probability: float) -> bool:  # noqa: ARG002 - its shape
        """Tell whether this is a failpoint."""
        return kind.startswith("crash at")


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    """A story that has not begun, with one process that runs; every failpoint kills it."""
    with ExitStack() as stack:
        story = Story(Plot(seed=1, dossiers=1), tmp_path, Rulebook.load(), InMemory())
        stack.callback(story.close)
        del story.processes[1:]  # how many a seed brings is of no concern
        story.chance.calm = True
        stack.enter_context(ruled(story.time, story.chance.stream("urandom")))
        stack.enter_context(without_threads(story.waits, story.let_others_tell, story.met))
        stack.enter_context(armed(EveryPassStrikes(1), Counter(), story.note, story.acting))
        story.processes[0].start()
        yield story


def killed_with(story: Story, clean_up: CleanUp) -> None:
    """Have the process killed at a failpoint, and its code clean up."""
    (process,) = story.processes

    def step() -> None:
        try:
            passing(Point.RECEIVE_AFTER_COMMIT)
        except BaseException:
            clean_up(process)
            raise

    assert take(story.acting, process, ("receive", step)) == 1
    assert process.dead
    assert story.events.all[-1][1:] == ("hub-1", "is killed at receive_after_commit")


def _write(process: Process) -> None:
    with process.store.write() as tx:
        tx.exec_driver_sql("INSERT INTO sim_handled VALUES ('m', 1)")


@pytest.mark.parametrize(
    "clean_up",
    [
        _write,
        lambda process: process.publisher.publish([WORK], timeout=timedelta(seconds=1)),
        lambda process: process.destinations[0].send(CALL),
        lambda process: process.files.write(io.BytesIO(b"a page")),
        lambda process: process.delivering[0].destination.find(CALL),
    ],
    ids=["store", "broker", "partner", "files", "look-up"],
)
def test_a_clean_up_after_a_crash_has_no_effect(story: Story, clean_up: CleanUp) -> None:
    """The store, the broker, the partners and the files refuse the dead process."""
    killed_with(story, clean_up)
    assert story.observer.rows("SELECT * FROM sim_handled") == []
    assert story.broker.ready == 0
    assert not any(partner.has(CALL.message_id) for partner in story.partners)
    assert not [it for it in story.processes[0].files.directory.rglob("*") if it.is_file()]
    assert [
        line for line in story.events.all if line.actor in {it.name for it in story.partners}
    ] == []


def test_the_same_things_have_an_effect_while_the_process_lives(story: Story) -> None:
    """Else the test above would prove nothing."""
    (process,) = story.processes
    _write(process)
    process.publisher.publish([WORK], timeout=timedelta(seconds=1))
    process.files.write(io.BytesIO(b"a page"))
    assert story.observer.rows("SELECT * FROM sim_handled") == [("m", 1)]
    assert story.broker.ready == 1
    assert [it for it in process.files.directory.rglob("*") if it.is_file()]


def test_an_open_transaction_is_rolled_back_although_the_crash_is_swallowed(story: Story) -> None:
    """What was written before the strike is gone, too: nobody was left to commit it."""
    (process,) = story.processes

    def step() -> None:
        with process.store.write() as tx:
            tx.exec_driver_sql("INSERT INTO sim_handled VALUES ('m', 1)")
            with pytest.raises(Crash):
                passing(Point.RELAY_AFTER_PUBLISH)

    take(story.acting, process, ("relay", step))
    assert process.dead
    assert story.observer.rows("SELECT * FROM sim_handled") == []


def test_what_a_dead_process_had_in_hand_goes_back_although_it_acknowledges(story: Story) -> None:
    """The connection is gone at the strike, so another process gets the message."""
    (process,) = story.processes
    process.publisher.publish([WORK], timeout=timedelta(seconds=1))
    consumer = process._from_ingest
    in_hand = consumer.receive(1, wait=timedelta())
    assert story.broker.ready == 0
    killed_with(story, lambda _: consumer.ack(in_hand))
    assert story.broker.ready == 1


def test_calls_that_waited_for_a_thread_are_not_made(story: Story) -> None:
    """The threads of a process end with it."""
    (process,) = story.processes
    made: list[str] = []
    _, pool = process._work[0]
    pool.submit(made.append, "before")
    killed_with(story, lambda _: pool.submit(made.append, "after"))
    with pytest.raises(Crash):
        pool.take_all()
    assert made == []


def test_a_file_that_was_under_way_stays_as_it_was(story: Story) -> None:
    """The next start finds it and removes it, as after a power cut."""
    (process,) = story.processes
    upload = process.files.begin()
    upload.write(b"half a page")
    killed_with(story, lambda _: upload.abandon())
    assert [it.name[:4] for it in process.files.directory.iterdir()] == [".in-"]
    process.start()
    assert process.files.remove_leftovers() == 1
