"""The single faults of the matrix: each is brought while roles stand at a step of theirs.

A fault is a block: it is there from its first line on, the roles go on inside, and it is over at
its end. `LEFT_OUT` says for every pair that is not tried why not.
"""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from adapters.simulation.faults import Fault, FaultKind
from hub.runtime.failpoints import Point
from tests.chaos.faults.steps import STEPS, Hold, Step
from tests.chaos.stage import HOUR, LEASE, REPLY, Stage, full_files
from tests.chaos.supervisor import KeptRole

LASTS = 0.4
"""Seconds that a fault lasts after the roles have gone on."""
BEYOND = max(LEASE + 3, 21)
"""Seconds: over every lease and reservation, and over the 20 s after which the database ends a
session that stands still in a transaction."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Who stands where."""

    stage: Stage
    roles: Sequence[KeptRole]

    def go_on(self, seconds: float = 0.0) -> None:
        """Let the roles go on, into the fault, for so long."""
        for role in self.roles:
            role.thaw()
        threading.Event().wait(seconds)


def _die(scene: Scene) -> Iterator[None]:
    """SIGKILL of every process that stands; each is started again."""
    before = [(role, role.deaths[-signal.SIGKILL]) for role in scene.roles]
    for role in scene.roles:
        assert role.kill()
    for role, killed in before:
        assert role.wait_killed(killed + 1, 20)
    yield


def _cut(neighbour: str) -> Callable[[Scene], Iterator[None]]:
    def cut(scene: Scene) -> Iterator[None]:
        """Every line breaks with RST, and no new one comes about."""
        with contextlib.ExitStack() as stack:
            for line in scene.stage.lines_to(neighbour):
                stack.enter_context(line.blocked())
            scene.go_on(LASTS)
            yield

    return cut


def _silent(neighbour: str) -> Callable[[Scene], Iterator[None]]:
    def silent(scene: Scene) -> Iterator[None]:
        """Every line is open and carries nothing, in either direction."""
        lines = scene.stage.lines_to(neighbour)
        for line in lines:
            line.stall()
        try:
            scene.go_on(2 * LASTS)
            yield
        finally:
            for line in lines:
                line.flow()

    return silent


def _broker_dies(scene: Scene) -> Iterator[None]:
    """SIGKILL of every node; all come back."""
    scene.stage.cluster.kill()
    try:
        scene.go_on()
        yield
    finally:
        scene.stage.cluster.start()


def _database_dies(scene: Scene) -> Iterator[None]:
    """SIGKILL, restart."""
    scene.stage.postgres.kill()
    try:
        scene.go_on(LASTS)
        yield
    finally:
        scene.stage.postgres.start()


def _partners(kind: FaultKind) -> Callable[[Scene], Iterator[None]]:
    def wrong(scene: Scene) -> Iterator[None]:
        """Both partners do it to every call."""
        partners = scene.stage.partners.values()
        for partner in partners:
            partner.set_faults([Fault(kind=kind)])
        try:
            scene.go_on(LASTS)
            yield
        finally:
            for partner in partners:
                partner.clear_faults()

    return wrong


def _partners_stand(scene: Scene) -> Iterator[None]:
    """Both partners stand still for longer than their answer is waited for."""
    for name in scene.stage.partners:
        scene.stage.signal_partner(name, signal.SIGSTOP)
    try:
        scene.go_on(REPLY + LASTS)
        yield
    finally:
        for name in scene.stage.partners:
            scene.stage.signal_partner(name, signal.SIGCONT)


def _no_room_for_files(scene: Scene) -> Iterator[None]:
    """The disk of the files is full."""
    with full_files(scene.stage):
        scene.go_on(LASTS)
        yield


def _no_room_for_the_database(scene: Scene) -> Iterator[None]:
    """The disk of the database is full; without room for its log it ends itself."""
    with contextlib.ExitStack() as stack:
        stack.callback(scene.stage.postgres.start)
        stack.enter_context(scene.stage.database_disk.full())
        scene.go_on(LASTS)
        yield


