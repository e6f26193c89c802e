"""What partners tell the hub: counted, audited and stored in one transaction for all that wait.

A call has its effect and its row of the audit together, or neither.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.exchange.intake.accept import Intake
from hub.gateway.clients.authorization import Authorization
from hub.gateway.clients.client_calls import CallerAndCall, write_audit
from hub.messages.envelope import Message
from hub.messages.payloads import Payload
from hub.ports import Accepted
from hub.store.engine.store import Tx
from hub.store.messages.journal import JournalEntry


@dataclass(frozen=True, slots=True)
class NoCallsLeft:
    """A client's calls are used up for `wait`: the call was not counted and has no effect."""

    made: CallerAndCall
    wait: timedelta


@dataclass(frozen=True, slots=True)
class CallToStore:
    """A call of a client that may make it, and the message that it became."""

    made: CallerAndCall | None
    """None where it was counted and audited before."""
    entry: JournalEntry


class AcceptedCalls:
    """Used on the event loop of one gateway."""

    def __init__(self, intake: Intake, authorization: Authorization) -> None:
        self._intake = intake
        self._authorization = authorization
        self._calls = authorization.calls

    async def accept(
        self, made: CallerAndCall | None, message: Message, payload: Payload
    ) -> Accepted:
        """Count, audit and store a call; a second telling of the same thing gets the first answer.

        `message` was composed of `payload`.

        Raises InvalidMessage and CallerRefused; AcceptanceUnknown: it is stored, or not.
        """
        return await self._intake.accept_async(
            message, payload, commit=lambda entry: self._committed(CallToStore(made, entry))
        )

    async def _committed(self, call: CallToStore) -> Accepted:
        answer = await self._intake.commit_async(self._write, call)
        if isinstance(answer, NoCallsLeft):
            await self._authorization.exhausted(answer.made, answer.wait)
        return answer

    def _write(self, calls: Sequence[CallToStore]) -> list[Accepted | NoCallsLeft]:
        now = self._intake.clock()
        with self._intake.store.write() as tx:
            refused = self._without_calls(tx, calls, now)
            taken = [one for place, one in enumerate(calls) if place not in refused]
            counted = [one.made for one in taken if one.made]
            entries = [one.entry for one in taken]
            stored = self._intake.write(tx, entries, now)
            write_audit(tx, counted, now)
            self._intake.write_evidence(tx, entries, stored, now)
        self._intake.committed(entries, now)
        self._calls.committed(counted, now)
        answers = iter(stored)
        return [refused.get(place) or next(answers) for place in range(len(calls))]

    def _without_calls(
        self, tx: Tx, calls: Sequence[CallToStore], now: datetime
    ) -> dict[int, NoCallsLeft]:
        """Count the calls that are not counted yet; return those without room by their place."""
        counting = {place: one.made for place, one in enumerate(calls) if one.made}
        waits = self._calls.count(tx, list(counting.values()), now)
        return {
            place: NoCallsLeft(made, wait)
            for (place, made), wait in zip(counting.items(), waits, strict=True)
            if wait is not None
        }
