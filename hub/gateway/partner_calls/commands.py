"""The operations that tell the hub something: SOAP and REST call `accept` when they have read one.

What is said becomes one message: its id derives from the client and the key that the client gave,
or from the content where there is none, and its row in the inbox is the memory of the answer. So a
repeated call gets the first answer for as long as the hub remembers the message, a refusal leaves
nothing, and another content under a key is refused.
"""

import hashlib
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
from fastapi.concurrency import run_in_threadpool

from hub.exchange.intake.accept import Intake
from hub.gateway.clients.authorization import Authorization
from hub.gateway.clients.caller import GatewayCaller
from hub.gateway.clients.client_calls import CallerAndCall
from hub.gateway.partner_calls import records
from hub.gateway.partner_calls.accepted_calls import AcceptedCalls
from hub.gateway.partner_calls.operations import Operation
from hub.gateway.partner_calls.refusals import RefusedCall
from hub.messages import catalog, envelope
from hub.messages.envelope import Attachment, Message
from hub.messages.identifiers import derive_id, derive_id_near
from hub.messages.invalid import InvalidMessage
from hub.messages.payloads import Payload
from hub.ports import Accepted
from hub.ports.files import FileClaims
from hub.records.dossiers import numbering
from hub.store.engine.store import Store
from hub.store.evidence import audit
from hub.store.messages import journal, parked
from hub.store.messages.blobs import BlobStore

_REPEATED = frozenset({"content_differs", "envelope_invalid"})
"""What another content under a known key is refused with."""
_KILLER = "handler_killed"
"""The code of a message of which the process died."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to what a client said."""

    taken: records.CallReceipt
    replayed: bool
    """Whether it is the answer of an earlier call."""