def _clock(seconds: int) -> Callable[[Scene], Iterator[None]]:
    def jump(scene: Scene) -> Iterator[None]:
        """The clock of every role is wrong, and right again at the end."""
        scene.stage.clock.write_text(str(seconds), encoding="ascii")
        try:
            scene.go_on(LASTS)
            yield
        finally:
            scene.stage.clock.write_text("0", encoding="ascii")

    return jump


def _stand_still(scene: Scene) -> Iterator[None]:
    """Nothing else happens, for too long."""
    threading.Event().wait(BEYOND)
    scene.go_on()
    yield


@dataclass(frozen=True, slots=True)
class Single:
    """One fault: what it hurts, and how it is brought."""

    hurts: Hold
    _brought: Callable[[Scene], Iterator[None]]

    def during(self, scene: Scene) -> AbstractContextManager[None]:
        """Return the block."""
        return contextlib.contextmanager(self._brought)(scene)


FAULTS = {
    "the_process_dies": Single(Hold.LIFE, _die),
    "the_lines_to_the_broker_are_cut": Single(Hold.BROKER, _cut("broker")),
    "the_lines_to_the_broker_are_silent": Single(Hold.BROKER, _silent("broker")),
    "the_broker_dies": Single(Hold.BROKER, _broker_dies),
    "the_lines_to_the_database_are_cut": Single(Hold.DATABASE, _cut("database")),
    "the_lines_to_the_database_are_silent": Single(Hold.DATABASE, _silent("database")),
    "the_database_dies": Single(Hold.DATABASE, _database_dies),
    "the_disk_of_the_database_is_full": Single(Hold.DATABASE, _no_room_for_the_database),
    "the_disk_for_files_is_full": Single(Hold.FILES, _no_room_for_files),
    "the_partners_are_down": Single(Hold.PARTNER, _partners(FaultKind.DOWN)),
    "the_partners_drop_after_accepting": Single(
        Hold.PARTNER, _partners(FaultKind.DROP_AFTER_ACCEPT)
    ),
    "the_partners_stand_still": Single(Hold.PARTNER, _partners_stand),
    "the_clock_jumps_ahead": Single(Hold.TIME, _clock(HOUR)),
    "the_clock_jumps_back": Single(Hold.TIME, _clock(-HOUR)),
    "it_stands_still_too_long": Single(Hold.TURN, _stand_still),
}
_NOT_IN_HAND = {
    Hold.DATABASE: "tried where the archive makes a file count, and where it deletes; at all of its"
    " steps the sessions end in tests/contract/archive/faults/test_database_faults.py",
    Hold.BROKER: "it has nothing from the broker in hand",
    Hold.FILES: "it has no file in hand",
    Hold.PARTNER: "no partner is about to be told anything, or waits for it",
    Hold.TIME: "nothing that it does next was decided by the clock",
    Hold.TURN: "it holds no lease and no lock that others wait for",
}


def _why_not(step: Step, fault: Single) -> str:
    """Return why a fault is not tried at a step, "" where it is."""
    if step.point is Point.REPLAY_BETWEEN_ITEMS:
        return (
            "an operator's command: tests/integration/repair/replay/test_replay_killed.py kills it"
        )
    if not step.role:
        by = "tests/integration/repair/test_archive_killed.py and the end of script/chaos kill it"
        return f"an operator's command: {by}"
    return "" if fault.hurts in step.holds else _NOT_IN_HAND[fault.hurts]


LEFT_OUT = {
    (name, step.point): why
    for name, fault in FAULTS.items()
    for step in STEPS
    if (why := _why_not(step, fault))
}
TRIED = {
    f"{name}_while_{step.words}": (name, step.point)
    for name in FAULTS
    for step in STEPS
    if (name, step.point) not in LEFT_OUT
}
