"""Events of an agent: each message into the journal, then its number into the sequence.

The order of a device's events is kept. A message that the journal has is a repeat, whatever its
number: so a lost answer leads to one message, and two machines with one spool lose nothing. When
the hub dies between the two steps, the agent repeats the call, and the numbers follow.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from hub.exchange.intake.accept import Intake
from hub.gateway.edge import saying
from hub.messages.envelope import Message
from hub.messages.invalid import InvalidMessage
from hub.rules.edge.protocol import REFUSED, REPEAT, STORED, EdgeBatch, EdgeEvent, EdgeResult
from hub.rules.edge.sequence import SequencePlace
from hub.runtime.telemetry import Event, log
from hub.store.edge import sequences
from hub.store.edge.sequences import Arrived


@dataclass(frozen=True, slots=True)
class EdgeEvents:
    """Takes the events of agents."""

    intake: Intake

    async def accept(self, agent: str, batch: EdgeBatch) -> list[EdgeResult]:
        """Store events and return what became of each, in their order.

        Raises what the store raises; then nothing is known, and the agent sends the same again.
        """
        results: list[EdgeResult] = []
        together: list[tuple[EdgeEvent, Message]] = []
        for event in batch.events:
            try:
                message = saying.message_of(agent, event)
                if saying.is_of_agency(message):
                    await asyncio.to_thread(self._check_agency, agent, message)
            except InvalidMessage as refusal:
                results += await self._accept_all(together)
                together = []
                results.append(_refused(event, refusal))
                continue
            if message.attachments:  # looking its files up takes a thread, which others overtake
                results += await self._accept_all(together)
                results += await self._accept_all([(event, message)])
                together = []
            else:
                together.append((event, message))
        results += await self._accept_all(together)
        await self._arrive(agent, batch)
        return results

    async def _accept_all(
        self, events: Sequence[tuple[EdgeEvent, Message]]
    ) -> Sequence[EdgeResult]:
        """Accept events in their order, in one group."""
        return await asyncio.gather(*(self._accept(*each) for each in events))

    async def _accept(self, event: EdgeEvent, message: Message) -> EdgeResult:
        try:
            if message.attachments:
                message = await asyncio.to_thread(self._with_sizes, message)
            accepted = await self.intake.accept_async(message)
        except InvalidMessage as refusal:
            return _refused(event, refusal)
        outcome = REPEAT if accepted.duplicate else STORED
        return EdgeResult(device=event.device, sequence=event.sequence, outcome=outcome)

    def _check_agency(self, agent: str, message: Message) -> None:
        with self.intake.store.read() as tx:
            saying.check_agency(tx, agent, message)

    def _with_sizes(self, message: Message) -> Message:
        """Return a message whose files have the sizes of the store: what it cleaned is shorter."""
        attachments = tuple(
            msgspec.structs.replace(it, size=self.intake.file_size(it.sha256) or it.size)
            for it in message.attachments
        )
        return msgspec.structs.replace(message, attachments=attachments)

    async def _arrive(self, agent: str, batch: EdgeBatch) -> None:
        """Write down which numbers came, refused ones too: they did come."""
        numbers: dict[str, list[int]] = {}
        for event in batch.events:
            if event.device.startswith(f"{agent}."):
                numbers.setdefault(event.device, []).append(event.sequence)
        each = [
            self.intake.commit_async(
                self._store_arrivals, Arrived(agent, batch.spool, device, tuple(found))
            )
            for device, found in numbers.items()
        ]
        for device, places in zip(numbers, await asyncio.gather(*each), strict=True):
            if SequencePlace.AHEAD in places:
                log.warning(Event.EDGE_GAP, device=device)

    def _store_arrivals(self, arrived: Sequence[Arrived]) -> list[list[SequencePlace]]:
        """Write the numbers of several calls in one transaction, locked in one order."""
        now = self.intake.clock()
        order = sorted(
            range(len(arrived)),
            key=lambda nth: (arrived[nth].agent, arrived[nth].spool, arrived[nth].device),
        )
        places: dict[int, list[SequencePlace]] = {}
        with self.intake.store.write() as tx:
            for nth in order:
                places[nth] = sequences.arrive(tx, arrived[nth], now=now)
        return [places[nth] for nth in range(len(arrived))]


def _refused(event: EdgeEvent, refusal: InvalidMessage) -> EdgeResult:
    return EdgeResult(
        device=event.device,
        sequence=event.sequence,
        outcome=REFUSED,
        code=refusal.code,
        where=refusal.where,
        why=refusal.why,
    )