@dataclass(slots=True)
class PartnerCommands:
    """The commands on one store; threads share it."""

    store: Store
    files: BlobStore
    intake: Intake
    authorization: Authorization
    _under_way: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _accepted: AcceptedCalls = field(init=False)

    def __post_init__(self) -> None:
        self._accepted = AcceptedCalls(self.intake, self.authorization)

    async def accept(
        self,
        caller: GatewayCaller,
        operation: Operation,
        payload: Payload,
        *,
        files: Sequence[records.FileGiven] = (),
        key: str = "",
        made: CallerAndCall | None = None,
    ) -> Answer:
        """Take in what a client tells; raises RefusedCall and what `AcceptedCalls.accept` raises.

        `key` is the client's own name of the call (Idempotency-Key, maYeuCau), "" without one.
        `made`: the call, where it is not counted yet. Then it is counted with its effect, or alone
        where it is refused, so that refused calls are no way around a quota.
        """
        try:
            attached = await run_in_threadpool(self._attachments, files) if files else []
            message = _message(caller, operation, payload, attached, key)
            with self._alone(message.id):
                accepted = await self._store(made, message, payload, key)
        except (RefusedCall, InvalidMessage):
            if made is not None:
                await self.authorization.count(made)
            raise
        if accepted.duplicate:
            await run_in_threadpool(self._retry_message, caller, accepted.message_id)
        return Answer(
            records.CallReceipt(message_id=accepted.message_id, number=payload.number),
            replayed=accepted.duplicate,
        )

    async def _store(
        self, made: CallerAndCall | None, message: Message, payload: Payload, key: str
    ) -> Accepted:
        try:
            return await self._accepted.accept(made, message, payload)
        except InvalidMessage as refused:
            if not key or refused.code not in _REPEATED:
                raise
            if not await run_in_threadpool(self._knows, message.id):
                raise
            why = "the key was used for a call with another content"
            raise RefusedCall("idempotency_key_reused", where="key", why=why) from None

    def _retry_message(self, caller: GatewayCaller, message_id: str) -> None:
        """Retry a parked message: its client repeats it, so the cause may be gone.

        Not one of which the process died: that is a person's decision.
        """
        with self.store.read() as tx:
            waits = [it for it in parked.among(tx, [message_id]) if it.code != _KILLER]
        if not waits:
            return
        with self.store.write() as tx:
            if parked.retry(tx, [message_id]):
                audit.record(
                    tx,
                    caller.client,
                    "message.unpark",
                    object=message_id,
                    reason="the client repeated the call",
                    now=self.intake.clock(),
                )

    def _attachments(self, files: Sequence[records.FileGiven]) -> Sequence[Attachment]:
        return [self._attachment(nth, file) for nth, file in enumerate(files)]

    def _attachment(self, nth: int, file: records.FileGiven) -> Attachment:
        size, where = self.files.size_of(file.sha256), f"tepDinhKem[{nth}].maBamTep"
        if size is None:
            raise RefusedCall("file_missing", where=where, why="the hub has no such file")
        if size == 0:
            raise RefusedCall("call_invalid", where=where, why="the file has 0 bytes")
        if not file.name.strip(" ."):
            where = f"tepDinhKem[{nth}].tenTep"
            raise RefusedCall("call_invalid", where=where, why="a name of dots is a folder's")
        self._check_claims(nth, file)
        return Attachment(
            name=file.name,
            media_type=file.media_type,
            size=size,
            sha256=file.sha256,
            component=file.component,
        )

    def _check_claims(self, nth: int, file: records.FileGiven) -> None:
        if self.files.check is None:
            return
        place = self.files.path(file.sha256)
        lie = self.files.check.lie_of(place, FileClaims(file.name, file.media_type))
        if lie:
            where = f"tepDinhKem[{nth}].{'tenTep' if lie == 'name' else 'loaiTep'}"
            raise RefusedCall("file_type_differs", where=where, why="the content is another")

    def _knows(self, message_id: str) -> bool:
        with self.store.read() as tx:
            return bool(journal.bodies(tx, [message_id]))

    @contextmanager
    def _alone(self, message_id: str) -> Iterator[None]:
        """Refuse a second call of the same name while the first is under way in this process.

        Of two in two processes the database lets one pass, and the other gets its answer.
        """
        with self._lock:
            if message_id in self._under_way:
                raise RefusedCall("call_in_flight", why="the first call is still under way")
            self._under_way.add(message_id)
        try:
            yield
        finally:
            with self._lock:
                self._under_way.discard(message_id)


def party_of(caller: GatewayCaller) -> str:
    """Return the source of the messages that a client says.

    A client that stands for one of the hub's own partners has its name: `provincial` is the
    province, `town-center` the town. What such a client says is that partner's word.
    """
    return caller.client.replace("-", "_")


def _message(
    caller: GatewayCaller,
    operation: Operation,
    payload: Payload,
    attached: Sequence[Attachment],
    key: str,
) -> Message:
    """Return the message of a call, checked as one that came from outside."""
    at: datetime = getattr(payload, operation.time)
    composed = catalog.compose(
        payload,
        time=at,
        source=party_of(caller),
        id=_id_of(caller, operation, payload, attached, key),
        attachments=attached,
    )
    try:
        return envelope.decode(envelope.encode(composed))
    except InvalidMessage:
        catalog.read(composed)  # names the payload's field: the envelope's time is one of them
        raise


def _id_of(
    caller: GatewayCaller,
    operation: Operation,
    payload: Payload,
    attached: Sequence[Attachment],
    key: str,
) -> str:
    if key:  # and nothing else: so another content under it is noticed
        return derive_id("gateway", caller.client, "key", key)
    number = numbering.parse(payload.number)
    content = _digest(operation, payload, attached)
    return derive_id_near(number.day, number.sequence, "gateway", caller.client, "content", content)


def _digest(operation: Operation, payload: Payload, attached: Sequence[Attachment]) -> str:
    content = msgspec.json.encode((operation.name, payload, attached))
    return hashlib.sha256(content).hexdigest()
