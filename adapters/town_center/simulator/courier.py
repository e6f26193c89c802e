"""How the simulated town goes to the hub: pulls attachments, reports steps until acknowledged.

One task a dossier: its files are pulled and verified first (a dossier whose files are wrong is
never accepted), then its steps are told in order, each until the hub answers Result 1. Nothing is
given up; what was acknowledged is in the ledger, everything else is told again after a restart.
"""

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from adapters.simulation.faults import CALLBACKS, FaultKind, Faults
from adapters.simulation.ledger import Effect, Ledger
from adapters.town_center import contract
from adapters.town_center.callbacks.signature import sign
from adapters.town_center.contract import DossierState, FileState
from adapters.town_center.simulator import office
from adapters.town_center.simulator.dossiers import Dossier, Dossiers
from adapters.wire.download import download
from adapters.wire.http import Limits, Wire
from hub.messages.payloads import TownStep
from hub.rules.failures.errors import DeliveryFailure

Outcome = TypeVar("Outcome")
THREADS = 8
FIRST_WAIT, LONGEST_WAIT = 0.05, 5.0
"""Seconds between two tellings of the same step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """How the town behaves in one run."""

    hub_url: str
    callback_secret: str
    file_token: str
    public_url: str = ""
    """Address of the town for the hub; empty means the one under which the hub called."""
    seed: int = 0
    supplement_share: float = 0.2
    until: datetime | None = None
    """Steps whose business time lies after it are not told."""
    pace: timedelta = timedelta()
    """Real time before each telling."""


class Courier:
    """Works all dossiers of the town; lives in the simulator's event loop."""

    def __init__(self, story: Story, dossiers: Dossiers, ledger: Ledger, faults: Faults) -> None:
        self.story = story
        self.dossiers = dossiers
        self.ledger = ledger
        self.faults = faults
        self.results: dict[str, bytes] = {}
        """Result files by sha256."""
        self._limits = Limits(connections=THREADS)
        self._hub = Wire(story.hub_url, limits=self._limits)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="town.courier")
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting = 0

    def begin(self, dossier: Dossier) -> None:
        """Begin to work a dossier."""
        task = asyncio.get_running_loop().create_task(self._work(dossier))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def busy(self) -> int:
        """Return how many dossiers are being worked: neither done nor waiting for papers."""
        return len(self._tasks) - self._waiting

    def resume(self) -> None:
        """Take up every dossier of an earlier run where it was left."""
        for dossier in self.dossiers.by_number.values():
            # The hub may have stored a step whose acknowledgement we did not live to see.
            known = {step.step for step in self.steps(dossier)}
            dossier.awaits_supplement = TownStep.AWAITING_SUPPLEMENT in known
            dossier.ended = TownStep.ENDED in known
            self.begin(dossier)

    async def stop(self) -> None:
        """Stop working; calls under way are not waited for."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._hub.close()

    def steps(self, dossier: Dossier) -> list[office.Step]:
        """Return the steps to tell as things stand; their place plus one is the sequence."""
        transfer, supplied = dossier.transfer, dossier.supplied
        steps = office.first_steps(
            dossier.number,
            transferred=transfer.transferred_at,
            due=transfer.due_at,
            seed=self.story.seed,
            supplement_share=self.story.supplement_share,
        )
        if supplied is not None:
            steps += office.later_steps(
                dossier.number,
                supplied=max(supplied.supplied_at, steps[-1].at),
                due=supplied.due_at,
                seed=self.story.seed,
            )
        limited = office.until(steps, self.story.until)
        if limited and limited[-1].step is TownStep.ENDED:
            document = office.result_document(dossier.number, limited[-1].at)
            self.results[hashlib.sha256(document).hexdigest()] = document
        return limited

    async def _work(self, dossier: Dossier) -> None:
        while await self._collect(dossier):
            dossier.changed.clear()
            steps = self.steps(dossier)
            left = [n for n in range(1, len(steps) + 1) if n not in dossier.acknowledged]
            if left:
                await self._report_steps(dossier, steps, left[0])
            elif steps and steps[-1].step is TownStep.AWAITING_SUPPLEMENT:
                self._waiting += 1
                try:
                    await dossier.changed.wait()
                finally:
                    self._waiting -= 1
            else:
                return

    async def _collect(self, dossier: Dossier) -> bool:
        """Pull what is pending, however long it takes; False when a file was wrong."""
        wait = FIRST_WAIT
        while pending := dossier.pending():
            for file in pending:
                state = await self._in_thread(partial(self._pull, file))
                if state is not None:
                    await self._record("file", dossier, f"file:{file.sha256}", state)
            if dossier.pending():
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_WAIT)
        return FileState.WRONG not in dossier.file_states.values()

    async def _report_steps(self, dossier: Dossier, steps: list[office.Step], number: int) -> None:
        among = {FaultKind.CALLBACKS_DOUBLED}
        if number < len(steps) and number + 1 not in dossier.acknowledged:
            among.add(FaultKind.CALLBACKS_REORDERED)
        fault = self.faults.draw(CALLBACKS, frozenset(among))
        if fault is None:
            await self._report_step(dossier, steps, number)
            return
        self.ledger.count_fault(fault.kind, CALLBACKS)
        if fault.kind is FaultKind.CALLBACKS_REORDERED:
            await self._report_step(dossier, steps, number + 1)
            await self._report_step(dossier, steps, number)
        else:
            await asyncio.gather(
                self._report_step(dossier, steps, number), self._report_step(dossier, steps, number)
            )

    async def _report_step(self, dossier: Dossier, steps: list[office.Step], number: int) -> None:
        """Tell one step until the hub has it."""
        step = steps[number - 1]
        body = msgspec.json.encode(self._report(dossier, step, number))
        dossier.reached(number, DossierState(step.step))
        dossier.awaits_supplement |= step.step is TownStep.AWAITING_SUPPLEMENT
        dossier.ended |= step.step is TownStep.ENDED
        await asyncio.sleep(self.story.pace.total_seconds())
        wait = FIRST_WAIT
        while not await self._in_thread(partial(self._post, body)):
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)
        if number not in dossier.acknowledged:
            await self._record("step", dossier, f"step:{number}", step.step)

    def _report(self, dossier: Dossier, step: office.Step, number: int) -> contract.StepReport:
        results: tuple[contract.ResultFile, ...] = ()
        if step.step is TownStep.ENDED:
            document = office.result_document(dossier.number, step.at)
            sha256 = hashlib.sha256(document).hexdigest()
            address = self.story.public_url.rstrip("/") or dossier.address
            results = (
                contract.ResultFile(
                    code="KQ",
                    name=f"ket-qua-{dossier.number}.pdf",
                    media_type="application/pdf",
                    size=len(document),
                    sha256=sha256,
                    url=f"{address}/ket-qua/{sha256}",
                ),
            )
        return contract.StepReport(
            event_id=f"SK-{dossier.number}-{number}",
            number=dossier.number,
            sequence=number,
            step=step.step,
            at=step.at.astimezone(UTC),
            officer=step.officer,
            note=step.note,
            results=results,
        )

    async def _record(self, kind: str, dossier: Dossier, key: str, content: str) -> None:
        effect = Effect(
            kind=kind, operation="", dossier=dossier.number, key=key, content=content.encode()
        )
        # In memory first: a doubled telling that ends meanwhile must not note it again.
        self.dossiers.remember(effect)
        await self.ledger.record_notes([effect])

    async def _in_thread(self, work: Callable[[], Outcome]) -> Outcome:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _post(self, body: bytes) -> bool:
        """Tell the hub; True when it has the step. Runs in a thread."""
        headers = sign(body, self.story.callback_secret, at=datetime.now(UTC))
        try:
            reply = self._hub.call(
                "POST",
                "/town/callbacks",
                body=body,
                headers={"Content-Type": "application/json", **headers},
            )
            answer = msgspec.json.decode(reply.body, type=contract.Acknowledgement)
        except (DeliveryFailure, msgspec.MsgspecError, UnicodeDecodeError):
            return False
        return reply.status == 200 and answer.result == 1

    def _pull(self, file: contract.File) -> FileState | None:
        """Pull a file and verify it; None when it cannot be had now. Runs in a thread."""
        parts = urlsplit(file.url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        headers = {"Authorization": f"Bearer {self.story.file_token}"}
        digest, size = hashlib.sha256(), 0
        try:
            with download(
                f"{parts.scheme}://{parts.netloc}",
                target,
                headers,
                self._limits,
                limit=file.size + 1,
            ) as stream:
                if stream.status != 200:
                    return None
                while piece := stream.read(65_536):
                    digest.update(piece)
                    size += len(piece)
        except DeliveryFailure:
            return None
        right = size == file.size and digest.hexdigest() == file.sha256
        return FileState.VERIFIED if right else FileState.WRONG
