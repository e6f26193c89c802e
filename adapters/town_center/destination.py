"""The town administrative centre as a destination: hands over, supplements, reports returns.

The town does not promise to drop repeats, so an unknown effect is settled by asking (`find`) and
never by sending again. It can be asked: it records our message id with every call that took
effect. Neither that nor "đã tồn tại" counts as success before what the town holds was compared with
what was sent: its fields, and the hashes of the files.
"""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from adapters.town_center import contract, faults, mapping
from adapters.town_center.session import TownSession
from adapters.town_center.settings import TownSettings
from adapters.wire.http import Reply
from adapters.wire.replies import digest, evidenced
from adapters.wire.wishes import bounded
from hub.messages import catalog
from hub.messages.envelope import Message
from hub.messages.payloads import Payload
from hub.ports import Absence, Receipt, Request
from hub.rules.errors import (
    AmbiguousFailure,
    DeliveryFailure,
    PermanentFailure,
)
from hub.rules.traits import Traits

TRANSFER, SUPPLEMENT = "TiepNhanHoSo", "CapNhatTrangThaiBoSungHoSo"
_PATHS = {
    TRANSFER: "/ho-so",
    SUPPLEMENT: "/ho-so/{number}/bo-sung",
    "CapNhatKetQuaTraHoSo": "/ho-so/{number}/tra-ket-qua",
}
_transfer = msgspec.json.Decoder(contract.Transfer)
_supplement = msgspec.json.Decoder(contract.Supplement)
_returned = msgspec.json.Decoder(contract.ResultReturned)
_found = msgspec.json.Decoder(contract.FindReply)


