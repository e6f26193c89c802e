"""Events of an agent: each message into the journal, then its number into the sequence.

The order of a device's events is kept. A message that the journal has is a repeat, whatever its
number: so a lost answer leads to one message. A new message under a used number is of a copied
spool and is refused, see `copied.py`. When the hub dies between the two steps, the agent repeats
the call, and the numbers follow.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from hub.exchange.intake.accept import Intake
from hub.gateway.edge import allowed_messages, copied
from hub.messages.envelope import Message
from hub.messages.invalid import InvalidMessage
from hub.rules.edge import copies
from hub.rules.edge.copies import CopyProof
from hub.rules.edge.protocol import REFUSED, REPEAT, STORED, EdgeBatch, EdgeEvent, EdgeResult
from hub.rules.edge.sequence import SequencePlace
from hub.runtime.telemetry import Event, log
from hub.store.edge import agents, sequences
from hub.store.edge.sequences import Arrived, Known


@dataclass(frozen=True, slots=True)
class EdgeEvents:
    """Takes the events of agents."""

    intake: Intake

    async def accept(self, agent: str, batch: EdgeBatch) -> list[EdgeResult]:
        """Store events and return what became of each, in their order.

        Raises what the store raises; then nothing is known, and the agent sends the same again.
        """
        known = await asyncio.to_thread(self._known, agent, batch.spool)
        results: list[EdgeResult] = []
        messages: list[Message | None] = []
        together: list[tuple[EdgeEvent, Message]] = []
        for event in batch.events:
            message = None
            try:
                message = allowed_messages.message_of(agent, event)
                is_reused = copied.is_reused(event, message, known)
                if is_reused or allowed_messages.is_of_agency(message):
                    await asyncio.to_thread(self._check, agent, message, is_reused=is_reused)
            except InvalidMessage as refusal:
                results += await self._accept_all(together)
                together = []
                results.append(_refused(event, refusal))
                messages.append(message)
                continue
            messages.append(message)
            if message.attachments:  # looking its files up takes a thread, which others overtake
                results += await self._accept_all(together)
                results += await self._accept_all([(event, message)])
                together = []
            else:
                together.append((event, message))
        results += await self._accept_all(together)
        ended = list(zip(batch.events, messages, results, strict=True))
        places = await self._arrive(agent, batch.spool, ended)
        if found := copied.proofs(ended, places, known, now=self.intake.clock()):
            await asyncio.to_thread(self._keep_proofs, agent, found)
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

    def _known(self, agent: str, spool: str) -> dict[str, Known]:
        with self.intake.store.read() as tx:
            return sequences.known(tx, agent, spool)

    def _check(self, agent: str, message: Message, *, is_reused: bool) -> None:
        with self.intake.store.read() as tx:
            if is_reused:
                copied.check_known(tx, message)
            if allowed_messages.is_of_agency(message):
                allowed_messages.check_agency(tx, agent, message)

    def _keep_proofs(self, agent: str, found: Sequence[CopyProof]) -> None:
        with self.intake.store.write() as tx:
            is_first = agents.keep_copies(tx, agent, found)
        if is_first:
            log.error(Event.EDGE_COPIED, agent=agent, device=found[0].device)

    def _with_sizes(self, message: Message) -> Message:
        """Return a message whose files have the sizes of the store: what it cleaned is shorter."""
        attachments = tuple(
            msgspec.structs.replace(it, size=self.intake.file_size(it.sha256) or it.size)
            for it in message.attachments
        )
        return msgspec.structs.replace(message, attachments=attachments)

    async def _arrive(
        self, agent: str, spool: str, ended: Sequence[tuple[EdgeEvent, Message | None, EdgeResult]]
    ) -> dict[tuple[str, int], SequencePlace]:
        """Write down which numbers came, refused ones too: they did come. Return where each is."""
        numbers: dict[str, list[int]] = {}
        refused: dict[str, list[tuple[int, str]]] = {}
        for event, message, result in ended:
            if event.device.startswith(f"{agent}."):
                numbers.setdefault(event.device, []).append(event.sequence)
                if message is not None and result.outcome == REFUSED and result.code != copies.CODE:
                    refused.setdefault(event.device, []).append((event.sequence, message.id))
        arrived = [
            Arrived(agent, spool, device, tuple(found), tuple(refused.get(device, ())))
            for device, found in numbers.items()
        ]
        each = [self.intake.commit_async(self._store_arrivals, it) for it in arrived]
        places: dict[tuple[str, int], SequencePlace] = {}
        for it, found_places in zip(arrived, await asyncio.gather(*each), strict=True):
            if SequencePlace.AHEAD in found_places:
                log.warning(Event.EDGE_GAP, device=it.device)
            # Beyond the bound of devices nothing is written, and no place is known.
            for sequence, place in zip(it.sequences, found_places, strict=False):
                places[it.device, sequence] = place
        return places

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
