"""The town with its own courier: it pulls files and tells its steps to the hub's real reader.

What the courier gives to a thread is done by the story, in a step that a process of the hub takes.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any, BinaryIO, cast

import msgspec

from adapters.simulation.faults import Faults
from adapters.simulation.ledger import Ledger
from adapters.town_center import contract, mapping
from adapters.town_center.callbacks.signature import sign
from adapters.town_center.callbacks.source import TownCallbacks
from adapters.town_center.contract import FileState
from adapters.town_center.simulator.courier import Courier
from adapters.town_center.simulator.desk import TownDesk
from adapters.town_center.simulator.dossiers import Dossier
from hub.messages.envelope import Attachment, Message
from hub.ports import Accepted, Sink
from tests.simulation.actors import callbacks
from tests.simulation.actors.counter import Acknowledged
from tests.simulation.crash.life import Crash
from tests.simulation.partners import settings
from tests.simulation.partners.loop import MESSAGE
from tests.simulation.partners.simulated import SimulatedPartner
from tests.simulation.promises.promise import Broken, Promise
from tests.simulation.world.process import Process

PACES = (0.0, 20.0, 300.0)
"""Seconds before each telling."""


class SimulatedTown(SimulatedPartner):
    """The town; see `SimulatedPartner`."""

    def __init__(self, *parts: Any, told: Acknowledged, **named: Any) -> None:
        """`told`: where it is written down what the hub has acknowledged."""
        self.told = told
        self._pace = timedelta(seconds=parts[-1].chance.stream("pace").choice(PACES))
        super().__init__(*parts, **named)
        self.reports_itself = True
        profile = settings.town_settings(self.habits)
        self._callbacks = TownCallbacks(profile)
        self._callbacks.files = cast(Any, ResultsAtHand(self))

    def has_reports(self) -> bool:
        """Tell whether its courier waits for a thread."""
        return bool(self.world.loop.for_threads)

    @property
    def next_effect(self) -> float:
        """When it does the next thing by itself."""
        return self.world.time.elapsed if self.has_reports() else super().next_effect

    def report(self, process: Process) -> int:
        """Have one thing done that its courier gave to a thread."""
        strikes, waiting = self.world.chance.strikes, self.world.loop.for_threads
        if not waiting:
            return 0  # it was done, or is forgotten, since the turn was given
        work, future = waiting.pop(self.world.chance.order.randrange(len(waiting)))
        if strikes("callback lost", 0.05):
            self.say("a call to the hub is lost")
            future.set_result(None)
            return 1
        self._process = process
        try:
            answer = work()
        except Crash:
            future.set_result(None)  # the process died, and nobody answered
            raise
        if strikes("callback answer lost", 0.05):
            answer = None
        future.set_result(answer)
        return 1

    def post(self, body: bytes) -> bool:
        """Tell the hub one step; True when it has it."""
        process, now = self._process, self.world.time.now()
        headers = {"Content-Type": "application/json", **sign(body, settings.SECRET, at=now)}
        self._callbacks.clock = process.clock
        sink = AcknowledgingSink(process.intake, self.told)
        answer = callbacks.receive(self._callbacks, process, body, headers, sink)
        self.say(f"tells {answer.subject or 'a step'}: {answer.status} {answer.cause}".rstrip())
        if answer.cause:
            what = f"the town's report of {answer.subject} was refused: {answer.cause}"
            raise Broken(Promise.RECORDS_KNOW, what)
        return answer.status == 200 and answer.reply["Result"] == 1

    def pull(self, file: contract.File) -> FileState | None:
        """Pull a file of the hub."""
        sha256 = file.url.rpartition("/")[2]
        path = self._process.files.path(sha256)
        if not path.is_file():
            return None
        content = path.read_bytes()
        right = len(content) == file.size and hashlib.sha256(content).hexdigest() == file.sha256
        self.say(f"pulls {sha256[:8]}: {'as announced' if right else 'wrong'}")
        return FileState.VERIFIED if right else FileState.WRONG

    def make_core(self, ledger: Ledger, faults: Faults) -> TownDesk:
        """Return the town's desk with a courier that the story serves."""
        desk = settings.town_core(ledger, faults)
        story = replace(desk.courier.story, pace=self._pace, seed=self.world.chance.seed)
        desk.courier = StoryCourier(self, story, desk.dossiers, ledger, faults)
        return desk


class StoryCourier(Courier):
    """The town's courier without a line of its own."""

    def __init__(self, town: SimulatedTown, *parts: Any) -> None:
        super().__init__(*parts)
        self.town = town

    def begin(self, dossier: Dossier) -> None:
        """As the real one; its work belongs to no call."""
        token = MESSAGE.set("")
        super().begin(dossier)
        MESSAGE.reset(token)

    def _post(self, body: bytes) -> bool:
        return self.town.post(body)

    def _pull(self, file: contract.File) -> FileState | None:
        return self.town.pull(file)


class AcknowledgingSink:
    """The way in, which notes what was acknowledged."""

    def __init__(self, sink: Sink, told: Acknowledged) -> None:
        self._sink, self._told = sink, told
        self.store_file, self.file_size = sink.store_file, sink.file_size

    def accept(self, message: Message) -> Accepted:
        """As the hub's."""
        accepted = self._sink.accept(message)
        self._told.acknowledge(msgspec.structs.replace(message, id=accepted.message_id))
        return accepted


class ResultsAtHand:
    """Stands in for the hub's pulls: the file is there at once."""

    def __init__(self, town: SimulatedTown) -> None:
        self._town = town

    def collect(
        self, _step: str, files: Sequence[contract.ResultFile], _targets: object, sink: Sink
    ) -> list[Attachment]:
        """Store the files and return their claim checks."""
        for file in files:
            claim = mapping.attachment(file)
            content = cast(TownDesk, self._town.core).courier.results[file.sha256]
            self._town.told.pages[file.sha256] = content
            sink.store_file(
                cast(BinaryIO, BytesIO(content)),
                name=claim.name,
                media_type=claim.media_type,
                component=claim.component,
                sha256=claim.sha256,
                keep=True,
            )
        return [mapping.attachment(file) for file in files]