class TownCenter:
    """One town administrative centre; threads share it."""

    name = catalog.TOWN_CENTER

    def __init__(self, settings: TownSettings, *, session: TownSession | None = None) -> None:
        self.settings = settings
        self.session = session or TownSession(settings)
        self.traits = Traits(
            accepts=frozenset({"town.transfer", "town.supplement", "town.result_returned"}),
            idempotent=False,
            findable=True,
            connect_timeout=settings.connect_timeout,
            reply_timeout=settings.reply_timeout,
            concurrency=settings.concurrency,
            # log in, call, log in again, call; said to exist: look it up, log in again, look it up
            round_trips=7,
            pause_from=settings.profile.retry_after.pause_from,
            longest_wish=settings.profile.retry_after.longest,
        )

    def prepare(self, message: Message, payload: Payload) -> Request:
        """Return the call for `message`; raises PermanentFailure."""
        operation, body = mapping.body_of(message, payload, self.settings)
        encoded = mapping.encode_body(body)
        return Request(
            operation=operation,
            number=body.number,
            body=encoded,
            digest=hashlib.sha256(encoded).hexdigest(),
            message_id=message.id,
        )

    @bounded
    def send(self, request: Request) -> Receipt:
        """Make the call; raises only the failures of rules.errors."""
        reply = self.session.call(
            "POST",
            _PATHS[request.operation].format(number=request.number),
            body=request.body,
            headers={"Content-Type": "application/json", "Idempotency-Key": request.message_id},
        )
        with evidenced(reply):
            done = faults.outcome(reply, request.number)
        if done.already:
            self._compare(request)
        return Receipt(
            reference=done.own_number,
            already=done.already,
            response_hash=digest(reply),
            detail=done.code,
        )

    @bounded
    def find(self, request: Request) -> Receipt | Absence:
        """Ask whether the town has the effect of `request`; raises TransientFailure."""
        held, reply = self._held(request.number)
        if isinstance(held, Absence):
            return held
        ours, differing = _recorded(held, request), _differences(request, held)
        if ours is None and (differing or request.operation != TRANSFER):
            # A dossier of other content is not our effect. Sending again is safe (the town answers
            # "đã tồn tại") and ends in partner_conflict, where a person sees it.
            return Absence.ABSENT
        if differing:
            return Absence.UNKNOWN  # under our message id, and not what we said
        return Receipt(
            reference=held.own_number,
            already=ours is None,
            response_hash=digest(reply),
            detail=held.state,
            unverified=tuple(f.sha256 for f in held.files if f.state is contract.FileState.WRONG),
        )

    @bounded
    def ping(self) -> timedelta | None:
        """Check address, identity and the town's readiness, and compare the clocks."""
        sent = datetime.now(UTC)
        reply = self.session.call("GET", "/suc-khoe")
        faults.outcome(reply)
        return reply.clock_ahead(sent=sent, received=datetime.now(UTC))

    def close(self) -> None:
        """Give back connections."""
        self.session.close()

    def _compare(self, request: Request) -> None:
        """Raise PermanentFailure `partner_conflict` when the town's dossier is another one."""
        held, _ = self._held(request.number)
        if isinstance(held, Absence):
            raise AmbiguousFailure("reply_unreadable", "said to exist, but not found")
        ours, differing = _recorded(held, request), _differences(request, held)
        names = ", ".join(differing)
        if ours is not None and differing:
            raise AmbiguousFailure("reply_unreadable", f"ours, and differs in {names}")
        if ours is None and request.operation != TRANSFER:
            raise AmbiguousFailure("reply_unknown_code", "said to exist, not under our message id")
        if differing:
            raise PermanentFailure("partner_conflict", f"differs in {names}")

    def _held(self, number: str) -> tuple[contract.HeldDossier | Absence, Reply]:
        """Return the town's dossier. ABSENT only on its own word, not on any 404 of a gateway.

        Reading has no effect, so whatever goes wrong here is a TransientFailure.
        """
        try:
            reply = self.session.call("GET", f"/ho-so/{number}")
        except DeliveryFailure as failure:
            raise faults.harmless(failure) from None
        try:
            answer = _found.decode(reply.body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            # Asked again later: a page of a gateway is no reason to trouble a person.
            raise faults.harmless(faults.failure(reply, None)) from None
        data, code = answer.data, answer.status.code
        if reply.status == 404 and data is None and code == contract.ReplyCode.NOT_FOUND:
            return Absence.ABSENT, reply
        if reply.status == 200 and data is not None:
            return (data if data.number == number else Absence.UNKNOWN), reply
        raise faults.harmless(faults.failure(reply, code))


def _recorded(held: contract.HeldDossier, request: Request) -> contract.Recorded | None:
    """Return the call that the town recorded under our message id."""
    calls = {TRANSFER: held.transfers, SUPPLEMENT: held.supplements}
    made = calls.get(request.operation, held.returns)
    return next((it for it in made if it.message_id and it.message_id == request.message_id), None)


def _differences(request: Request, held: contract.HeldDossier) -> list[str]:
    """Return the names of the fields in which what the town holds is not what we said."""
    recorded = _recorded(held, request)
    there = {file.sha256 for file in held.files}
    same: dict[str, bool] = {}
    sent: contract.Transfer | contract.Supplement | contract.ResultReturned
    # Other calls add files to the dossier, so the town may hold more than was in this one.
    match request.operation:
        case "TiepNhanHoSo":
            sent = _transfer.decode(request.body)
            files = _hashes(sent.papers) | {file.sha256 for file in sent.other_files}
            same = {
                "MaQuyTrinh": sent.process.code == held.process,
                "NgayTiepNhan": sent.received_at == held.received_at,
                "NgayHenTra": sent.due_at == held.due_at,
                "TapTin": files <= there,
            }
        case "CapNhatTrangThaiBoSungHoSo":
            sent = _supplement.decode(request.body)
            same = {"TapTin": _hashes(sent.papers) <= there}
        case _:
            sent = _returned.decode(request.body)
    if recorded is not None:
        same["PhienBan"] = recorded.version == sent.version
    return [name for name, equal in same.items() if not equal]


def _hashes(papers: Iterable[contract.Paper | contract.SuppliedPaper]) -> set[str]:
    return {file.sha256 for paper in papers for file in paper.files}
